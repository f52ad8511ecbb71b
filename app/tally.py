"""The count after a drill: what the outbox says of its rows, beside what the mail server says it took.

A row's history allows so many copies: one when it was sent, and one for each attempt whose outcome nobody could know.
Such an attempt is one that the outbox noted as uncertain: its worker fell silent, or the line was lost before the
server's answer. Nothing else excuses a copy: after a refusal, or a connection that never came about, the provider
surely has nothing, so a copy more is a doubling.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from db import tables
from db.session import read_only

ENDS = ("sent", "failed", "uncertain", "dead", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the follow-ups.

    `lost` have no row any more, or are called sent and never arrived; `doubled` are copies that no history allows, or
    of no row at all; `repeated` are second copies under the same Message-ID that one does. `begun_twice` are rows in
    two hands at once: a second attempt began before the first had an end.
    """

    rows: int
    states: dict[str, int]
    lost: int
    doubled: int
    repeated: int
    begun_twice: int

    @property
    def sent(self) -> int:
        return self.states.get("sent", 0)

    @property
    def ended(self) -> int:
        return sum(self.states.get(status, 0) for status in ENDS)

    @property
    def accounted(self) -> bool:
        """Every committed row has an end or waits: none is in the hands of a worker that is gone."""
        return self.ended + self.states.get("pending", 0) == self.rows

    @property
    def clean(self) -> bool:
        return self.accounted and self.lost == self.doubled == self.begun_twice == 0


def tally(engine: Engine, rows: int, taken: Mapping[str, int]) -> Tally:
    """Count what became of `rows` committed follow-ups by e-mail; `taken` is the mail server's count by Message-ID."""
    with read_only(engine) as session:
        follow_ups = session.exec(select(tables.FollowUp)).all()
        histories = _histories(session)
    return count(follow_ups, histories, rows, taken)


def count(
    follow_ups: Sequence[tables.FollowUp],
    histories: Mapping[int, Sequence[str]],
    rows: int,
    taken: Mapping[str, int],
) -> Tally:
    """The tally of these rows; `histories` are the answers kept about each, in order."""
    copies = _by_key(taken)
    lost, doubled, repeated = max(0, rows - len(follow_ups)), 0, 0
    for row in follow_ups:
        key = row.idempotency_key.replace(":", ".")
        had = copies.pop(key, 0)
        beyond = max(0, had - _allowed(row, histories.get(row.id, ())))
        lost += row.status == "sent" and had == 0
        doubled += beyond
        repeated += max(0, had - beyond - 1)
    return Tally(
        rows=rows,
        states=dict(Counter(row.status for row in follow_ups)),
        lost=lost,
        doubled=doubled + copies.total(),  # what is left belongs to no row
        repeated=repeated,
        begun_twice=sum(_in_a_row(history, "send", "send") > 0 for history in histories.values()),
    )


def _allowed(row: tables.FollowUp, history: Sequence[str]) -> int:
    """How many copies this history explains. Giving up straight after a start is an unknown outcome too."""
    unknown = history.count("uncertain") + _in_a_row(history, "send", "dead")
    return (row.status == "sent") + unknown


def _in_a_row(history: Sequence[str], first: str, second: str) -> int:
    return sum(pair == (first, second) for pair in pairwise(history))


def _histories(session: Session) -> defaultdict[int, list[str]]:
    """What was answered about each row, in order."""
    answer = tables.GateAnswer
    kept = session.exec(select(answer.follow_up_id, answer.answer).order_by(col(answer.id)))
    histories: defaultdict[int, list[str]] = defaultdict(list)
    for row_id, said in kept:
        histories[row_id].append(said)
    return histories


def _by_key(counts: Mapping[str, int]) -> Counter[str]:
    """By the part of the Message-ID that is the idempotency key."""
    found: Counter[str] = Counter()
    for message_id, number in counts.items():
        found[message_id.strip("<>").partition("@")[0]] += number
    return found
