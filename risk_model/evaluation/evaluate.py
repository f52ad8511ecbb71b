"""The whole report of one shop: every cut-off with all contenders, then the controls at the newest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from risk_model.errors import NothingToLearn
from risk_model.evaluation.cases import Question, check, look_back
from risk_model.evaluation.controls import CONTROLS, Run, controls
from risk_model.evaluation.line_up import LINE_UP
from risk_model.evaluation.planting import Tones
from risk_model.evaluation.report import Control, Judged, Report
from risk_model.evaluation.testing import Step, judge, predictions
from risk_model.features import anchor_events, anchor_of
from risk_model.histories import Histories
from risk_model.progress import Progress, quiet
from risk_model.texts import Lexicon
from risk_model.tone.prior import ENOUGH_TO_LEARN, labelled_texts

SEED = 20
TESTS = 2
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shop:
    """What is evaluated: a log that goes on for a horizon after each of `moments`, oldest first."""

    name: str
    histories: Histories
    lexicon: Lexicon
    question: Question
    moments: Sequence[datetime]
    tones: Tones | None = None
    languages: Mapping[str, str] = field(default_factory=dict)


def evaluate(shop: Shop, seed: int = SEED, progress: Progress = quiet) -> Report:
    """Raises `NothingToLearn` (or `TooFewCustomers`) where a cut-off has too little before or after it."""
    if not shop.moments:
        raise NothingToLearn("no cut-off was given to evaluate at")
    tests = []
    for moment in shop.moments:
        step = _steps(shop, moment, progress)
        run = _run(shop, moment, seed, step)
        tests.append(judge(run.cut, LINE_UP, run.predicted, shop.languages, seed))
    return _report(shop, tests, controls(run, shop.tones, step))


def _run(shop: Shop, moment: datetime, seed: int, step: Step) -> Run:
    cut = check(look_back(shop.histories, moment, shop.question, shop.lexicon))
    return Run(shop.histories, cut, shop.question, shop.lexicon, predictions(cut, LINE_UP, seed, step), seed)


def newest_moments(histories: Histories, question: Question, count: int = TESTS) -> list[datetime]:
    """The newest moments whose horizon lies within the log, half a horizon apart, oldest first."""
    last = anchor_events(histories, anchor_of(histories))["time"].max()
    latest = (last if isinstance(last, datetime) else histories.as_of) - question.horizon
    return [latest - question.horizon / 2 * step for step in reversed(range(count))]


def _steps(shop: Shop, moment: datetime, progress: Progress) -> Step:
    """Moves this cut-off's progress on by one each time it is called."""
    total, done = len(LINE_UP) + (len(CONTROLS) if moment == shop.moments[-1] else 0), count(1)
    return lambda: progress(f"{shop.name} as of {moment:%Y-%m-%d}", next(done), total)


def _report(shop: Shop, tests: list[Judged], passed: list[Control]) -> Report:
    happened = anchor_events(shop.histories, anchor_of(shop.histories))["time"]
    known = labelled_texts(shop.histories.until(shop.moments[-1]), shop.question.horizon)
    return Report(
        shop=shop.name,
        horizon_days=shop.question.horizon / DAY,
        at_least=shop.question.at_least,
        customers=len(shop.histories.customers),
        first=str(happened.min())[:10],
        last=str(happened.max())[:10],
        tests=tests,
        controls=passed,
        labelled_texts=known,
        tone_prior=known < ENOUGH_TO_LEARN,
    )
