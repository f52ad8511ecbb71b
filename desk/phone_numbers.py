"""Phone numbers as E.164, and whose they are. Shops keep numbers in many spellings; a message comes from one."""

import phonenumbers
from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from db import tables

SPELLED_WITH = " ()./-"  # what people put between the digits
TAIL = 6  # digits at the end that every spelling of one number has in common


def e164(number: str | None, country: str | None = None) -> str | None:
    """`+4915112345678` for any spelling of a number that can exist, None for what is none.

    A number without its country's code is read as one of `country` (ISO 3166, two letters).
    """
    try:
        parsed = phonenumbers.parse(number or "", (country or "").upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def customers_of(session: Session, number: str) -> list[tables.Customer]:
    """Everyone who has this E.164 number, in the order in which we met them. Reads all customers' numbers once."""
    query = select(tables.Customer).where(_digits(col(tables.Customer.phone)).endswith(number[-TAIL:]))
    alike = session.exec(query.order_by(col(tables.Customer.id))).all()
    return [customer for customer in alike if e164(customer.phone, customer.country) == number]


def _digits(phone: Mapped[str | None]) -> ColumnElement[str]:
    bare: ColumnElement[str] = func.coalesce(phone, "")
    for character in SPELLED_WITH:
        bare = func.replace(bare, character, "")
    return bare
