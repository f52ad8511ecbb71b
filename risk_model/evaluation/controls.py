"""The standing controls: checks of the report itself, whose outcome is known before they run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from risk_model.evaluation import planting
from risk_model.evaluation.bootstrap import differences
from risk_model.evaluation.cases import Cases, CutOff, Question, look_back, parts_of
from risk_model.evaluation.line_up import LOGISTIC, OURS, OURS_BY_BEHAVIOUR, TREES_WITH_TEXT
from risk_model.evaluation.report import Control, Interval
from risk_model.evaluation.testing import Predictions, Step
from risk_model.examples import Examples, Floats
from risk_model.histories import Histories
from risk_model.texts import Lexicon

PLANTED_GAIN, MOST_OF_WORTH = 0.07, 0.6  # in AUROC over behaviour alone, and as a share of what can be gained
LEAK_SEEN = 0.95
PERMUTATIONS, MOST_PERMUTED, COIN = 3, 3000, 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """What the controls look at: one cut-off of one shop, and what was predicted there."""

    histories: Histories
    cut: CutOff
    question: Question
    lexicon: Lexicon
    predicted: Predictions
    seed: int


def controls(run: Run, tones: planting.Tones | None, step: Step) -> list[Control]:
    """All of `CONTROLS`, in the order a reader would ask."""
    found = []
    for ask in CONTROLS.values():
        found.append(ask(run, tones))
        step()
    return found


def future_cut_away(run: Run, _tones: planting.Tones | None) -> Control:
    """Nothing dated after the cut-off may change a byte of what contenders see."""
    cut_short = look_back(run.histories.until(run.cut.moment), run.cut.moment, run.question, run.lexicon)
    same = all(
        _same(ours, theirs)
        for ours, theirs in (
            (run.cut.known.cases, cut_short.known.cases),
            (_without_labels(run.cut.test), _without_labels(cut_short.test)),
        )
    )
    return Control(
        "the future cut away",
        "cases made from a log that ends at the cut-off are the same, byte for byte",
        "they are the same" if same else "they differ: something of the future is known",
        same,
        {},
    )


def leak_planted(run: Run, _tones: planting.Tones | None) -> Control:
    """A feature that tells the future must show as an AUROC that is too good to be true."""
    known = replace(run.cut.known, cases=_leaking(run.cut.known.cases))
    test = _leaking(run.cut.test)
    auroc = float(roc_auc_score(test.left, LOGISTIC.fit(known, run.seed)(test)))
    return Control(
        "a leak planted",
        f"a feature that knows the future lifts logistic regression above {LEAK_SEEN:.2f}",
        f"AUROC {auroc:.3f}",
        auroc > LEAK_SEEN,
        {"auroc": auroc},
    )


def labels_permuted(run: Run, _tones: planting.Tones | None) -> Control:
    """From labels that belong to others there is nothing to learn. One permutation ranks well or badly by
    chance, but as far from a coin as the same labels swapped rank to the other side: the mean of both is judged.
    """
    rng = np.random.default_rng(run.seed)
    aurocs = [auroc for _ in range(PERMUTATIONS) for auroc in _from_others_labels(run, rng)]
    mean = float(np.mean(aurocs))
    return Control(
        "labels permuted",
        f"ours, trained on the labels of others, ranks like a coin: AUROC within {COIN:.2f} of .5",
        f"mean AUROC {mean:.3f}",
        abs(mean - 0.5) <= COIN,
        {"auroc": mean},
    )


def _from_others_labels(run: Run, rng: np.random.Generator) -> Iterator[float]:
    """AUROC on the true test after learning from permuted labels, as many of either kind, and from these
    swapped.
    """
    cases = run.cut.known.cases
    kinds = [rng.permutation(np.flatnonzero(cases.left == kind)) for kind in (0, 1)]
    each = min(MOST_PERMUTED // 2, *map(len, kinds))
    some = np.isin(np.arange(len(cases)), np.concatenate([rows[:each] for rows in kinds]))
    cases = cases.where(some)
    permuted = rng.permutation(cases.left)
    for left in (permuted, 1 - permuted):
        examples = cases.examples.relabelled(left, run.cut.known.horizon_days)
        mixed = replace(run.cut.known, cases=replace(cases, examples=examples))
        yield float(roc_auc_score(run.cut.test.left, OURS.fit(mixed, run.seed)(run.cut.test)))


def texts_shuffled(run: Run, _tones: planting.Tones | None) -> Control:
    """Whatever texts gain must vanish when everybody gets somebody else's words."""
    name, expected = "texts shuffled", "words of others gain nothing over behaviour alone"
    if OURS_BY_BEHAVIOUR.name not in run.predicted:
        return Control(name, expected, "not asked: no customer has written anything", None, {})
    others = run.histories.texts.with_columns(pl.col("text").shuffle(seed=run.seed))
    mixed = replace(run.histories, texts=others)
    cut = look_back(mixed, run.cut.moment, run.question, run.lexicon)
    gain = _gain(run, OURS.fit(cut.known, run.seed)(cut.test))
    figures = {"gain": gain[0], "low": gain[1], "high": gain[2]}
    return Control(name, expected, f"AUROC {_signed(gain)}", gain[1] <= 0, figures)


