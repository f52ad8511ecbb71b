"""Fit one ensemble: plain cross-entropy, early stopping on held-back customers, each member on its own bootstrap."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from risk_model.examples import Examples, Floats
from risk_model.network import MEMBERS, RiskNetwork

EPOCHS = 60
PATIENCE = 6
BATCH = 512
RATE = 2e-3
TEXT_RATE = 1e-3  # the text projection has most of the weights and would learn customers by heart
WEIGHT_DECAY = 0.02
TEXT_DROPPED = 0.25  # share of examples that lose their text in training, so that silence is learned too
Report = Callable[[int, int], None]


def fit(train: Examples, held_back: Examples, centre: Floats, seed: int, report: Report) -> RiskNetwork:
    """The network at its best epoch by `held_back`. `centre` (D,) has D = 0 for behaviour only."""
    torch.manual_seed(seed)
    network = RiskNetwork(torch.from_numpy(train.behaviour), len(centre))
    with torch.no_grad():
        rate = float(np.clip(train.left.mean(), 0.01, 0.99))
        network.bias.fill_(float(np.log(rate / (1 - rate))))
    optimiser = _optimiser(network)
    counted = bootstraps(train)
    inputs, checks = tensors(train, centre), tensors(held_back, centre)
    best, best_loss, waited = network.state_dict(), float("inf"), 0
    for epoch in range(EPOCHS):
        report(epoch, EPOCHS)
        _one_epoch(network, optimiser, inputs, torch.from_numpy(train.left), counted)
        loss = float(log_losses(predict(network, checks), held_back.left).mean())
        if loss < best_loss - 1e-4:
            best, best_loss, waited = {k: v.clone() for k, v in network.state_dict().items()}, loss, 0
        elif (waited := waited + 1) > PATIENCE:
            break
    network.load_state_dict(best)
    return network.eval()


def bootstraps(examples: Examples) -> Tensor:
    """(N, MEMBERS): how often each member counts an example; all examples of one customer alike."""
    _, customer = np.unique(examples.keys.to_numpy(), return_inverse=True)
    drawn = torch.poisson(torch.ones(int(customer.max()) + 1, MEMBERS))
    return drawn[torch.from_numpy(customer)]


def tensors(examples: Examples, centre: Floats) -> tuple[Tensor, Tensor, Tensor]:
    """Behaviour, centred text and has_text as the network takes them."""
    has_text = torch.from_numpy(examples.has_text)
    if len(centre) == 0:
        return torch.from_numpy(examples.behaviour), torch.zeros(len(examples), 0), torch.zeros_like(has_text)
    return torch.from_numpy(examples.behaviour), torch.from_numpy(examples.text - centre) * has_text, has_text


@torch.no_grad()
def predict(network: RiskNetwork, inputs: tuple[Tensor, Tensor, Tensor]) -> Floats:
    """(N,): the ensemble's probability, from its mean logit, as serving computes it."""
    network.eval()
    probability: Floats = torch.sigmoid(network(*inputs).mean(1)).numpy()
    return probability


def log_losses(probability: Floats, left: Floats) -> Floats:
    """(N,): the cross-entropy of each example."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    losses: Floats = -(left * np.log(p) + (1 - left) * np.log(1 - p))
    return losses


def _optimiser(network: RiskNetwork) -> torch.optim.Optimizer:
    rest = [parameter for parameter in network.parameters() if parameter is not network.project]
    groups = [{"params": rest, "lr": RATE}, {"params": [network.project], "lr": TEXT_RATE}]
    return torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY, fused=True)


def _one_epoch(
    network: RiskNetwork,
    optimiser: torch.optim.Optimizer,
    inputs: tuple[Tensor, Tensor, Tensor],
    left: Tensor,
    counted: Tensor,
) -> None:
    network.train()
    loss_of = nn.BCEWithLogitsLoss(reduction="none")
    for rows in torch.randperm(len(left)).split(BATCH):
        behaviour, text, has_text = (part[rows] for part in inputs)
        kept = has_text * (torch.rand_like(has_text) > TEXT_DROPPED)
        logits = network(behaviour, text, kept)  # (b, MEMBERS)
        loss = (loss_of(logits, left[rows, None].expand_as(logits)) * counted[rows]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
