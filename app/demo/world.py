"""The demo shop as data: a simulation whose causes are known, to fill an empty database and to train on.

Nothing here is real. It answers "does the machinery find what is there?", not "does it work in a real shop?".
What causes what (the causal numbers are the fields of `causes.Causes`; what only colours the data, such as
the clicks of a visit, stands where it is used):

    taste ----> orders ----> all well, late, broken, wrong, a return with a slow refund
                                 |                             |
                                 |                         complaint ----> mended or refused
                                 v                                               |
    price sensitivity x      SATISFACTION  <-------------------------------------+
    a cheaper rival  ----->  (drifts back to the customer's own mood)
                                 |
            +--------------------+--------------------+
            v                    v                    v
     tone of texts,       visits fall a little, weekly hazard  <---- habit, an accepted offer,
     stars                looks at rivals       of leaving           silent reasons (no cause
     (some never write,   rise, due orders            |              in the data; some come back)
     the polite soften,   put off, subscriptions          v
     some say something   end                   orders stop,
     else; the unhappy                          visits nearly stop
     also write unasked)

Content customers pause as well (a full cupboard, a journey), and the new are more pleased than they will be, so
behaviour alone cannot tell everything; words show it earlier, though not always.

An offer accepted in the campaign multiplies the hazard by `Causes.offer_factor` for `Causes.offer_weeks`
weeks (`causes.offer_effect`); who was offered one was a coin toss among the customers with two orders then.
Each customer has a generator of their own, so a larger world begins with the same lives. A competitor view
is a visit to the shop's own price-comparison page. Amounts are euros. A customer's `value` is the
shop's guess made at joining, so it gives away nothing that came later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from app.demo.causes import Causes
from app.demo.customers import make_customer
from app.demo.facts import Life, Truth
from app.demo.life import live
from app.demo.people import NAMED, named_lives
from app.demo.products import PRODUCTS
from app.demo.texts import Writer

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class World:
    """The demo shop as canonical rows (design.md, "Canonical columns"), each list sorted by time.

    `customers` carry a `name` besides; `orders` are the shop's own order book. `named` are the keys of the
    three customers written by hand; `effects` holds what was planted for every other one, by customer key.
    """

    customers: list[Row]
    events: list[Row]
    reviews: list[Row]
    messages: list[Row]
    orders: list[Row]
    named: dict[str, str]
    effects: dict[str, Truth]


def simulate(until: datetime, *, customers: int = 2000, months: int = 18, seed: int = 7) -> World:
    """Lives `customers` customers (the three named among them) through the `months` before `until`.

    The same arguments give the same world. All times are UTC; only the `expected_at` of an order may be after
    `until`. Raises ValueError for an `until` without a time zone, under 3 customers or under 6 months.
    """
    _check(until, customers, months)
    until = until.astimezone(UTC)
    days = round(months * 30.44)
    lives = [_one_life(until, days, seed, number) for number in range(1, customers - 2)]
    lives += named_lives(until, days - 1)
    _number_orders(lives, seed)
    return _as_rows(lives, seed)


def _check(until: datetime, customers: int, months: int) -> None:
    if until.tzinfo is None:
        raise ValueError(f"The end of the demo world must carry a time zone, but {until} has none; add UTC.")
    if customers < 3 or months < 6:
        raise ValueError(
            f"The demo world needs 3 customers and 6 months or more, not {customers} and {months}."
        )


def _one_life(until: datetime, days: int, seed: int, number: int) -> Life:
    rng = np.random.default_rng([seed, number])
    start = until - timedelta(days=days)
    causes = Causes()
    customer, taste = make_customer(rng, causes, number, start, days, len(PRODUCTS))
    return live(rng, causes, customer, taste, until)


def _number_orders(lives: list[Life], seed: int) -> None:
    """Numbers rise with time, with gaps, as a shop's do."""
    steps = np.random.default_rng([seed, 0, 1])
    number = 100_000
    placed = (
        (order.placed_at, life.customer.key, n, order)
        for life in lives
        for n, order in enumerate(life.orders)
    )
    for *_, order in sorted(placed, key=lambda entry: entry[:3]):
        number += int(steps.integers(1, 4))
        order.number = f"SL-{number}"


def _as_rows(lives: list[Life], seed: int) -> World:
    reviews, messages = [], []
    for n, life in enumerate(lives):
        for review, said in _words(life, Writer(np.random.default_rng([seed, n, 2]), life.customer.language)):
            reviews += review
            messages += said
    return World(
        customers=sorted((life.customer.row() for life in lives), key=_joined),
        events=_numbered(_by_time([row for life in lives for row in _event_rows(life)]), "e"),
        reviews=_numbered(_by_time(reviews), "r"),
        messages=_numbered(_by_time(messages), "m"),
        orders=sorted(
            (row for life in lives for row in _order_rows(life)), key=lambda row: str(row["order_number"])
        ),
        named=dict(NAMED),
        effects={life.customer.key: life.truth for life in lives if life.truth},
    )


def _words(life: Life, writer: Writer) -> Iterator[tuple[list[Row], list[Row]]]:
    """For each speech its review rows and its message rows."""
    key = life.customer.key
    for n, speech in enumerate(sorted(life.speeches, key=lambda speech: speech.time)):
        if speech.use == "review":
            text = writer.review(speech)
            yield [
                {"customer_key": key, "time": speech.time, "rating": speech.rating, "text": text,
                 "item": speech.product.sku}
            ], []  # fmt: skip
        else:
            yield (
                [],
                [
                    {
                        "customer_key": key,
                        "time": time,
                        "role": role,
                        "text": text,
                        "conversation": f"{key}-c{n}",
                    }
                    for time, role, text in writer.chat(speech)
                ],
            )


def _event_rows(life: Life) -> Iterator[Row]:
    for deed in life.deeds:
        row: Row = {
            "customer_key": life.customer.key, "time": deed.time, "kind": deed.kind, "value": deed.value,
            "quantity": deed.quantity, "item": deed.item,
        }  # fmt: skip
        if deed.order and deed.kind == "order":
            row["id"] = deed.order.number
        yield row


def _order_rows(life: Life) -> Iterator[Row]:
    for order in life.orders:
        yield {
            "customer_key": life.customer.key, "order_number": order.number, "placed_at": order.placed_at,
            "status": order.status, "expected_at": order.expected_at, "delivered_at": order.delivered_at,
            "total": order.total, "items": order.items(life.customer.language),
        }  # fmt: skip


def _joined(row: Row) -> tuple[str, str]:
    return str(row["joined_at"]), str(row["customer_key"])


def _by_time(rows: list[Row]) -> list[Row]:
    """Sorted by time; rows of one moment keep their order, which is by customer."""
    return sorted(rows, key=lambda row: row["time"].timestamp())  # type: ignore[attr-defined]  # always a datetime


def _numbered(rows: list[Row], letter: str) -> list[Row]:
    """Gives an `id` to every row that has none."""
    for n, row in enumerate(rows, start=1):
        row.setdefault("id", f"demo-{letter}{n:06d}")
    return rows
