"""The model folder: ONNX networks, safetensors, and a JSON manifest that vouches for each file. Nothing is
unpickled.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal, get_args

from risk_model.errors import ModelMissing, ModelRefused

MANIFEST = "manifest.json"
NetworkKind = Literal["fusion", "mlp", "cnn", "gru"]
NETWORKS: tuple[NetworkKind, ...] = get_args(NetworkKind)
CENTRES = "centres.safetensors"
FORMAT = 3
SUFFIXES = {".onnx", ".safetensors"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `risk_model.training` wrote about a model: feature schema, horizon, encoder, training window, metrics.

    `network` is the kind of network, `ends` are those of the intervals (days) that it tells hazards of. `buying` are
    the parameters of `risk_model.bg_nbd`, or None. `network_share` and `calibration` have an entry for each way
    to score, `behaviour_only` and `with_text`; logistic regressions have the rest of the share. `averages` are of
    `features` and then of `text_features`, which only `with_text` has; `feature_shares` are those that
    `risk_model.drift` compares with. `levels` are, for each way to score, those expected from `trained_until` on, as in
    `risk_model.level.InTime`. `event_kinds` are those of `risk_model.sequences` that the training saw.
    """

    version: str
    features: list[str]
    event_kinds: list[int]
    averages: list[float]
    anchor: str
    horizon_days: int
    ends: list[float]
    network: NetworkKind
    encoder_version: str | None
    trained_until: str
    uses_text: bool
    buying: dict[str, float] | None
    few_customers: bool
    network_share: dict[str, float]
    calibration: dict[str, dict[str, Any]]
    metrics: dict[str, Any]
    text_features: list[str] = field(default_factory=list)
    feature_shares: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    levels: dict[str, list[float]] = field(default_factory=dict)

    @property
    def serves(self) -> str:
        """The way it scores where nothing is missing."""
        return "with_text" if self.uses_text else "behaviour_only"


def reader_file(mode: str) -> str:
    """The half of the mode's network that reads events and texts."""
    return f"{mode}_reader.onnx"


def judge_file(mode: str) -> str:
    """The half that judges what was read, with the logistic regressions."""
    return f"{mode}_judge.onnx"


def runs_of(model: Path) -> Path:
    """The folder beside a model that has the losses of its training, to name to `tensorboard --logdir`."""
    return model.with_name(f"{model.name}-runs")


def write_model(folder: Path, contents: dict[str, Any], write_files: Callable[[Path], None]) -> Manifest:
    """Fill a folder beside the target with `write_files`, add the manifest, and swap it in whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write_files(fresh)
        files = {path.name: _hash(path) for path in sorted(fresh.iterdir())}
        version = sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
        manifest = {"format": FORMAT, "version": version, **contents, "files": files}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
        fresh.chmod(0o755)
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return read_model(folder)


def read_model(folder: Path) -> Manifest:
    """The verified manifest. Raises `ModelMissing` or `ModelRefused`; a file of another kind or hash is refused."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ModelMissing(folder)
    try:
        raw = json.loads(path.read_text())
        files, found_format = raw.pop("files"), raw.pop("format")
        if found_format != FORMAT:
            raise ModelRefused(folder, f"expected format {FORMAT}, found {found_format}")
        manifest = Manifest(**raw)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelRefused(folder, f"{MANIFEST} cannot be read ({error})") from error
    for name, expected in files.items():
        _check(folder, name, expected)
    return manifest


def holds_model(folder: Path) -> bool:
    """Whether the folder is a model that this version reads; one of an older format is to be trained again."""
    try:
        read_model(folder)
    except (ModelMissing, ModelRefused):
        return False
    return True


def _check(folder: Path, name: str, expected: str) -> None:
    path = folder / name
    if path.parent != folder or path.suffix not in SUFFIXES or path.is_symlink():
        raise ModelRefused(folder, f"{name!r} is not a plain .onnx or .safetensors file of this folder")
    if not path.is_file():
        raise ModelRefused(folder, f"{name} is missing")
    if _hash(path) != expected:
        raise ModelRefused(folder, f"{name} is not the file that was trained (its sha256 differs)")


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _swap(fresh: Path, folder: Path) -> None:
    if folder.exists():
        old = Path(mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
        folder.rename(old / "model")
        fresh.rename(folder)
        shutil.rmtree(old)
    else:
        fresh.rename(folder)