def tone_planted(run: Run, tones: planting.Tones | None) -> Control:
    """A message whose tone tells the truth three times in four must be found. Where behaviour alone tells much
    already, the tone itself is worth less than `PLANTED_GAIN`, and most of its worth is asked for.
    """
    name = "a tone planted"
    if tones is None:
        expected = f"at least {PLANTED_GAIN:.2f} of AUROC above behaviour alone"
        return Control(name, expected, "not asked: too few reviews with one, two or five stars", None, {})
    cut = planting.plant(run.histories, run.cut, run.question, run.lexicon, tones, run.seed)
    gain = _gain(run, OURS.fit(cut.known, run.seed)(cut.test))
    trees = _gain(run, TREES_WITH_TEXT.fit(cut.known, run.seed)(cut.test))
    worth = planting.worth(run.cut.test.left, _alone(run), run.seed)
    wanted = min(PLANTED_GAIN, MOST_OF_WORTH * worth)
    return Control(
        name,
        f"at least {wanted:.3f} of AUROC above behaviour alone; told outright, the tone is worth {worth:.3f}",
        f"AUROC {_signed(gain)}; LightGBM with text {trees[0]:+.3f}",
        gain[0] >= wanted,
        {"gain": gain[0], "LightGBM": trees[0], "worth": worth},
    )


def _alone(run: Run) -> Floats:
    return run.predicted.get(OURS_BY_BEHAVIOUR.name, run.predicted[OURS.name])


def _gain(run: Run, predicted: Floats) -> Interval:
    """In AUROC over behaviour alone."""
    return differences(run.cut.test.left, predicted, _alone(run), run.seed)["auroc"]


def _signed(interval: Interval) -> str:
    return f"{interval[0]:+.3f} ({interval[1]:+.3f} to {interval[2]:+.3f})"


def _leaking(cases: Cases) -> Cases:
    behaviour = cases.examples.behaviour.copy()
    behaviour[:, 0] = cases.left
    return replace(cases, examples=replace(cases.examples, behaviour=behaviour))


def _without_labels(cases: Cases) -> Cases:
    nothing = np.zeros_like(cases.left)
    return replace(cases, examples=replace(cases.examples, left=nothing, back=nothing, known=nothing))


def _same(one: Cases, other: Cases) -> bool:
    arrays = [field.name for field in fields(Examples) if field.name not in ("keys", "which", "vectors")]
    mine = [getattr(one.examples, name) for name in arrays] + [one.examples.text, *parts_of(one.purchases)]
    theirs = [getattr(other.examples, name) for name in arrays] + [
        other.examples.text,
        *parts_of(other.purchases),
    ]
    return one.examples.keys.equals(other.examples.keys) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(mine, theirs, strict=True)
    )


CONTROLS: dict[str, Callable[[Run, planting.Tones | None], Control]] = {
    "the future cut away": future_cut_away,
    "a leak planted": leak_planted,
    "labels permuted": labels_permuted,
    "texts shuffled": texts_shuffled,
    "a tone planted": tone_planted,
}
