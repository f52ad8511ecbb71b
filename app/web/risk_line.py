"""The risk of a conversation from turn to turn: the line up to each, and the turn at which it rose most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlmodel import Session, col, select

from app.web.talk import key_of
from db import tables

WIDTH, HEIGHT, EDGE = 56, 18, 3
MOST_POINTS = 8  # of a line beside a turn: more would not be told apart


@dataclass(frozen=True, slots=True)
class Rise:
    """The turn, and the risks of the turn before it and of itself."""

    message_id: int
    before: float
    after: float

    @property
    def key(self) -> str:
        return key_of(self.message_id)


@dataclass(frozen=True)
class RiskLine:
    """The scored turns of a conversation: message and probability, oldest first."""

    steps: Sequence[tuple[int, float]] = field(default=())

    @cached_property
    def _places(self) -> dict[int, int]:
        return {message_id: place for place, (message_id, _) in enumerate(self.steps)}

    @cached_property
    def rise(self) -> Rise | None:
        """The largest that a person would see in whole percent; None where the risk never rose."""
        rises = [
            Rise(message_id, before, after)
            for (_, before), (message_id, after) in zip(self.steps, self.steps[1:], strict=False)
        ]
        largest = max(rises, key=lambda rise: rise.after - rise.before, default=None)
        return largest if largest and round(100 * (largest.after - largest.before)) > 0 else None

    def until(self, message_id: int) -> list[tuple[float, float]]:
        """The points of the line that ends with this turn, in the coordinates of its picture; empty without a risk."""
        place = self._places.get(message_id)
        if place is None:
            return []
        shown = self.steps[max(0, place + 1 - MOST_POINTS) : place + 1]
        step = (WIDTH - 2 * EDGE) / max(len(shown) - 1, 1)
        first = EDGE if len(shown) > 1 else WIDTH - EDGE
        return [
            (round(first + number * step, 1), round(EDGE + (HEIGHT - 2 * EDGE) * (1 - probability), 1))
            for number, (_, probability) in enumerate(shown)
        ]


def line_of(session: Session, conversation: tables.Conversation) -> RiskLine:
    """Asked by the customer too, as `desk.escalations.newest_risk` is."""
    risk, message = tables.Risk, tables.Message
    query = (
        select(col(message.id), col(risk.probability))
        .join(message, col(message.id) == col(risk.message_id))
        .where(
            risk.customer_id == conversation.customer_id,
            message.conversation_id == conversation.id,
        )
        .order_by(col(message.id))
    )
    found = session.exec(query)
    return RiskLine(
        [(message_id, probability) for message_id, probability in found if probability is not None]
    )
