"""One number in many spellings."""

import pytest

from db import tables
from db.session import unit_of_work
from desk.phone_numbers import customers_of, e164


@pytest.mark.parametrize(
    ("spelled", "country", "number"),
    [
        ("+49 (151) 234-56789", None, "+4915123456789"),
        ("0151 23456789", "de", "+4915123456789"),
        ("0049 151/23456789", "DE", "+4915123456789"),
        ("138 1234 5678", "CN", "+8613812345678"),
        ("+86 138 1234 5678", "DE", "+8613812345678"),
        ("0151 23456789", None, None),
        ("call me", "DE", None),
        ("+4", "DE", None),
        ("", None, None),
        (None, "DE", None),
    ],
)
def test_every_spelling_of_a_number_is_one_number(spelled, country, number):
    assert e164(spelled, country) == number


def test_a_number_finds_everyone_who_has_it_and_nobody_who_has_a_similar_one(engine):
    people = {
        "plain": ("+4915123456789", None),
        "spelled": ("(0151) 234-56789", "DE"),
        "elsewhere": ("(0151) 234-56789", "AT"),
        "other": ("+4915123456780", None),
        "longer": ("+49151234567891", None),
        "none": (None, "DE"),
    }
    with unit_of_work(engine) as session:
        for key, (phone, country) in people.items():
            session.add(tables.Customer(customer_key=key, phone=phone, country=country))
            session.flush()
        found = customers_of(session, "+4915123456789")
    assert [customer.customer_key for customer in found] == ["plain", "spelled"]
