"""One cut-off, all contenders: fit each on what was known, and judge them by what came."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from risk_model.evaluation.bootstrap import differences
from risk_model.evaluation.cases import CutOff
from risk_model.evaluation.contender import Contender, Role
from risk_model.evaluation.groups import groups
from risk_model.evaluation.metrics import measure, reliability
from risk_model.evaluation.report import Judged
from risk_model.examples import Floats

Predictions = dict[str, Floats]
Step = Callable[[], None]


def predictions(cut: CutOff, contenders: Sequence[Contender], seed: int, step: Step) -> Predictions:
    """Each contender's (N,) probabilities for the test; who needs texts stays away where there are none."""
    has_texts = cut.known.cases.examples.has_text.any() and cut.test.examples.has_text.any()
    found = {}
    for contender in contenders:
        if has_texts or not contender.needs_texts:
            found[contender.name] = contender.fit(cut.known, seed)(cut.test)
        step()
    return found


def judge(
    cut: CutOff,
    contenders: Sequence[Contender],
    predicted: Predictions,
    languages: Mapping[str, str],
    seed: int,
) -> Judged:
    """The figures of all, and how far ours (the one contender of that role) is from each other one."""
    left = cut.test.left
    figures = {name: measure(left, p) for name, p in predicted.items()}
    rivals = [c.name for c in contenders if c.role is Role.BASELINE and c.name in figures]
    best = max(rivals, key=lambda name: figures[name]["auroc"])
    ours = next(c.name for c in contenders if c.role is Role.OURS)
    return Judged(
        cut_off=f"{cut.moment:%Y-%m-%d}",
        learned_from=len(cut.known.cases),
        learned_left_share=float(cut.known.cases.left.mean()),
        customers=len(cut.test),
        left_share=float(left.mean()),
        with_text_share=float(np.mean(cut.test.examples.has_text)),
        best_baseline=best,
        figures=figures,
        differences={
            name: differences(left, predicted[ours], p, seed) for name, p in predicted.items() if name != ours
        },
        reliability={name: reliability(left, predicted[name]) for name in (ours, best)},
        groups=groups(cut.test, predicted[ours], predicted[best], languages),
    )
