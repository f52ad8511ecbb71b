"""The work of the night as one worker does it: whether it is its turn, with which model, and what it says of it.

What reads histories is imported only then: it brings 60 MB and a second of starting, and one worker needs it once.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from threading import Event

from sqlalchemy import Engine

from app.bot_memory import forget_silent
from app.faults import AFTER_BATCH, reach
from app.settings import Settings
from desk.nightly import NightEnds, Shift, is_done, newest_night
from risk_model.errors import RiskModelError
from risk_model.manifest import read_model

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Nights:
    """`got_on` is told the name of the work at every step of it; `stopping` ends it between two steps."""

    engine: Engine
    settings: Settings
    owner: str
    stopping: Event
    got_on: Callable[[str], None] = lambda _work: None

    def rescore(self) -> None:
        """Everyone's risk as of the night. The model is loaded for the night alone: it takes memory."""
        shift = self._shift("rescore")
        if is_done(self.engine, shift.work, shift.night) or not self._has_model() or not shift.take():
            return
        from desk.rescoring import rescore
        from risk_model.loading import load_scorer
        from risk_model.scorer import NoModel

        with _doing(shift):
            scorer = load_scorer(self.settings.models, self.settings.encoder_folder)
            if isinstance(scorer, NoModel):
                raise NightEnds(scorer.cause)
            needs_consent = self.settings.policy.profiling_needs_consent
            count = rescore(
                shift, scorer, needs_consent=needs_consent, kept=lambda: reach(self.settings, AFTER_BATCH)
            )
            log.info("rescore: %d customers as of %s", count, f"{shift.night:%Y-%m-%d %H:%M} UTC")

    def retain(self) -> None:
        """Forget what is old, in our tables and in what the bot remembers."""
        shift = self._shift("retain")
        if is_done(self.engine, shift.work, shift.night) or not shift.take():
            return
        from desk.retention import forget_old

        with _doing(shift):
            keep = self.settings.keep
            gone = forget_old(shift, keep)
            if keep.chats is not None:
                before = shift.night - keep.chats
                gone["trackers"] = forget_silent(self.settings.tracker, before, shift.beat)
            log.info("retain: %s", ", ".join(f"{count} {kind}" for kind, count in gone.items()))

    def _shift(self, work: str) -> Shift:
        settings = self.settings
        return Shift(
            self.engine,
            work,
            newest_night(datetime.now(UTC), settings.night_hour, settings.zone),
            self.owner,
            settings.policy.lease,
            self.stopping.is_set,
            lambda: self.got_on(work),
        )

    def _has_model(self) -> bool:
        try:
            read_model(self.settings.models)
        except RiskModelError as error:
            _say_once(f"nobody is rescored at night: {error}")
            return False
        return True


@contextmanager
def _doing(shift: Shift) -> Iterator[None]:
    """Done when the block ends well; given back when it could not go on. After a crash the lease ends by itself."""
    try:
        yield
    except NightEnds as end:
        log.info("%s: not ended tonight by this worker: %s", shift.work, end)
        shift.give_back()
    else:
        shift.finish()


@cache
def _say_once(line: str) -> None:
    log.warning(line)
