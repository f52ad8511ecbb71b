"""The only module that reads the environment.

Every setting is a variable `STAYLINE_...` or a line of an `.env` file. In `demo` a secret that is not set is
derived from a random seed kept in the data folder; `production` refuses to start without secrets of its own.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from desk.policy import Policy

SHORTEST_SECRET = 32
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
    mail_from: str = "care@leafandkettle.example"
    profiling_basis: ProfilingBasis = ProfilingBasis.LEGITIMATE_INTEREST
    hold_out_share: float = Field(default=0.05, ge=0, lt=1)
    rules: Path | None = Field(
        default=None, description="the shop's own rules of follow-ups; else desk/rules.toml"
    )
    worker_tick_seconds: float = Field(default=2.0, gt=0)
    lease_seconds: float = Field(default=120, gt=0, description="longer than any channel's deadline")
    fault_point: str = Field(
        default="", description="where a process kills itself; for tests and drills only"
    )
    identity_secret: SecretStr = SecretStr("")
    action_secret: SecretStr = SecretStr("")
    bot_secret: SecretStr = SecretStr("")
    link_secret: SecretStr = SecretStr("")
    hold_out_key: SecretStr = SecretStr("")
    ingest_key: SecretStr = SecretStr("")
    tracker_url: str = Field(
        default="", description="SQLAlchemy 1.4 URL of Rasa's tracker store; empty: beside the data"
    )

    @field_validator("home", "model_dir")
    @classmethod
    def _from_here(cls, path: Path | None) -> Path | None:
        """Absolute from the start: a process may change its folder later, as the bot does."""
        return path.resolve() if path else path

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
            if self.fault_point:
                raise ValueError(
                    f"production refuses STAYLINE_FAULT_POINT={self.fault_point}; it kills a worker. Unset it"
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
        shops = (host.strip().lower() for host in self.shop_hosts.split(","))
        return frozenset({urlsplit(self.web_url).netloc.lower(), *filter(None, shops)})

    @property
    def smtp(self) -> str:
        return self.smtp_url or f"smtp://127.0.0.1:{self.smtp_port}"

    @property
    def policy(self) -> Policy:
        return Policy(
            hold_out_share=self.hold_out_share,
            hold_out_key=(self.hold_out_key.get_secret_value() or DEMO_HOLD_OUT_KEY).encode(),
            profiling_needs_consent=self.profiling_basis is ProfilingBasis.CONSENT,
            lease=timedelta(seconds=self.lease_seconds),
        )

    @cached_property
    def _demo_seed(self) -> bytes:
        """Made once, readable by the owner only."""
        path = self.data_folder / "demo-seed"
        if not path.exists():
            self.data_folder.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(32))
            try:
                path.hardlink_to(fresh)
            except FileExistsError:
                pass  # another process was first; its seed counts
            finally:
                fresh.unlink()
        return path.read_bytes()


SECRETS = ("identity_secret", "action_secret", "bot_secret", "link_secret", "hold_out_key", "ingest_key")
