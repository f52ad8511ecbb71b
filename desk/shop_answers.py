"""What a shop's back end may answer (docs/shop-api.md): anything else is no answer."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from desk.shop import (
    Account,
    Cause,
    Invoice,
    Order,
    OrderStatus,
    Product,
    Refund,
    RefundStatus,
    Subscription,
)

Number = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=60)]
Text = Annotated[str, StringConstraints(strict=True, max_length=2000)]
Address = Annotated[str, StringConstraints(strict=True, max_length=2000, pattern="^https?://")]
Money = Annotated[float, Field(strict=True, ge=0, le=1e9, allow_inf_nan=False)]
Currency = Annotated[str, StringConstraints(strict=True, pattern="^[A-Z]{3}$")]
YesNo = Annotated[bool, Field(strict=True)]
Stock = Annotated[int, Field(strict=True, ge=0, le=10**9)]


class _Answer(BaseModel):
    """Fields that we do not know are passed over: a back end may tell more later."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class OrderAnswer(_Answer):
    number: Number
    status: OrderStatus
    placed_at: AwareDatetime
    items: Text
    total: Money
    currency: Currency
    expected_at: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    ship_to: Text | None = None
    changeable: YesNo = False
    returnable_until: AwareDatetime | None = None

    def told(self) -> Order:
        return Order(**dict(self))


class RefundAnswer(_Answer):
    order_number: Number
    amount: Money
    currency: Currency
    status: RefundStatus
    requested_at: AwareDatetime
    paid_at: AwareDatetime | None = None

    def told(self) -> Refund:
        return Refund(**dict(self))


class InvoiceAnswer(_Answer):
    number: Number
    order_number: Number
    issued_at: AwareDatetime
    total: Money
    currency: Currency
    url: Address | None = None

    def told(self) -> Invoice:
        return Invoice(**dict(self))


class ProductAnswer(_Answer):
    key: Text
    name: Text
    price: Money
    currency: Currency
    stock: Stock | None = None
    back_at: AwareDatetime | None = None
    about: Text | None = None
    url: Address | None = None

    def told(self) -> Product:
        return Product(**dict(self))


class AccountAnswer(_Answer):
    name: Text | None = None
    email: Text | None = None
    address: Text | None = None
    since: AwareDatetime | None = None

    def told(self) -> Account:
        return Account(**dict(self))


class SubscriptionAnswer(_Answer):
    name: Text
    active: YesNo
    next_at: AwareDatetime | None = None

    def told(self) -> Subscription:
        return Subscription(**dict(self))


class OfCustomer(_Answer):
    """Each answer about a customer says whose it is, so that a mix-up never reaches the wrong person."""

    customer_key: Text


class OneOrder(OfCustomer):
    order: OrderAnswer


class Orders(OfCustomer):
    orders: list[OrderAnswer]


class OneRefund(OfCustomer):
    refund: RefundAnswer


class Refunds(OfCustomer):
    refunds: list[RefundAnswer]


class OneInvoice(OfCustomer):
    invoice: InvoiceAnswer


class OneAccount(OfCustomer):
    account: AccountAnswer


class Subscriptions(OfCustomer):
    subscriptions: list[SubscriptionAnswer]


class Products(_Answer):
    products: list[ProductAnswer]


class Refusal(_Answer):
    """Why a change was refused, with status 409."""

    cause: Cause
