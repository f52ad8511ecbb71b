"""What the shop answers from: the part of `db.tables` that holds orders and what goes with them.

Use them as `tables.Order`, like every other.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from db.columns import json_column, moment, new_key, of_customer, of_order


class Order(SQLModel, table=True):
    """What the bot may tell a customer about one order, the items in the customer's language. `returnable` False:
    it is never taken back, such as something made to measure.
    """

    __tablename__ = "customer_order"  # ORDER is a word of SQL
    order_number: str = Field(primary_key=True, max_length=60)
    customer_id: int = of_customer()
    placed_at: datetime = moment()
    status: str = Field(max_length=20)
    expected_at: datetime | None = moment(nullable=True)
    delivered_at: datetime | None = moment(nullable=True)
    total: float
    currency: str = Field(default="EUR", max_length=3)  # ISO 4217
    items: str
    ship_to: str | None = None
    returnable: bool = True


class Refund(SQLModel, table=True):
    """Money on its way back for one order; `reason` is the customer's own."""

    order_number: str = of_order()
    customer_id: int = of_customer()
    amount: float
    currency: str = Field(max_length=3)
    status: str = Field(max_length=20)
    reason: str | None = None
    requested_at: datetime = moment()
    paid_at: datetime | None = moment(nullable=True)


class Invoice(SQLModel, table=True):
    """The one invoice of an order, and where the shop shows it."""

    order_number: str = of_order()
    customer_id: int = of_customer()
    number: str = Field(unique=True, max_length=60)
    issued_at: datetime = moment()
    total: float
    currency: str = Field(max_length=3)
    url: str | None = None


class Subscription(SQLModel, table=True):
    """A standing order, such as tea each month; without `next_at` it is paused or has ended."""

    id: int = new_key()
    customer_id: int = of_customer()
    name: str
    active: bool = True
    next_at: datetime | None = moment(nullable=True)


class Product(SQLModel, table=True):
    """What the shop sells. `names` and `about` go by language; `also` is what else customers call it."""

    key: str = Field(primary_key=True, max_length=60)
    names: dict[str, str] = json_column()
    also: list[str] = json_column()
    about: dict[str, str] = json_column()
    price: float
    currency: str = Field(max_length=3)
    stock: int | None = None
    back_at: datetime | None = moment(nullable=True)
    url: str | None = None
