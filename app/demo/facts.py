"""What happened in one customer's life, before it becomes rows, and the truth behind it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.demo.customers import Customer
from app.demo.products import Product


@dataclass(slots=True)
class Order:
    """One order; its `number` is given once all lives are known, so that numbers rise with time."""

    placed_at: datetime
    lines: tuple[tuple[Product, int], ...]
    expected_at: datetime
    delivered_at: datetime | None
    status: str
    number: str = ""

    @property
    def total(self) -> float:
        return round(sum(product.price * quantity for product, quantity in self.lines), 2)

    @property
    def quantity(self) -> int:
        return sum(quantity for _, quantity in self.lines)

    def items(self, language: str) -> str:
        return ", ".join(f"{quantity} × {product.name(language)}" for product, quantity in self.lines)


@dataclass(frozen=True, slots=True)
class Deed:
    """One event; `order` lends it the order number."""

    time: datetime
    kind: str
    value: float | None = None
    quantity: float | None = None
    item: str | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """A review or a chat to be put into words; `said` holds (role, words) where they were written by hand."""

    time: datetime
    use: str  # "review" or "chat"
    tone: int  # -2 to 2
    topic: str
    product: Product
    order: Order | None = None
    days: int = 3
    rating: int | None = None
    outcome: str = "none"  # what the agent did: "mended", "refused", "open", "farewell" or "none"
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """What no shop sees: weekly satisfaction from `first` on, leaving, their part in the campaign."""

    first: datetime
    satisfaction: tuple[float, ...]
    left_at: datetime | None
    left_why: str | None  # "unhappy" or "silent"
    offer: str  # "none", "held_out", "made" or "accepted"

    def satisfaction_at(self, time: datetime) -> float:
        """The last satisfaction known at `time`; ValueError before the customer was met."""
        if time < self.first:
            raise ValueError(f"Satisfaction is known from {self.first} on, but {time} was asked for.")
        return self.satisfaction[min((time - self.first) // timedelta(days=7), len(self.satisfaction) - 1)]


@dataclass(slots=True)
class Life:
    """All of one customer; named demo customers are written by hand and have no truth."""

    customer: Customer
    orders: list[Order] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    speeches: list[Speech] = field(default_factory=list)
    truth: Truth | None = None
