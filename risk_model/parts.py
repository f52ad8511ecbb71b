"""What networks are made of: features made ready, the last events followed, the last texts read. Training only."""

import torch
from torch import Tensor, nn

from risk_model.sequences import CHANNELS, OTHER

BINS = 8
KIND_WIDTH = 4
COURSE_WIDTH = 16
LOG_SCALE = 3.0  # logarithms of days and money reach about 7


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


class PiecewiseLinear(nn.Module):
    """Piecewise-linear encoding (Gorishniy, Rubachev and Babenko, NeurIPS 2022): how far a value went through each
    bin between the quantiles of training.

    Shape: (B, F) standardised -> (B, F * BINS)
    """

    low: Tensor
    scale: Tensor

    def __init__(self, standardised: Tensor) -> None:
        super().__init__()
        edges = torch.quantile(
            thinned(standardised), torch.linspace(0, 1, BINS + 1), dim=0
        ).T  # (F, BINS + 1)
        width = edges[:, 1:] - edges[:, :-1]
        self.register_buffer("low", edges[:, :-1].contiguous())
        self.register_buffer("scale", torch.where(width > 1e-6, 1 / width.clamp(min=1e-6), 0.0))

    def forward(self, standardised: Tensor) -> Tensor:
        through = (standardised.unsqueeze(2) - self.low) * self.scale
        encoded: Tensor = through.clamp(0, 1).flatten(1)
        return encoded


class Course(nn.Module):
    """A small GRU over the last events, oldest first. Who did nothing gets the learned no-event vector.

    Shape: (B, LAST_EVENTS, CHANNELS) -> (B, COURSE_WIDTH)
    """

    width = COURSE_WIDTH

    def __init__(self) -> None:
        super().__init__()
        self.kinds = nn.Embedding(OTHER + 1, KIND_WIDTH, padding_idx=0)
        self.follow = nn.GRU(KIND_WIDTH + CHANNELS - 1, COURSE_WIDTH, batch_first=True)
        self.no_event = nn.Parameter(torch.zeros(COURSE_WIDTH))

    def forward(self, events: Tensor) -> Tensor:
        kind = events[:, :, 0].long()
        steps = torch.cat([self.kinds(kind), events[:, :, 1:] / LOG_SCALE], dim=2)
        start = (
            torch.zeros_like(steps[:, 0, :1]).expand(-1, COURSE_WIDTH).unsqueeze(0)
        )  # of any batch, in ONNX too
        _, last = self.follow(steps, start.contiguous())  # (1, B, COURSE_WIDTH)
        did = (kind[:, -1:] > 0).float()
        course: Tensor = did * last[0] + (1 - did) * self.no_event
        return course


class Reading(nn.Module):
    """A learned projection of each text, and attention over them by age, source and what they say. It starts as the
    mean in which a text of thirty days counts half.

    Shape: texts (B, T, D) centred, about (B, T, ABOUT) -> (B, T, W), whose sum over T is what was read
    """

    def __init__(self, dimensions: int, width: int) -> None:
        super().__init__()
        self.project = nn.Parameter(torch.randn(dimensions, width) * 0.5)
        self.log_decay = nn.Parameter(torch.tensor(0.6931).log())
        self.chat = nn.Parameter(torch.zeros(()))
        self.asks = nn.Parameter(torch.zeros(width))

    def forward(self, texts: Tensor, about: Tensor) -> Tensor:
        there, age, chat = about.unbind(2)  # (B, T)
        words = texts @ self.project
        score = words @ self.asks + self.chat * chat - self.log_decay.exp() * age
        highest = torch.where(there > 0, score, -1e4).amax(1, keepdim=True)
        weight = there * torch.where(there > 0, score - highest, 0.0).exp()
        weighted: Tensor = (weight / weight.sum(1, keepdim=True).clamp(min=1e-6)).unsqueeze(2) * words
        return weighted


def thinned(rows: Tensor, most: int = 100_000) -> Tensor:
    """At most `most` rows, evenly spread: torch's quantile takes no more than 16 million numbers."""
    return rows[:: -(-len(rows) // most)]


def squeeze(raw: Tensor) -> Tensor:
    """log(1 + |x|) with the sign of x: counts and money have long tails."""
    return torch.sign(raw) * torch.log1p(torch.abs(raw))
