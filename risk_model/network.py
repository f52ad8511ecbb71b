"""The churn networks: what each reads, and the hazards of the next order it answers with. Training only; serving
loads their ONNX.

Each is cut in two. `read` looks at events and texts, once a customer; `judge` makes hazards of what was read and the
behaviour, for reasons many times a customer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from risk_model.manifest import NetworkKind
from risk_model.parts import BINS, Behaviour, Course, PiecewiseLinear, Reading
from risk_model.plain_networks import WeeklyConvolution, two_layers
from risk_model.sequences import CHANNELS, LAST_EVENTS, WEEKS
from risk_model.texts import ABOUT, LAST_TEXTS

MEMBERS = 8
HIDDEN = 48
TEXT_WIDTH = 16
SUREST = -1e-5  # the log-probability of leaving of one who will surely not come back


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of B customers. **Shape**: behaviour (B, F); events (B, LAST_EVENTS, CHANNELS); weekly (B, WEEKS, 3);
    texts (B, LAST_TEXTS, D) centred, with D = 0 without text; about (B, LAST_TEXTS, ABOUT).
    """

    behaviour: Tensor
    events: Tensor
    weekly: Tensor
    texts: Tensor
    about: Tensor


class RiskNetwork(nn.Module):
    """`MEMBERS` networks side by side, each a linear part plus one hidden layer, on behaviour, the course of the last
    events and the last texts, fused late. Who wrote nothing gets the learned no-text vector, so silence is something
    else than average words.

    Shape: a `Batch` -> hazard logits (B, MEMBERS, K)
    """

    def __init__(self, raw: Tensor, text_dimensions: int, intervals: int) -> None:
        super().__init__()
        self.text_dimensions = text_dimensions
        self.behaviour = Behaviour(raw)
        self.course = Course()
        # All members side by side: one product is several times faster than one for each.
        self.reading = Reading(text_dimensions, MEMBERS * TEXT_WIDTH)
        self.no_text = nn.Parameter(torch.zeros(MEMBERS, 1, TEXT_WIDTH))
        width = 2 * raw.shape[1] + Course.width + TEXT_WIDTH
        self.into = nn.Parameter(torch.randn(MEMBERS, width, HIDDEN) * (1.0 / width) ** 0.5)
        self.into_bias = nn.Parameter(torch.zeros(MEMBERS, 1, HIDDEN))
        self.out = nn.Parameter(torch.zeros(MEMBERS, HIDDEN, intervals))
        self.linear = nn.Parameter(torch.zeros(MEMBERS, width, intervals))
        self.bias = nn.Parameter(torch.zeros(MEMBERS, 1, intervals))
        self.dropout = nn.Dropout(0.2)

    def course_of(self, batch: Batch) -> Tensor:
        """(B, C)"""
        course: Tensor = self.course(batch.events)
        return course

    def read(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Course (B, C) and words (B, T, W), which are summed over the texts before they are judged."""
        return self.course_of(batch), self.reading(batch.texts, batch.about)

    def judge(self, behaviour: Tensor, course: Tensor, words: Tensor, has_text: Tensor) -> Tensor:
        """Words here are (B, W), has_text is (B, 1)."""
        seen = torch.cat([self.behaviour(behaviour), self.dropout(course)], dim=1).expand(MEMBERS, -1, -1)
        read = words.view(-1, MEMBERS, TEXT_WIDTH).transpose(0, 1)  # (B, M * W) -> (M, B, W)
        read = has_text * read + (1 - has_text) * self.no_text  # (B, 1) broadcasts over members
        fused = torch.cat([seen, self.dropout(read)], dim=2)
        hidden = self.dropout(torch.relu(torch.baddbmm(self.into_bias, fused, self.into)))  # (M, B, HIDDEN)
        hazards: Tensor = hidden @ self.out + fused @ self.linear + self.bias  # (M, B, K)
        return hazards.transpose(0, 1)

    def forward(self, batch: Batch) -> Tensor:
        course, words = self.read(batch)
        return self.judge(batch.behaviour, course, words.sum(1), batch.about[:, -1, :1])


class PlainNetwork(nn.Module):
    """One of the textbook's networks, that reads one thing and no text; all `MEMBERS` answer alike.

    Shape: a `Batch` -> hazard logits (B, MEMBERS, K)
    """

    text_dimensions = 0

    def __init__(self, kind: NetworkKind, raw: Tensor, intervals: int) -> None:
        super().__init__()
        self.kind = kind
        self.behaviour = Behaviour(raw)
        self.course: nn.Module = {"cnn": WeeklyConvolution(3), "gru": Course()}.get(kind, nn.Identity())
        if kind == "mlp":
            self.judged = two_layers(2 * raw.shape[1], intervals)
        else:
            width = WeeklyConvolution.width if kind == "cnn" else Course.width
            self.judged = nn.Sequential(nn.Linear(width, intervals))

    @property
    def bias(self) -> Tensor:
        """(K,): of the last layer."""
        last = self.judged[-1]
        assert isinstance(last, nn.Linear)
        return last.bias

    def course_of(self, batch: Batch) -> Tensor:
        """(B, C), with C = 0 for the one that looks at features alone."""
        seen = {"cnn": batch.weekly, "gru": batch.events}.get(self.kind, batch.behaviour[:, :0])
        course: Tensor = self.course(seen)
        return course

    def read(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.course_of(batch), batch.behaviour[:, :0].unsqueeze(1)

    def judge(self, behaviour: Tensor, course: Tensor, _words: Tensor, _has_text: Tensor) -> Tensor:
        hazards: Tensor = self.judged(self.behaviour(behaviour) if self.kind == "mlp" else course)
        return hazards.unsqueeze(1).expand(-1, MEMBERS, -1)

    def forward(self, batch: Batch) -> Tensor:
        course, words = self.read(batch)
        return self.judge(batch.behaviour, course, words.sum(1), batch.about[:, -1, :1])


Network = RiskNetwork | PlainNetwork


def network_of(kind: NetworkKind, raw: Tensor, text_dimensions: int, intervals: int) -> Network:
    if kind == "fusion":
        return RiskNetwork(raw, text_dimensions, intervals)
    return PlainNetwork(kind, raw, intervals)


class LinearRisk(nn.Module):
    """Logistic regressions, one a member, on the piecewise-linear encoding: what even little data can carry.

    Shape: behaviour (B, F) -> logits (B, MEMBERS)
    """

    def __init__(self, raw: Tensor) -> None:
        super().__init__()
        self.behaviour = Behaviour(raw)
        features = raw.shape[1]
        self.bins = PiecewiseLinear(self.behaviour(raw)[:, :features])
        self.features = features
        self.weight = nn.Parameter(torch.zeros(features * (2 + BINS), MEMBERS))
        self.bias = nn.Parameter(torch.zeros(MEMBERS))

    def encoded(self, behaviour: Tensor) -> Tensor:
        """(B, F * (2 + BINS)): standardised values, flags of the absent, and bins."""
        seen = self.behaviour(behaviour)
        return torch.cat([seen, self.bins(seen[:, : self.features])], dim=1)

    def forward(self, behaviour: Tensor) -> Tensor:
        logits: Tensor = self.encoded(behaviour) @ self.weight + self.bias
        return logits


class Blend(nn.Module):
    """Network and logistic regressions, member by member: `share` of the network's log-odds, the rest of theirs.

    Shape: behaviour (B, F), course (B, C), words (B, W), has_text (B, 1) -> log-odds of leaving within the horizon
    (B, MEMBERS), and the cumulative hazard at the end of each interval, as a share of that of the horizon (B, K)
    """

    def __init__(self, network: Network, linear: LinearRisk, share: float, horizon: int) -> None:
        super().__init__()
        self.network, self.linear, self.share, self.horizon = network, linear, share, horizon

    def forward(
        self, behaviour: Tensor, course: Tensor, words: Tensor, has_text: Tensor
    ) -> tuple[Tensor, Tensor]:
        hazards = self.network.judge(behaviour, course, words, has_text)
        logits = log_odds(hazards, self.horizon)
        blended = logits if self.share == 1 else self.linear(behaviour).lerp(logits, self.share)
        cumulative = softplus(hazards).cumsum(2).mean(1).clamp(min=-SUREST)
        return blended, cumulative / cumulative[:, self.horizon : self.horizon + 1]


class Reader(nn.Module):
    """The half of a network that looks at events and texts, as serving calls it."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, behaviour: Tensor, events: Tensor, weekly: Tensor, texts: Tensor, about: Tensor
    ) -> tuple[Tensor, ...]:
        course, words = self.network.read(Batch(behaviour, events, weekly, texts, about))
        return (course, words) if self.network.text_dimensions else (course,)


