"""The textbook's networks, to compare with and to choose: two hidden layers, and a convolution over weeks."""

import torch
from torch import Tensor, nn

FOUND = 16


def two_layers(inputs: int, outputs: int = 1) -> nn.Sequential:
    """64 and 32 hidden units, and a logit for each output."""
    return nn.Sequential(
        nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, outputs)
    )


class WeeklyConvolution(nn.Module):
    """Two convolutions over weeks: their strongest, their mean and their newest answer.

    Shape: (B, WEEKS, C) -> (B, width)
    """

    width = 3 * FOUND

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convolve = nn.Sequential(
            nn.Conv1d(channels, FOUND, 3, padding=1),
            nn.ReLU(),
            nn.Conv1d(FOUND, FOUND, 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, weeks: Tensor) -> Tensor:
        found = self.convolve(torch.log1p(weeks).transpose(1, 2))  # (B, WEEKS, C) -> (B, FOUND, WEEKS)
        return torch.cat([found.amax(2), found.mean(2), found[:, :, -1]], dim=1)
