"""Who shops there: invented people with a name, a place, a language, and the tastes nobody sees."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, log
from typing import Final

import numpy as np

from app.demo.causes import Causes
from app.demo.names import CHINESE_FAMILY, CHINESE_GIVEN, ENGLISH_FIRST, ENGLISH_LAST

# country, time zone, phone pattern (ranges kept for fiction or never given out), share within the language
_PLACES: Final[dict[str, tuple[tuple[str, str, str | None, float], ...]]] = {
    "en": (
        ("US", "America/New_York", "+1 212 555 01{:02d}", 0.24),
        ("US", "America/Chicago", "+1 312 555 01{:02d}", 0.14),
        ("US", "America/Los_Angeles", "+1 415 555 01{:02d}", 0.15),
        ("GB", "Europe/London", "+44 7700 9000{:02d}", 0.2),
        ("CA", "America/Toronto", "+1 416 555 01{:02d}", 0.1),
        ("AU", "Australia/Sydney", None, 0.07),
        ("IE", "Europe/Dublin", None, 0.05),
        ("NZ", "Pacific/Auckland", None, 0.03),
        ("IN", "Asia/Kolkata", None, 0.02),
    ),
    "zh": (
        ("CN", "Asia/Shanghai", "+86 100 0000 00{:02d}", 0.78),
        ("SG", "Asia/Singapore", None, 0.08),
        ("MY", "Asia/Kuala_Lumpur", None, 0.06),
        ("US", "America/Los_Angeles", "+1 415 555 01{:02d}", 0.05),
        ("CA", "America/Vancouver", "+1 604 555 01{:02d}", 0.03),
    ),
}
_DOMAINS: Final = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Taste:
    """What a customer is like inside; none of it is in the data."""

    gap_days: float
    basket: float
    price_sensitivity: float
    mood: float
    habit: float
    voiced: bool
    manner: str  # "plain", "polite", "blunt" or "shrugging"
    subscriber: bool
    favourites: tuple[int, ...]  # places in PRODUCTS


@dataclass(frozen=True, slots=True)
class Customer:
    """One row of `customers`, with its `name`."""

    key: str
    name: str
    joined_at: datetime
    language: str
    time_zone: str
    country: str
    email: str
    phone: str | None
    value: float

    def row(self) -> dict[str, object]:
        return {
            "customer_key": self.key, "name": self.name, "joined_at": self.joined_at,
            "language": self.language, "time_zone": self.time_zone, "country": self.country,
            "email": self.email, "phone": self.phone, "value": self.value,
        }  # fmt: skip


def pick_by_share(rng: np.random.Generator, shares: list[float]) -> int:
    """An index drawn with these weights."""
    return int(np.searchsorted(np.cumsum(shares) / sum(shares), rng.random(), side="right"))


def _taste(rng: np.random.Generator, causes: Causes, products: int) -> Taste:
    manners = ("plain", "polite", "blunt", "shrugging")
    return Taste(
        gap_days=float(np.clip(exp(rng.normal(log(causes.gap_days), causes.gap_spread)), 9, 110)),
        basket=float(exp(rng.normal(log(causes.basket), causes.basket_spread))),
        price_sensitivity=float(rng.gamma(2.0, 0.5)),
        mood=float(rng.normal(causes.mood_mean, causes.mood_spread)),
        habit=float(rng.normal(0.0, causes.habit_spread)),
        voiced=bool(rng.random() < causes.voiced_share),
        manner=manners[pick_by_share(rng, [0.5, 0.22, 0.18, 0.1])],
        subscriber=bool(rng.random() < causes.subscriber_share),
        favourites=tuple(int(n) for n in rng.choice(products, size=7, replace=False)),
    )


def _name(rng: np.random.Generator, language: str) -> tuple[str, str]:
    """A name and its Latin spelling for an address."""
    firsts, lasts = (CHINESE_GIVEN, CHINESE_FAMILY) if language == "zh" else (ENGLISH_FIRST, ENGLISH_LAST)
    first, last = firsts[int(rng.integers(len(firsts)))], lasts[int(rng.integers(len(lasts)))]
    if language == "en":
        return f"{first} {last}", f"{first}.{last}".lower()
    latin = "".join(c for c in last if c.isascii()) + "".join(c for c in first if c.isascii())
    return "".join(c for c in last + first if not c.isascii()), latin


def make_customer(
    rng: np.random.Generator, causes: Causes, number: int, start: datetime, days: int, products: int
) -> tuple[Customer, Taste]:
    """Customer `number` (also their key): a third join near `start`, the rest over the `days` after it."""
    language = "zh" if rng.random() < causes.chinese_share else "en"
    taste = _taste(rng, causes, products)
    name, latin = _name(rng, language)
    places = _PLACES[language]
    country, zone, phone, _ = places[pick_by_share(rng, [place[3] for place in places])]
    early = rng.random() < 1 / 3
    day = rng.uniform(0, 30) if early else rng.uniform(0, days - 20)
    yearly = 365.0 / taste.gap_days * taste.basket * exp(rng.normal(0, 0.2))  # the shop's guess at joining
    customer = Customer(
        key=f"demo-{number:05d}",
        name=name,
        joined_at=start + timedelta(days=day),
        language=language,
        time_zone=zone,
        country=country,
        email=f"{latin}{number}@{_DOMAINS[number % 3]}",
        phone=phone.format(int(rng.integers(100))) if phone and rng.random() < 0.6 else None,
        value=round(yearly, 2),
    )
    return customer, taste
