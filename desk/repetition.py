"""The question of this message, asked before: what the care message and the case tell of `risk_model.repetition`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.masking import masked
from risk_model.features import ORDER
from risk_model.histories import Histories
from risk_model.repetition import asks, group, last_questions
from risk_model.texts import Vectors

LOOKED_AT = 100  # texts: with reviews and pleasantries between, and no more than a turn has time for
LONGEST_QUOTE = 80
Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Repetition:
    """A question and how often it was asked, this time included; `since` is the first time."""

    question: str
    times: int
    since: datetime


def repetition(
    history: Histories, text: str, time: datetime, encode: Encode, within: timedelta
) -> Repetition | None:
    """How often what this chat message asks was asked `within` that time and since the last order; None for what was
    asked once or asks nothing. `history` holds the message itself.
    """
    if not asks(text):
        return None
    said = [*_said_before(history, text, time, within), (time, text)]
    asked = [said[number] for number in last_questions([words for _, words in said])]
    if len(asked) < 2:
        return None
    alike = group(encode([words for _, words in asked]))
    if len(alike) < 2:
        return None
    return Repetition(_quoted(text), len(alike), min(asked[number][0] for number in alike))


def _said_before(
    history: Histories, text: str, time: datetime, within: timedelta
) -> list[tuple[datetime, str]]:
    newest = history.texts.tail(LOOKED_AT)  # as columns: an expression would take longer to plan than to run
    rows = zip(*(newest[name].to_list() for name in ("time", "source", "text")), strict=True)
    after = max(time - within, _last_order(history) or time - within)
    said = [
        (when, words) for when, source, words in rows if source == "chat" and when <= time and when > after
    ]
    if (time, text) in said:
        said.remove((time, text))
    return said


def _last_order(history: Histories) -> datetime | None:
    last = history.events["time"].filter(history.events["kind"] == ORDER).max()
    return last if isinstance(last, datetime) else None


def _quoted(text: str) -> str:
    """The question in one short line, for agents to read."""
    line = masked(" ".join(text.split()))
    return line if len(line) <= LONGEST_QUOTE else line[: LONGEST_QUOTE - 1] + "…"
