"""What is heard in a customer's message beside the risk: trouble, and a question asked before.

It is kept with the decision of the turn, so that words and console say what the decision rested on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from desk.embeddings import Reading
from desk.repetition import Repetition, repetition
from desk.trouble import Tone, quotable, tone_from, trouble_of
from desk.trouble_words import Trouble
from risk_model.histories import Histories
from risk_model.tone.network import reads, tone_of

REMEMBERED_TURNS = 3  # trouble told longer ago is not what the customer speaks of now


@dataclass(frozen=True, slots=True)
class Heard:
    """Of one turn. `lately` is the newest trouble of the last turns, this one included; `in_a_row` counts the turns in
    a row that complain of the same, and is 0 without a complaint. `leaving`: the customer is about to cancel, close the
    account or hear no more; the dialogue tells it, for it may have been a button.
    """

    trouble: Trouble | None = None
    quote: str | None = None
    in_a_row: int = 0
    lately: Trouble | None = None
    asked: str | None = None
    times_asked: int = 1
    leaving: bool = False

    def as_row(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, Any] | None) -> "Heard":
        """What was kept; a decision of before this was kept heard nothing."""
        if not row:
            return NOTHING
        kinds = {name: Trouble(row[name]) if row[name] else None for name in ("trouble", "lately")}
        return cls(**{**row, **kinds})


NOTHING = Heard()


def hear(
    history: Histories,
    text: str,
    time: datetime,
    reading: Reading | None,
    before: Sequence[Heard],
    within: timedelta,
) -> Heard:
    """What this message says, after what the turns `before` it in this conversation said, the oldest first."""
    tone = repeated = None
    if reading is not None and reads(reading.version):
        tone = tone_from(tone_of(reading.encode([text]))[0])
        repeated = repetition(history, text, time, reading.encode, within)
    return _heard(text, tone, repeated, before)


def _heard(text: str, tone: Tone | None, repeated: Repetition | None, before: Sequence[Heard]) -> Heard:
    trouble = trouble_of(text, tone)
    earlier = [one.trouble for one in before[-REMEMBERED_TURNS:] if one.trouble]
    return Heard(
        trouble,
        quotable(text, tone) if trouble is Trouble.OTHER else None,
        _in_a_row(trouble, repeated, before),
        trouble or (earlier[-1] if earlier else None),
        repeated.question if repeated else None,
        repeated.times if repeated else 1,
    )


def _in_a_row(trouble: Trouble | None, repeated: Repetition | None, before: Sequence[Heard]) -> int:
    if trouble is None:
        return 0
    last = before[-1] if before else NOTHING
    same = trouble is not Trouble.OTHER or repeated is not None
    return last.in_a_row + 1 if last.trouble is trouble and same else 1
