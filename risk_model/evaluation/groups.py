"""How well each kind of customer is told apart: by tenure, by language, by having written."""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from risk_model.evaluation.cases import Cases
from risk_model.evaluation.report import Group
from risk_model.examples import Floats
from risk_model.features import FEATURES

FEWEST, FEWEST_OF_A_CLASS = 50, 10  # below that an AUROC says more about chance than about the group
TENURES = ((0.0, 90.0, "under 90 days"), (90.0, 365.0, "90 days to a year"), (365.0, np.inf, "over a year"))
Chosen = npt.NDArray[np.bool_]


def groups(cases: Cases, ours: Floats, best_baseline: Floats, languages: Mapping[str, str]) -> list[Group]:
    """Every group that has anybody in it."""
    return [
        _group(by, name, cases.left[chosen], ours[chosen], best_baseline[chosen])
        for by, name, chosen in _members(cases, languages)
        if chosen.any()
    ]


def _members(cases: Cases, languages: Mapping[str, str]) -> Iterator[tuple[str, str, Chosen]]:
    tenure = cases.examples.behaviour[:, FEATURES.index("tenure_days")]
    for low, high, name in TENURES:
        yield "tenure", name, (tenure >= low) & (tenure < high)
    spoken = np.array([languages.get(key, "not known") for key in cases.examples.keys])
    if languages:
        for name in sorted(set(spoken)):
            yield "language", name, spoken == name
    wrote = cases.examples.has_text[:, 0] > 0
    if wrote.any():
        yield "text", "has written", wrote
        yield "text", "has written nothing", ~wrote


def _group(by: str, name: str, left: Floats, ours: Floats, best_baseline: Floats) -> Group:
    told = len(left) >= FEWEST and min(left.sum(), len(left) - left.sum()) >= FEWEST_OF_A_CLASS
    return Group(
        by,
        name,
        len(left),
        float(left.mean()),
        float(ours.mean()),
        float(roc_auc_score(left, ours)) if told else None,
        float(roc_auc_score(left, best_baseline)) if told else None,
    )
