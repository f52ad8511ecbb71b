"""The textbook's networks as baselines: two hidden layers on the features, and a convolution over weeks."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from risk_model.evaluation.baselines import scaling
from risk_model.evaluation.cases import Cases, Known
from risk_model.evaluation.contender import Predict
from risk_model.examples import Floats
from risk_model.plain_networks import WeeklyConvolution, two_layers

EPOCHS, PATIENCE, RATE = 60, 6, 1e-3
SMALL_BATCH, LARGE_BATCH, STEPS = 256, 1024, 40  # at least so many steps an epoch, while batches are large


def mlp(known: Known, seed: int) -> Predict:
    """64-32-1 on the scaled behaviour features."""
    train, held = known.cases.split()
    scale = scaling().fit(train.examples.behaviour)

    def ready(cases: Cases) -> Floats:
        scaled: Floats = scale.transform(cases.examples.behaviour).astype(np.float32)
        return scaled

    torch.manual_seed(seed)
    network = nn.Sequential(two_layers(ready(train.where(np.arange(len(train)) < 1)).shape[1]), nn.Flatten(0))
    learn(network, (ready(train), train.left), (ready(held), held.left))
    return lambda cases: answers(network, ready(cases))


def cnn(known: Known, seed: int) -> Predict:
    """A convolution over the last half year, week by week."""
    train, held = known.cases.split()
    torch.manual_seed(seed)
    convolution = WeeklyConvolution(train.examples.weekly.shape[2])
    network = nn.Sequential(convolution, nn.Linear(convolution.width, 1), nn.Flatten(0))
    learn(network, (train.examples.weekly, train.left), (held.examples.weekly, held.left))
    return lambda cases: answers(network, cases.examples.weekly)


def learn(network: nn.Module, train: tuple[Floats, Floats], held: tuple[Floats, Floats]) -> None:
    """Cross-entropy with Adam; leaves the network at its best epoch by the held-back customers."""
    torch.set_num_threads(1)
    inputs, left, checks, truth = (torch.from_numpy(array) for array in (*train, *held))
    optimiser, loss_of = torch.optim.Adam(network.parameters(), RATE), nn.BCEWithLogitsLoss()
    best, best_loss, waited = network.state_dict(), float("inf"), 0
    for _ in range(EPOCHS):
        _one_epoch(network, optimiser, inputs, left)
        with torch.no_grad():
            loss = float(loss_of(network(checks), truth))
        if loss < best_loss - 1e-4:
            best, best_loss, waited = {k: v.clone() for k, v in network.state_dict().items()}, loss, 0
        elif (waited := waited + 1) > PATIENCE:
            break
    network.load_state_dict(best)


@torch.no_grad()
def answers(network: nn.Module, inputs: Floats) -> Floats:
    """(N,): the probability for each row."""
    probability: Floats = torch.sigmoid(network(torch.from_numpy(inputs))).numpy()
    return probability


def _one_epoch(network: nn.Module, optimiser: torch.optim.Optimizer, inputs: Tensor, left: Tensor) -> None:
    loss_of = nn.BCEWithLogitsLoss()
    batches: Sequence[Tensor] = torch.randperm(len(left)).split(
        min(max(SMALL_BATCH, len(left) // STEPS), LARGE_BATCH)
    )
    for rows in batches:
        loss = loss_of(network(inputs[rows]), left[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
