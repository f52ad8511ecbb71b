"""Fit one ensemble: plain cross-entropy, early stopping on held-back customers, each member on its own bootstrap."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from risk_model.examples import Examples, Floats
from risk_model.hazards import ends_of, targets
from risk_model.manifest import NetworkKind
from risk_model.network import MEMBERS, Batch, LinearRisk, Network, RiskNetwork, log_odds, network_of

EPOCHS = 60
PATIENCE = 6
BATCH, STEPS = 512, 40  # the textbook's networks, that start knowing nothing, take so many steps an epoch
MOST_CHECKED = 20_000  # examples to stop by: more would take longer than the epoch
EPOCH = 65_536  # examples: a large shop's network has learned what it can before it saw each of them often
CHUNK = 4096  # rows predicted at a time, which bounds memory
RATE = 2e-3
TEXT_RATE = 1e-3  # the text projection has most of the weights and would learn customers by heart
WEIGHT_DECAY = 0.02
LINEAR_STRENGTH = 0.003  # inverse of the logistic regressions' L2 penalty: with 8 bins a feature, strong
MOST_FOR_LINEAR = 50_000  # examples
DROPPED = 0.25  # share of examples that lose their texts in training, and their events, so that silence is learned too
Report = Callable[[int, dict[str, float]], None]  # the epoch, and losses by name


def unwatched(_epoch: int, _losses: dict[str, float]) -> None:
    """A report that nobody reads."""


def fit(
    train: Examples,
    held_back: Examples,
    centre: Floats,
    seed: int,
    horizon_days: float,
    report: Report = unwatched,
    counted: Tensor | None = None,
    kind: NetworkKind = "fusion",
) -> Network:
    """The network at its best epoch by `held_back`. `centre` (D,) has D = 0 for behaviour only; `counted` are the
    bootstraps of `train`, drawn here where not given.
    """
    torch.manual_seed(seed)
    ends = ends_of(horizon_days)
    held_back = held_back.where(np.arange(0, len(held_back), max(1, -(-len(held_back) // MOST_CHECKED))))
    behaviour = train.with_written().behaviour if len(centre) else train.behaviour
    network = network_of(kind, torch.from_numpy(behaviour), len(centre), len(ends))
    came, counts = (torch.from_numpy(part) for part in targets(train.back, train.known, ends))
    with torch.no_grad():
        rate = ((came.sum(0) + 1) / (counts.sum(0) + 2)).clamp(0.001, 0.99)
        network.bias.copy_((rate / (1 - rate)).log().expand_as(network.bias))
    optimiser = _optimiser(network)
    counted = bootstraps(train, seed) if counted is None else counted
    best, best_loss, waited = network.state_dict(), float("inf"), 0
    for epoch, rows in enumerate(islice(_epochs(len(train)), EPOCHS)):
        learned = _one_epoch(network, optimiser, train, centre, came, counts, counted, rows)
        loss = float(log_losses(predict(network, held_back, centre, horizon_days), held_back.left).mean())
        report(epoch, {"learned": learned, "held back": loss})
        if loss < best_loss - 1e-4:
            best, best_loss, waited = {k: v.clone() for k, v in network.state_dict().items()}, loss, 0
        elif (waited := waited + 1) > PATIENCE:
            break
    network.load_state_dict(best)
    return network.eval()


def fit_linear(examples: Examples, counted: Tensor) -> LinearRisk:
    """The logistic regressions, each on the bootstrap of its member in `counted` (N, MEMBERS), or, where that is more
    than they can make use of, on some of it.
    """
    linear = LinearRisk(torch.from_numpy(examples.behaviour))
    some = slice(None, None, -(-len(examples) // MOST_FOR_LINEAR))
    left, weight = examples.left[some], counted[some].numpy()
    with torch.no_grad():
        rows = linear.encoded(torch.from_numpy(examples.behaviour[some])).numpy()
    regression = LogisticRegression(C=LINEAR_STRENGTH, max_iter=1000)
    for member in range(MEMBERS):
        regression.fit(rows, left, sample_weight=weight[:, member])
        with torch.no_grad():
            linear.weight[:, member] = torch.from_numpy(regression.coef_[0])
            linear.bias[member] = float(regression.intercept_[0])
    return linear.eval()


def bootstraps(examples: Examples, seed: int = 0) -> Tensor:
    """(N, MEMBERS): how often each member counts an example; all examples of one customer alike."""
    _, customer = np.unique(examples.keys.to_numpy(), return_inverse=True)
    random = torch.Generator().manual_seed(seed)
    drawn = torch.poisson(torch.ones(int(customer.max()) + 1, MEMBERS), generator=random)
    return drawn[torch.from_numpy(customer)]


def out_of_bag(logits: Floats, counted: Tensor) -> Floats:
    """(N,): the mean of those members' logits (N, MEMBERS) that never saw the customer; NaN where all did."""
    unseen = counted.numpy() == 0
    of = unseen.sum(1)
    mean: Floats = np.where(of > 0, (logits * unseen).sum(1) / np.maximum(of, 1), np.nan).astype(np.float32)
    return mean


