"""The only module that reads the environment.

Every setting is a variable `STAYLINE_...` or a line of an `.env` file. In `demo` a secret that is not set is
derived from a random seed kept in the data folder; `production` refuses to start without secrets of its own.
"""

import hashlib
import hmac
import re
from dataclasses import fields
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.demo_seed import seed_in
from desk.local_time import zone_named
from desk.policy import Keep, Policy
from risk_model.precision import Precision

LONGEST_SEND_SECONDS = 30
SHORTEST_SECRET = 32
ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
ANY_ORIGIN = "*"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEMO_HOLD_OUT_KEY = (
    "stayline-demo"  # fixed, so that the three named demo customers are never in the demo's hold-out
)


class Environment(StrEnum):
    DEMO = "demo"
    PRODUCTION = "production"


class ProfilingBasis(StrEnum):
    LEGITIMATE_INTEREST = "legitimate_interest"
    CONSENT = "consent"


class Settings(BaseSettings):
    """Where things are, and what is secret. Frozen: read once at the start of a process and passed on."""

    model_config = SettingsConfigDict(env_prefix="STAYLINE_", env_file=".env", extra="ignore", frozen=True)

    env: Environment = Environment.DEMO
    home: Path = Field(default=Path(".stayline"), validate_default=True, description="data folder")
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty: a SQLite file in the data folder"
    )
    model_dir: Path | None = None
    encoder: str = Field(default="e5-small", description="e5-small, minilm or a sentence-transformers name")
    encoder_precision: Precision | None = Field(default=None, description="fp32, bf16 or int8")
    web_host: str = "127.0.0.1"
    web_port: int = 8000
    bot_port: int = 5005
    actions_port: int = 5055
    public_url: str = ""
    shop_name: str = "Leaf & Kettle"
    smtp_url: str = Field(
        default="", description="smtp://[user:password@]host:port; empty in demo: kept in a folder"
    )
    smtp_port: int = Field(default=8025, description="where the demo's own mail server listens")
    sms_url: str = Field(
        default="", description="apprise URL with {phone} where the number goes; empty: no SMS is sent"
    )
    fakes_port: int = Field(default=8026, description="where the demo shows the mails and SMS it kept")
    shop_hosts: str = Field(
        default="", description="hosts of the shop that links in mails may lead to, with commas between"
    )
    shop_origins: str = Field(
        default="",
        description="origins of the shop's pages that may show the widget, with commas between; empty: ours alone",
    )
    trusted_proxies: int = Field(
        default=0, ge=0, description="how many proxies in front of the web process may say whom they pass on"
    )
    metrics_secret: SecretStr = Field(
        default=SecretStr(""), description="bearer secret of /metrics; empty: only this machine may read it"
    )
    mail_from: str = "care@leafandkettle.example"
    profiling_basis: ProfilingBasis = ProfilingBasis.LEGITIMATE_INTEREST
    care_at: float = Field(default=0.45, ge=0, le=1, description="risk from which the care message comes")
    offer_at: float = Field(default=0.60, ge=0, le=1, description="risk from which an offer comes with it")
    escalate_at: float = Field(
        default=0.70, ge=0, le=1, description="risk that asks for a human, where two turns in a row reach it"
    )
    escalate_at_once: float = Field(
        default=0.90, ge=0, le=1, description="risk that asks for a human, where one turn reaches it"
    )
    care_after_asked: int = Field(
        default=3,
        ge=2,
        description="how often the same question brings the care message, with nothing bought",
    )
    hold_out_share: float = Field(default=0.05, ge=0, lt=1)
    rules: Path | None = Field(
        default=None, description="the shop's own rules of follow-ups; else desk/rules.toml"
    )
    shop_facts: Path | None = Field(
        default=None,
        description="what the shop answers on delivery, payment and the like; else desk/shop_facts.toml",
    )
    worker_tick_seconds: float = Field(default=2.0, gt=0)
    lease_seconds: float = Field(default=120, gt=0, description="longer than any channel's deadline")
    shop_time_zone: str = Field(
        default="UTC", description="IANA name of the zone by which the shop's night begins"
    )
    night_hour: int = Field(default=3, ge=0, le=23, description="when the work of the night begins there")
    canned_replies: Path | None = Field(
        default=None, description="the shop's own canned replies; else desk/canned_replies.toml"
    )
    undo_send_seconds: float = Field(
        default=5, ge=0, le=60, description="how long an agent may take an answer back before it goes"
    )
    first_answer_minutes: int = Field(
        default=15, ge=1, description="within which a person should answer a case; the console shows breaches"
    )
    resolution_minutes: int = Field(
        default=1440, ge=1, description="within which a case should be resolved; the console shows breaches"
    )
    close_cases_after_days: int = Field(
        default=14, ge=1, description="of silence, when no agent answered; the case says so"
    )
    shop_api_url: str = Field(
        default="",
        description="https address of the shop's own back end (docs/shop-api.md); empty: our own tables",
    )
    shop_api_secret: SecretStr = Field(
        default=SecretStr(""), description="bearer secret that the shop's back end knows us by"
    )
    return_within_days: int = Field(
        default=30, ge=0, description="of delivery, in which an order may be sent back"
    )
    keep_chats_days: int = Field(default=730, ge=0, description="chats in the widget; 0 keeps them for ever")
    keep_scores_days: int = Field(
        default=365, ge=0, description="scores, reasons, and decisions once measured"
    )
    keep_events_days: int = Field(default=0, ge=0, description="events, reviews and chats that the shop fed")
    keep_answers_days: int = Field(default=365, ge=0, description="why follow-ups were sent or not")
    keep_sessions_days: int = Field(
        default=30, ge=0, description="sessions of chats and agents, after their end"
    )
    keep_audit_days: int = Field(default=365, ge=0, description="who did or tried what")
    fault_point: str = Field(
        default="", description="where a process kills itself; for tests and drills only"
    )
    identity_secret: SecretStr = SecretStr("")
    action_secret: SecretStr = SecretStr("")
    bot_secret: SecretStr = SecretStr("")
    link_secret: SecretStr = SecretStr("")
    hold_out_key: SecretStr = SecretStr("")
    ingest_key: SecretStr = SecretStr("")
    sms_hook_token: SecretStr = Field(
        default=SecretStr(""), description="secret in the address where SMS come in; empty: none are taken"
    )
    tracker_url: str = Field(
        default="", description="SQLAlchemy 1.4 URL of Rasa's tracker store; empty: beside the data"
    )

    @field_validator("home", "model_dir")
    @classmethod
    def _from_here(cls, path: Path | None) -> Path | None:
        """Absolute from the start: a process may change its folder later, as the bot does."""
        return path.resolve() if path else path

    @field_validator("shop_time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if zone_named(name) is None:
            raise ValueError(f"expected an IANA time zone such as Europe/Berlin, got {name!r}")
        return name

    @field_validator("shop_origins")
    @classmethod
    def _are_origins(cls, told: str) -> str:
        for origin in _listed(told):
            if origin != ANY_ORIGIN and not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"STAYLINE_SHOP_ORIGINS: expected origins such as https://www.shop.example with commas between, "
                    f"got {origin!r}"
                )
        return told

    @field_validator("shop_api_url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        """What customers ordered goes there: encrypted, or to this machine alone."""
        parts = urlsplit(url)
        parts.port  # noqa: B018  (one that is no number raises here)
        local = parts.scheme == "http" and parts.hostname in LOOPBACK
        if url and not (parts.hostname and (parts.scheme == "https" or local) and url == _bare(parts)):
            raise ValueError(
                "STAYLINE_SHOP_API_URL: expected https://HOST[:PORT][/PATH], or http:// with 127.0.0.1 or localhost, "
                f"and neither a user name nor a query in it, got {_bare(parts)!r}"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _thresholds_rise(self) -> "Settings":
        found = [(name, getattr(self, name)) for name in THRESHOLDS]
        if any(higher < lower for (_, lower), (_, higher) in pairwise(found)):
            wanted = " <= ".join(f"STAYLINE_{name.upper()}" for name in THRESHOLDS)
            raise ValueError(f"expected {wanted}, got {', '.join(f'{value:g}' for _, value in found)}")
        return self

    @model_validator(mode="after")
    def _secrets_fit_the_environment(self) -> "Settings":
        if self.env is Environment.PRODUCTION:
            weak = [name for name in SECRETS if len(getattr(self, name).get_secret_value()) < SHORTEST_SECRET]
            if weak:
                names = ", ".join(f"STAYLINE_{name.upper()}" for name in weak)
                raise ValueError(
                    f"production needs secrets of at least {SHORTEST_SECRET} characters; "
                    f"missing or too short: {names}. "
                    "Make each with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
                )
            if 0 < len(self.sms_hook_token.get_secret_value()) < SHORTEST_SECRET:
                raise ValueError(
                    f"STAYLINE_SMS_HOOK_TOKEN: expected at least {SHORTEST_SECRET} characters, or none to take no SMS"
                )
            if self.shop_api_url and len(self.shop_api_secret.get_secret_value()) < SHORTEST_SECRET:
                raise ValueError(
                    f"STAYLINE_SHOP_API_SECRET: expected at least {SHORTEST_SECRET} characters, "
                    "as STAYLINE_SHOP_API_URL is set"
                )
            if self.fault_point:
                raise ValueError(
                    f"production refuses STAYLINE_FAULT_POINT={self.fault_point}; it kills a worker. Unset it"
                )
            if self.lease_seconds <= LONGEST_SEND_SECONDS:
                raise ValueError(
                    f"STAYLINE_LEASE_SECONDS: expected more than {LONGEST_SEND_SECONDS}, the longest that sending one "
                    f"message may take, got {self.lease_seconds:g}"
                )
            if ANY_ORIGIN in self.framing_origins:
                raise ValueError(
                    "production refuses STAYLINE_SHOP_ORIGINS=*: any site could put the chat in a frame of its own. "
                    "Name the shop's origins, such as https://www.shop.example"
                )
            if not self.smtp_url:
                raise ValueError(
                    "production needs STAYLINE_SMTP_URL, such as smtps://user:password@mail.shop.example:465"
                )
        return self

    def secret(self, name: str) -> str:
        """The secret of this name: as set, or in demo derived from the data folder's own seed."""
        return getattr(self, name).get_secret_value() or self.demo_secret(name)

    def demo_secret(self, name: str) -> str:
        """64 hex digits, the same at every start of this data folder and different in every other."""
        return hmac.new(self._demo_seed, name.encode(), hashlib.sha256).hexdigest()

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_folder / 'stayline.db'}"

    @property
    def tracker(self) -> str:
        """Rasa's own database URL: the same server as ours, a file of its own on SQLite."""
        if self.tracker_url:
            return self.tracker_url
        if self.database.startswith("sqlite"):
            return f"sqlite:///{self.data_folder / 'rasa.db'}"
        return self.database.replace("postgresql+psycopg://", "postgresql://")

    @property
    def data_folder(self) -> Path:
        return self.home

    @property
    def models(self) -> Path:
        return self.model_dir or self.data_folder / "model"

    @property
    def encoder_folder(self) -> Path:
        return self.data_folder / "encoder"

    @property
    def bot_folder(self) -> Path:
        return self.data_folder / "bot"

    @property
    def mail_folder(self) -> Path:
        return self.data_folder / "mail"

    @property
    def web_url(self) -> str:
        return self.public_url or f"http://{self.web_host}:{self.web_port}"

    @property
    def click_hosts(self) -> frozenset[str]:
        """Where a link in a mail may lead: our own public host (with its port) and the shop's."""
        return frozenset({urlsplit(self.web_url).netloc.lower(), *_listed(self.shop_hosts)})

    @property
    def framing_origins(self) -> tuple[str, ...]:
        """Whose pages, beside our own, may show the widget."""
        return tuple(dict.fromkeys(_listed(self.shop_origins)))

    @property
    def smtp(self) -> str:
        return self.smtp_url or f"smtp://127.0.0.1:{self.smtp_port}"

    @property
    def policy(self) -> Policy:
        return Policy(
            **{name: getattr(self, name) for name in THRESHOLDS},
            care_after_asked=self.care_after_asked,
            hold_out_share=self.hold_out_share,
            hold_out_key=(self.hold_out_key.get_secret_value() or DEMO_HOLD_OUT_KEY).encode(),
            profiling_needs_consent=self.profiling_basis is ProfilingBasis.CONSENT,
            lease=timedelta(seconds=self.lease_seconds),
            close_cases_after=timedelta(days=self.close_cases_after_days),
            return_within=timedelta(days=self.return_within_days),
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.shop_time_zone)

    @property
    def keep(self) -> Keep:
        days = {field.name: getattr(self, f"keep_{field.name}_days") for field in fields(Keep)}
        return Keep(**{kind: timedelta(days=number) if number else None for kind, number in days.items()})

    @cached_property
    def _demo_seed(self) -> bytes:
        return seed_in(self.data_folder)


def _bare(url: SplitResult) -> str:
    """Scheme, host, port and path: nothing in it is secret."""
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def _listed(names: str) -> list[str]:
    """Lower-case names of a list with commas; an origin's closing slash says nothing."""
    return [name for part in names.split(",") if (name := part.strip().lower().rstrip("/"))]


THRESHOLDS = ("care_at", "offer_at", "escalate_at", "escalate_at_once")
SECRETS = ("identity_secret", "action_secret", "bot_secret", "link_secret", "hold_out_key", "ingest_key")
