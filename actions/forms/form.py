"""A form is what a customer set out to do and what is still missing; between two messages it lives in a slot.

Ours are not Rasa's loops. A loop goes before every rule, while the risk must be read first on every turn
(requirement R1), and a customer may ask something else, or for a person, in the midst of it. So a turn within a form
goes the way of every other turn, and the action that answers offers the message to the open form first.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum

NO_REASON = "none"


class Step(StrEnum):
    """What a form can ask for."""

    ORDER = "order"
    REASON = "reason"
    ADDRESS = "address"
    PRODUCT = "product"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Form:
    """`reason` is a word of the form's own, from a button. What the customer wrote in their own words, a reason or an
    address, is kept in no second place: `message_id` says which message holds it.
    """

    name: str
    asked: str
    order_number: str | None = None
    reason: str | None = None
    message_id: int | None = None
    misses: int = 0
    asides: int = 0

    @classmethod
    def from_slot(cls, value: object) -> "Form | None":
        """None when there is no form, or one of an older release that is not understood any more."""
        if not isinstance(value, dict):
            return None
        try:
            return cls(**value)
        except TypeError:
            return None

    def as_slot(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value}