def batches(examples: Examples, centre: Floats, rows: Tensor, size: int) -> Iterator[tuple[Tensor, Batch]]:
    """The rows asked for and their inputs, `size` at a time."""
    for some in rows.split(size):
        yield some, batch_of(examples, centre, some.numpy())


def batch_of(examples: Examples, centre: Floats, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Batch:
    """Texts are looked up here: the vectors of all examples' texts at once would not fit into memory. With text, what
    was written is among the features.
    """
    behaviour = examples.behaviour[rows]
    if len(centre):
        behaviour = np.hstack([behaviour, examples.written[rows]])
    about = examples.about[rows] if len(centre) else np.zeros_like(examples.about[rows])
    texts = np.zeros((*about.shape[:2], len(centre)), np.float32)
    if len(centre):
        there = about[:, :, 0] > 0
        texts[there] = examples.vectors[examples.which[rows][there]] - centre
    arrays = (behaviour, examples.events[rows], examples.weekly[rows], texts, about)
    return Batch(*(torch.from_numpy(array) for array in arrays))


def predict(network: Network, examples: Examples, centre: Floats, horizon_days: float) -> Floats:
    """(N,): the ensemble's probability, from its mean log-odds, as serving computes it."""
    logits = member_logits(network, examples, centre, horizon_days)
    probability: Floats = 1 / (1 + np.exp(-logits.mean(1)))
    return probability


@torch.no_grad()
def member_logits(network: Network, examples: Examples, centre: Floats, horizon_days: float) -> Floats:
    """(N, MEMBERS): log-odds of leaving within the horizon."""
    network.eval()
    at = ends_of(horizon_days).index(horizon_days)
    everyone = batches(examples, centre, torch.arange(len(examples)), CHUNK)
    logits: Floats = torch.cat([log_odds(network(batch), at) for _, batch in everyone]).numpy()
    return logits


@torch.no_grad()
def mean_course(network: Network, examples: Examples) -> Floats:
    """(C,): the average customer's, from which reasons are told."""
    everyone = batches(examples, np.zeros(0, np.float32), torch.arange(len(examples)), CHUNK)
    total = torch.stack([network.course_of(batch).sum(0) for _, batch in everyone]).sum(0)
    mean: Floats = (total / len(examples)).numpy()
    return mean


def log_losses(probability: Floats, left: Floats) -> Floats:
    """(N,): the cross-entropy of each example."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    losses: Floats = -(left * np.log(p) + (1 - left) * np.log(1 - p))
    return losses


def _optimiser(network: Network) -> torch.optim.Optimizer:
    slow = [network.reading.project] if isinstance(network, RiskNetwork) else []
    rest = [parameter for parameter in network.parameters() if not any(parameter is one for one in slow)]
    groups = [{"params": rest, "lr": RATE}, *({"params": [one], "lr": TEXT_RATE} for one in slow)]
    return torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY, fused=True)


def _one_epoch(
    network: Network,
    optimiser: torch.optim.Optimizer,
    train: Examples,
    centre: Floats,
    came: Tensor,
    counts: Tensor,
    counted: Tensor,
    shown: Tensor,
) -> float:
    """The mean loss over the rows that are `shown`. `came` and `counts` (N, K) are of `hazards.targets`."""
    network.train()
    loss_of, total = nn.BCEWithLogitsLoss(reduction="none"), 0.0
    for rows, whole in batches(train, centre, shown, _batch(network, len(train))):
        hazards = network(_with_gaps(whole))  # (b, MEMBERS, K)
        losses = loss_of(hazards, came[rows, None].expand_as(hazards)) * counts[rows, None]
        loss = (losses.sum(2) * counted[rows]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(rows)
    return total / len(shown)


def _epochs(examples: int) -> Iterator[Tensor]:
    """Without end, at most `EPOCH` rows: all of them in one random order, then in another."""
    while True:
        yield from torch.randperm(examples).split(EPOCH)


def _batch(network: Network, examples: int) -> int:
    fewer = min(BATCH, max(examples // STEPS, BATCH // 16))
    return BATCH if isinstance(network, RiskNetwork) else fewer


def _with_gaps(whole: Batch) -> Batch:
    """The same with the texts of some examples left out, and the events of others."""
    gaps = torch.rand(2, len(whole.behaviour), 1, 1) > DROPPED
    return replace(whole, about=whole.about * gaps[0], events=whole.events * gaps[1])
