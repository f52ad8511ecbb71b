"""The churn network: behaviour and pooled text, fused late, as a small ensemble. Training only; serving loads
its ONNX.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

MEMBERS = 8
HIDDEN = 48
TEXT_WIDTH = 16


class Behaviour(nn.Module):
    """Raw features to standardised ones: sign-preserving logarithm, z-score, and a flag beside each absent one.

    A value beyond what training saw counts as the nearest one it saw: networks guess wildly out there.

    Shape: (B, F) with NaN for absent -> (B, 2F)
    """

    average: Tensor
    spread: Tensor
    lowest: Tensor
    highest: Tensor

    def __init__(self, raw: Tensor) -> None:
        super().__init__()
        squeezed = squeeze(raw)
        known = ~torch.isnan(squeezed)
        average = torch.nanmean(squeezed, dim=0).nan_to_num()
        off = torch.where(known, squeezed - average, 0.0)
        spread = (off.square().sum(0) / known.sum(0).clamp(min=1)).sqrt().clamp(min=1e-3)
        self.register_buffer("average", average)
        self.register_buffer("spread", spread)
        self.register_buffer("lowest", torch.where(known, squeezed, average).amin(0))
        self.register_buffer("highest", torch.where(known, squeezed, average).amax(0))

    def forward(self, raw: Tensor) -> Tensor:
        absent = torch.isnan(raw)
        known = torch.where(absent, 0.0, raw)
        scaled = (squeeze(known).clamp(self.lowest, self.highest) - self.average) / self.spread
        return torch.cat([torch.where(absent, 0.0, scaled), absent.float()], dim=1)


class RiskNetwork(nn.Module):
    """`MEMBERS` networks side by side, each a linear part plus one hidden layer.

    Shape: behaviour (B, F), text (B, D), has_text (B, 1) -> logits (B, MEMBERS). Who wrote nothing gets the
    learned no-text vector, so silence is something else than average words.
    """

    def __init__(self, raw: Tensor, text_dimensions: int) -> None:
        super().__init__()
        self.text_dimensions = text_dimensions
        self.behaviour = Behaviour(raw)
        width = 2 * raw.shape[1] + TEXT_WIDTH
        # All members side by side: one product is several times faster than one for each.
        self.project = nn.Parameter(torch.randn(text_dimensions, MEMBERS * TEXT_WIDTH) * 0.5)
        self.no_text = nn.Parameter(torch.zeros(MEMBERS, 1, TEXT_WIDTH))
        self.into = nn.Parameter(torch.randn(MEMBERS, width, HIDDEN) * (1.0 / width) ** 0.5)
        self.into_bias = nn.Parameter(torch.zeros(MEMBERS, 1, HIDDEN))
        self.out = nn.Parameter(torch.zeros(MEMBERS, HIDDEN, 1))
        self.linear = nn.Parameter(torch.zeros(MEMBERS, width, 1))
        self.bias = nn.Parameter(torch.zeros(MEMBERS, 1, 1))
        self.dropout = nn.Dropout(0.2)

    def forward(self, behaviour: Tensor, text: Tensor, has_text: Tensor) -> Tensor:
        seen = self.behaviour(behaviour).expand(MEMBERS, -1, -1)  # (M, B, 2F)
        words = (text @ self.project).view(-1, MEMBERS, TEXT_WIDTH).transpose(0, 1)  # (B, M * W) -> (M, B, W)
        words = has_text * words + (1 - has_text) * self.no_text  # (B, 1) broadcasts over members
        fused = torch.cat([seen, self.dropout(words)], dim=2)
        hidden = self.dropout(torch.relu(torch.baddbmm(self.into_bias, fused, self.into)))  # (M, B, HIDDEN)
        logits: Tensor = hidden @ self.out + fused @ self.linear + self.bias  # (M, B, 1)
        side_by_side: Tensor = logits.squeeze(2).transpose(0, 1)
        return side_by_side


def squeeze(raw: Tensor) -> Tensor:
    """log(1 + |x|) with the sign of x: counts and money have long tails."""
    return torch.sign(raw) * torch.log1p(torch.abs(raw))


def export(network: RiskNetwork, features: int, path: Path) -> None:
    """Write the network as ONNX with inputs `behaviour`, `text`, `has_text` and output `logits` (B, MEMBERS)."""
    example = (torch.zeros(2, features), torch.zeros(2, network.text_dimensions), torch.ones(2, 1))
    names = ["behaviour", "text", "has_text"]
    torch.onnx.export(
        network.eval(),
        example,
        str(path),
        input_names=names,
        output_names=["logits"],
        dynamic_axes={name: {0: "batch"} for name in [*names, "logits"]},
        dynamo=False,
    )
