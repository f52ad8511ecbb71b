"""The rules that plan follow-ups, as data that a shop can read and change: `rules.toml` beside this file, or its own.

Words of the file are checked here, once at the start; what comes out is frozen.
"""

import re
import tomllib
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from desk.errors import DeskError
from desk.local_time import next_at

SHIPPED = Path(__file__).parent / "rules.toml"
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=3650)


class RulesMistake(DeskError):
    """A rules file that cannot be followed; the sentence names the file, the rule, what was expected and what came."""


class When(StrEnum):
    """What sets a rule off."""

    DECISION = "decision"
    ESCALATION_RESOLVED = "escalation_resolved"
    OFFER_EXPIRING = "offer_expiring"
    QUIET = "quiet"
    RECOVERED = "recovered"


class Stop(StrEnum):
    """What makes a planned follow-up pointless."""

    ORDER = "order"
    ACTIVITY = "activity"
    OFFER_CLOSED = "offer_closed"


OPTIONS = {
    When.DECISION: {"decisions", "risk"},
    When.ESCALATION_RESOLVED: {"verdicts"},
    When.OFFER_EXPIRING: {"before"},
    When.QUIET: {"days"},
    When.RECOVERED: {"within"},
}
NEEDED = {When.OFFER_EXPIRING: "before", When.QUIET: "days", When.RECOVERED: "within"}


def _duration(value: object) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,5})([mhdw])", value) if isinstance(value, str) else None
    if found is None or (duration := timedelta(**{UNITS[found[2]]: int(found[1])})) > LONGEST:
        raise ValueError('expected a duration such as "6h" or "5d", at most ten years')
    return duration


def _local_time(value: object) -> time:
    if not (isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value)):
        raise ValueError('expected a local time such as "09:00"')
    return time.fromisoformat(value)


def _at_most(value: object) -> timedelta | None:
    """How long one must be the only one; None is once per conversation."""
    if value == "once per conversation":
        return None
    if isinstance(value, str) and value.startswith("once in "):
        return _duration(value.removeprefix("once in "))
    raise ValueError('expected "once per conversation" or such as "once in 90d"')


Duration = Annotated[timedelta, BeforeValidator(_duration)]
LocalTime = Annotated[time, BeforeValidator(_local_time)]
AtMost = Annotated[timedelta | None, BeforeValidator(_at_most)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
Probability = Annotated[float, Field(ge=0, le=1)]


class _Table(BaseModel):
    """A table of the file: a word that we do not know is a mistake, not a comment."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Table):
    """How many messages a customer gets at most, over all rules and channels."""

    messages: int = Field(default=3, ge=1)
    period: Duration = Field(default=timedelta(days=14), alias="in")


class Rule(_Table):
    """One rule. The meaning of each word stands in `rules.toml`."""

    name: Name
    when: When
    decisions: frozenset[Literal["nothing", "care", "offer", "escalate"]] | None = None
    risk: tuple[Probability, Probability] | None = None
    verdicts: frozenset[Literal["not_at_risk", "saved", "left"]] | None = None
    before: Duration | None = None
    days: int | None = Field(default=None, ge=1, le=3650)
    within: Duration | None = None
    wait: Duration | None = None
    at: LocalTime | None = None
    template: Name
    channel: Literal["email", "in_chat", "sms", "phone"]
    at_most: AtMost
    valid_for: Duration
    cancelled_by: frozenset[Stop] = frozenset()
    replaces: frozenset[Name] = frozenset()

    @model_validator(mode="after")
    def _words_go_together(self) -> "Rule":
        for option in set().union(*OPTIONS.values()) - OPTIONS[self.when]:
            if getattr(self, option) is not None:
                raise ValueError(f'"{option}" does not go with when = "{self.when}"')
        if (needed := NEEDED.get(self.when)) and getattr(self, needed) is None:
            raise ValueError(f'when = "{self.when}" needs "{needed}"')
        if self.wait is None and self.at is None:
            raise ValueError('expected "wait", "at" or both')
        if self.when is When.QUIET and self.at_most is None:
            raise ValueError('a quiet customer is in no conversation: expected at_most such as "once in 90d"')
        if self.risk is not None and self.risk[0] > self.risk[1]:
            raise ValueError("risk: expected the lower end first, such as [0.7, 1.0]")
        return self

    def due_at(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """When a follow-up is due that something at this moment set off, for a customer in this zone."""
        waited = moment + (self.wait or timedelta())
        return waited if self.at is None else next_at(waited, self.at, zone)

    def follows_decision(self, kind: str, probability: float | None) -> bool:
        if self.when is not When.DECISION or (self.decisions is not None and kind not in self.decisions):
            return False
        if self.risk is None:
            return True
        return probability is not None and self.risk[0] <= probability <= self.risk[1]

    def follows_verdict(self, verdict: str) -> bool:
        return self.when is When.ESCALATION_RESOLVED and (self.verdicts is None or verdict in self.verdicts)


class Rules(_Table):
    """All rules of a shop, in the order of its file, and the limits over them."""

    limits: Limits = Limits()
    rules: tuple[Rule, ...] = Field(default=(), alias="rule")

    @model_validator(mode="after")
    def _names_fit(self) -> "Rules":
        names = [rule.name for rule in self.rules]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'two rules are named "{name}"; expected a name of its own for each')
        for rule in self.rules:
            if unknown := rule.replaces - set(names):
                raise ValueError(
                    f'rule "{rule.name}" replaces "{min(unknown)}", which is no rule of this file'
                )
        return self

    def named(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def after_decision(self, kind: str, probability: float | None) -> list[Rule]:
        return [rule for rule in self.rules if rule.follows_decision(kind, probability)]

    def after_verdict(self, verdict: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.follows_verdict(verdict)]

    def by_clock(self, when: When) -> list[Rule]:
        return [rule for rule in self.rules if rule.when is when]


@cache
def load_rules(path: Path | None = None) -> Rules:
    """The rules of this file, or those we ship; read once in a process. Raises `RulesMistake`."""
    file = path or SHIPPED
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RulesMistake(
            f"{file}: expected a rules file in UTF-8, but it cannot be read ({error})"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise RulesMistake(f"{file}: expected TOML, got something else: {error}") from error
    try:
        return Rules.model_validate(content)
    except ValidationError as error:
        raise RulesMistake(f"{file}: {_sentence(error, content)}") from error


def _sentence(error: ValidationError, content: dict[str, Any]) -> str:
    """The first mistake in words: where it stands, what was expected, what came."""
    first = error.errors()[0]
    expected = first["msg"].removeprefix("Value error, ")
    value = first["input"]
    came = f", got {value!r}" if first["type"] != "missing" and not isinstance(value, dict) else ""
    match first["loc"]:
        case ("rule", int(number), *words):
            place = f"{_rule(content, number)}{f', {words[0]}' if words else ''}: "
        case ("limits", *words):
            place = f"limits{f', {words[0]}' if words else ''}: "
        case (*words,):
            place = f"{words[0]}: " if words else ""
    return f"{place}{expected[0].lower()}{expected[1:]}{came}"


def _rule(content: dict[str, Any], number: int) -> str:
    found = content["rule"][number]
    name = found.get("name") if isinstance(found, dict) else None
    return f'rule "{name}"' if isinstance(name, str) else f"rule {number + 1}"
