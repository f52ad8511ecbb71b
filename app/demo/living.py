"""The state of one customer of the demo shop that moves from week to week, and how chance moves it."""

from datetime import datetime, timedelta

import numpy as np

from app.demo.causes import Causes
from app.demo.customers import Customer, Taste
from app.demo.facts import Deed, Life, Order
from app.demo.products import PRODUCTS, Product


def clipped(value: float, low: float, high: float) -> float:
    return min(high, max(low, value))


class Living:
    """What a customer feels, waits for and has in mind; `life` is what becomes of it."""

    def __init__(
        self, rng: np.random.Generator, causes: Causes, customer: Customer, taste: Taste, until: datetime
    ) -> None:
        self.rng, self.causes, self.taste, self.until = rng, causes, taste, until
        self.life = Life(customer)
        self.satisfaction = clipped(taste.mood + causes.honeymoon, -3.0, 3.0)
        self.trace: list[float] = []
        self.next_order = customer.joined_at + timedelta(minutes=20)
        self.awaited: list[tuple[Order, str, datetime]] = []  # order, trouble, when it is felt
        self.sore: tuple[Order, Product, str] | None = None  # the last trouble, what a grumble is about
        self.subscribes_at = customer.joined_at + timedelta(days=float(rng.uniform(10, 160)))
        self.subscribed = False
        self.left_at: datetime | None = None  # set while they are away, for good or not
        self.left_why: str | None = None
        self.offer = "none"
        self.accepted_at: datetime | None = None

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def within(self, now: datetime, days: float = 7.0) -> datetime:
        return now + timedelta(seconds=int(self.rng.random() * days * 86_400))

    def shift(self, by: float) -> None:
        self.satisfaction = clipped(self.satisfaction + by, -3.0, 3.0)

    def some_product(self) -> Product:
        if self.chance(0.75):
            return PRODUCTS[self.taste.favourites[int(self.rng.integers(len(self.taste.favourites)))]]
        return PRODUCTS[int(self.rng.integers(len(PRODUCTS)))]

    def do(self, time: datetime, kind: str, value: float | None = None, item: str | None = None) -> None:
        self.life.deeds.append(Deed(time, kind, value=value, item=item))

    def tone(self, shift: float = 0.0) -> int:
        """The tone of a text now: mostly what is felt, softened by the polite, at times something else."""
        if self.chance(self.causes.off_tone):
            return int(self.rng.integers(-1, 3))
        felt = (
            self.causes.text_slope * self.satisfaction
            + shift
            + self.causes.text_noise * float(self.rng.normal())
        )
        tone = round(clipped(felt, -2, 2))
        if tone < 0 and self.taste.manner == "polite" and self.chance(0.5):
            return tone + 1
        return max(-2, tone - 1) if tone < 0 and self.taste.manner == "blunt" and self.chance(0.4) else tone