def log_odds(hazards: Tensor, horizon: int) -> Tensor:
    """(B, M, K) -> (B, M): the log-odds of leaving within the interval numbered `horizon` and those before it."""
    stays_away = -softplus(hazards[:, :, : horizon + 1]).sum(2)
    stays_away = stays_away.clamp(max=SUREST)
    return stays_away - torch.log(1 - torch.exp(stays_away))


def export(blend: Blend, features: int, reader: Path, judge: Path) -> None:
    """Write both halves as ONNX. Each has only the inputs that it looks at; the reader gives `course` and `words`, the
    judge `logits` and `curve`. A network that reads neither events nor texts has no reader.
    """
    blend.eval()
    behaviour = torch.zeros(2, features)
    seen = Batch(
        behaviour,
        torch.zeros(2, LAST_EVENTS, CHANNELS),
        torch.zeros(2, WEEKS, 3),
        torch.zeros(2, LAST_TEXTS, blend.network.text_dimensions),
        torch.zeros(2, LAST_TEXTS, ABOUT),
    )
    with torch.no_grad():
        course, words = blend.network.read(seen)
    read = {"behaviour": behaviour, "course": course, "words": words.sum(1), "has_text": torch.ones(2, 1)}
    _write(blend, read, ["logits", "curve"], judge)
    if course.shape[1]:
        names = ("behaviour", "events", "weekly", "texts", "about")
        outputs = ["course", "words"] if blend.network.text_dimensions else ["course"]
        _write(Reader(blend.network), {name: getattr(seen, name) for name in names}, outputs, reader)


def _write(module: nn.Module, inputs: dict[str, Tensor], outputs: Sequence[str], path: Path) -> None:
    torch.onnx.export(
        module.eval(),
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_axes={name: {0: "batch"} for name in [*inputs, *outputs]},
        dynamo=False,
    )
