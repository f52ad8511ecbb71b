"""Learn tone from the sentences and write the weights: `python -m risk_model.tone.train ENCODER_FOLDER`.

The same sentences and the same encoder give the same weights.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from torch import Tensor, nn

from risk_model.encoder import Encoder
from risk_model.tone.network import ENCODER, MANIFEST, WEIGHTS, Floats, ToneNetwork
from risk_model.tone.sentences import LABELS, TRAINING, Sentences, read_sentences

MEMBERS, HIDDEN = 5, 32
EPOCHS, BATCH = 15, 128
RATE, WEIGHT_DECAY = 2e-3, 1.0
INPUT_DROPPED, HIDDEN_DROPPED = 0.2, 0.5
# Irony and praise after trouble are written here far more often than customers write them; less weight keeps
# plain trouble meaning trouble.
KIND_WEIGHTS = {"irony": 0.3, "relief": 0.3}
# Nearly half of the training sentences complain; of a shop's customers far fewer do. The bias is moved to this
# share, so that one half is where a text alarms.
BASE_RATES = {"dissatisfied": 0.3}
SEED = 20


def fit(vectors: Floats, sentences: Sentences, seed: int = SEED) -> ToneNetwork:
    """The network learned from (N, D) vectors of these sentences."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    centre, scale = vectors.mean(0), vectors.std(0)
    learner = _Learner(vectors.shape[1])
    inputs = torch.from_numpy((vectors - centre) / scale)
    labels = torch.from_numpy(sentences.labels)
    weights = torch.tensor([KIND_WEIGHTS.get(kind, 1.0) for kind in sentences.kind])
    optimiser = torch.optim.AdamW(learner.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(inputs)).split(BATCH):
            loss = (learner.losses(inputs[rows], labels[rows]) * weights[rows]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    learned = {name: value.detach().numpy() for name, value in learner.named_parameters()}
    learned["out_bias"] = learned["out_bias"] + _shift(sentences.labels)
    return ToneNetwork(centre, scale, **learned)


class _Learner(nn.Module):
    """The members of a `ToneNetwork` side by side; each draws its own start and its own dropout."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.hidden = nn.Parameter(_start(MEMBERS, dimensions, HIDDEN))
        self.hidden_bias = nn.Parameter(torch.zeros(MEMBERS, HIDDEN))
        self.out = nn.Parameter(_start(MEMBERS, HIDDEN, len(LABELS)))
        self.out_bias = nn.Parameter(torch.zeros(MEMBERS, len(LABELS)))

    def losses(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """(B, D), (B, 3) -> (B,): cross-entropy, the mean over members and labels."""
        seen = nn.functional.dropout(inputs.expand(MEMBERS, -1, -1), INPUT_DROPPED)
        state = nn.functional.relu(torch.baddbmm(self.hidden_bias[:, None], seen, self.hidden))
        kept = nn.functional.dropout(state, HIDDEN_DROPPED)
        logits = torch.baddbmm(self.out_bias[:, None], kept, self.out)  # (M, B, 3)
        loss_of = nn.functional.binary_cross_entropy_with_logits
        losses: Tensor = loss_of(logits, labels.expand_as(logits), reduction="none").mean((0, 2))
        return losses


def _shift(labels: Floats) -> Floats:
    """(3,): what takes the log-odds from the share in the sentences to `BASE_RATES` (Saerens et al. 2002)."""
    here = labels.mean(0)
    there = np.array([BASE_RATES.get(label, share) for label, share in zip(LABELS, here, strict=True)])
    shift: Floats = (np.log(there / (1 - there)) - np.log(here / (1 - here))).astype(np.float32)
    return shift


def _start(members: int, ins: int, outs: int) -> Tensor:
    start: Tensor = (torch.rand(members, ins, outs) * 2 - 1) / ins**0.5
    return start


def write(network: ToneNetwork, encoder: Encoder, weights: Path = WEIGHTS, manifest: Path = MANIFEST) -> None:
    """The weights and, beside them, what vouches for them."""
    names = ("centre", "scale", "hidden", "hidden_bias", "out", "out_bias")
    stored = save({name: np.ascontiguousarray(getattr(network, name), np.float32) for name in names})
    weights.write_bytes(stored)
    said = {
        "encoder": encoder.name,
        "encoder_version": encoder.version,
        "labels": LABELS,
        "sentences_sha256": sha256(TRAINING.read_bytes()).hexdigest(),
        "sha256": sha256(stored).hexdigest(),
    }
    manifest.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def main(encoder_folder: Path) -> None:
    encoder = Encoder.load(encoder_folder)
    if encoder.name != ENCODER:
        sys.exit(f"tone is learned on {ENCODER}, and {encoder_folder} holds {encoder.name}")
    sentences = read_sentences(TRAINING)
    write(fit(encoder.encode(sentences.texts), sentences), encoder)
    print(f"learned from {len(sentences.texts)} sentences, written to {WEIGHTS}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".stayline/encoder"))
