"""Columns that behave the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, ForeignKey, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class NaiveTimeError(ValueError):
    """A time without a zone was about to be stored."""

    def __init__(self, value: datetime) -> None:
        super().__init__(
            f"expected a time with a zone, got {value.isoformat()}; attach UTC before storing it"
        )


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: refused when naive, stored as UTC, returned as UTC (SQLite itself keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTimeError(value)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def moment(*, nullable: bool = False, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UTCDateTime(), nullable=nullable, index=index))


def new_key() -> Any:
    """A number the database gives: there from the first flush on."""
    return Field(default=None, primary_key=True)


def of_customer(*, nullable: bool = False) -> Any:
    """A reference that goes when the customer goes."""
    reference = ForeignKey("customer.id", ondelete="CASCADE")
    return Field(default=None, sa_column=Column(Integer, reference, nullable=nullable, index=True))


def of_conversation() -> Any:
    """A reference that goes when the conversation goes."""
    return Field(foreign_key="conversation.id", ondelete="CASCADE", index=True)


def of_order() -> Any:
    """The key of what an order has one of; it goes when the order goes."""
    return Field(
        primary_key=True, foreign_key="customer_order.order_number", ondelete="CASCADE", max_length=60
    )


def json_column() -> Any:
    return Field(default=None, sa_column=Column(JSON, nullable=True))
