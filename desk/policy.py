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
    """What the shop wants done, and how far. Probabilities are of leaving within the model's horizon."""

    care_at: float = 0.45
    offer_at: float = 0.60
    escalate_at: float = 0.70
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
    max_attempts: int = 8
    lease: timedelta = timedelta(minutes=2)
    first_retry_after: timedelta = timedelta(seconds=30)
    default_value: float = 100.0

    def offer(self, key: str) -> CatalogueOffer:
        return next(offer for offer in self.offers if offer.key == key)
