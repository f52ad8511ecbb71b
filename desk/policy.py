"""Thresholds and limits, as one frozen value that is passed in: nothing else in the desk holds a number of policy."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class CatalogueOffer:
    """One benefit the shop is willing to give."""

    key: str
    percent: float
    titles: dict[str, str]
    valid_for: timedelta

    def title(self, language: str | None) -> str:
        return self.titles.get(language or "en", self.titles["en"])


CARE_OFFER = CatalogueOffer(
    "thank-you-10", 10, {"en": "10 % off your next order", "zh": "下一单九折优惠"}, timedelta(days=14)
)
RECOVERY_OFFER = CatalogueOffer(
    "make-good-15", 15, {"en": "15 % off your next order", "zh": "下一单八五折优惠"}, timedelta(days=14)
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the shop wants done, and how far. Probabilities are of leaving within the model's horizon.

    `escalate_at` must be reached by two turns in a row, `escalate_at_once` by one. A question asked
    `care_after_asked` times `asked_within` that time, with nothing bought since, brings the care message.
    """

    care_at: float = 0.45
    offer_at: float = 0.60
    escalate_at: float = 0.70
    escalate_at_once: float = 0.90
    care_after_asked: int = 3
    asked_within: timedelta = timedelta(days=7)
    offers: tuple[CatalogueOffer, ...] = field(default=(CARE_OFFER, RECOVERY_OFFER))
    offer_for_offer: str = CARE_OFFER.key
    offer_for_escalation: str = RECOVERY_OFFER.key
    approval_above_percent: float = 20
    one_offer_per: timedelta = timedelta(days=60)
    hold_out_share: float = 0.05
    hold_out_key: bytes = b"stayline-demo"
    profiling_needs_consent: bool = False
    quiet_from_hour: int = 21
    quiet_until_hour: int = 8
    max_faults: int = 8  # of a row that cannot be written
    max_unknown: int = 3  # each may be a copy more in the customer's inbox
    lease: timedelta = timedelta(minutes=2)
    first_retry_after: timedelta = timedelta(seconds=30)
    default_value: float = 100.0
    close_cases_after: timedelta = timedelta(days=14)
    return_within: timedelta = timedelta(days=30)  # of delivery

    def offer(self, key: str) -> CatalogueOffer:
        return next(offer for offer in self.offers if offer.key == key)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long each kind is kept; None: for ever.

    chats     what was said in the widget, with the scores, decisions, cases and offers of it
    scores    scores with their reasons, and the decisions they led to
    events    what the shop fed: events, reviews, chats it brought along
    answers   why a follow-up was sent or not
    sessions  the right of a browser to a chat, and agents' logins, after their end
    audit     who did or tried what
    """

    chats: timedelta | None = timedelta(days=730)
    scores: timedelta | None = timedelta(days=365)
    events: timedelta | None = None
    answers: timedelta | None = timedelta(days=365)
    sessions: timedelta | None = timedelta(days=30)
    audit: timedelta | None = timedelta(days=365)
