"""The canonical rows, one pydantic model per kind. Whatever passes them fits the tables."""

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from desk.ingest.moments import check_moment, parse_moment

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL keeps no NUL, UTF-8 no lone surrogate
ROLES = ("customer", "bot", "agent")
YES, NO = {"yes", "true", "1", "y"}, {"no", "false", "0", "n"}
OrderState = Literal["placed", "shipped", "delayed", "delivered", "cancelled", "returned"]
FLOAT_KEY = re.compile(r"(\d+)\.0")


class Kind(StrEnum):
    """What a file or a request holds."""

    customers = "customers"
    events = "events"
    reviews = "reviews"
    messages = "messages"
    orders = "orders"


class RowError(ValueError):
    """A row was refused; the message names each field and what is wrong with it."""


def _words(value: object) -> str | None:
    """Trimmed text, None when there is none. A number is its digits, and a whole float has no `.0`."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"expected text, got {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"expected text, got {value}")
    return UNSTORABLE.sub("\ufffd", str(value)).strip() or None


def _key(value: object) -> str | None:
    """Like `_words`; text that went through a float column (`13085.0`) becomes the key it was."""
    words = _words(value)
    matched = FLOAT_KEY.fullmatch(words) if words else None
    return matched[1] if matched else words


def _required(value: str | None) -> str:
    if value is None:
        raise ValueError("missing")
    return value


def _number(value: object) -> float | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError(f"expected a number, got {type(value).__name__}")
    try:
        number = float(value)
    except ValueError as error:
        raise ValueError(f"expected a number, got {str(value)[:40]!r}") from error
    except OverflowError as error:
        raise ValueError("expected a finite number") from error
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _moment(value: object, info: ValidationInfo) -> datetime | None:
    if value is None or value == "":
        return None
    return check_moment(parse_moment(value), info.context)


def _required_moment(value: object, info: ValidationInfo) -> datetime:
    moment = _moment(value, info)
    if moment is None:
        raise ValueError("missing")
    return moment


def _at_most(length: int) -> AfterValidator:
    def check(value: str | None) -> str | None:
        if value is not None and len(value) > length:
            raise ValueError(f"longer than {length} characters")
        return value

    return AfterValidator(check)


def _lower(value: str) -> str:
    return value.lower()


def _role(value: object) -> str:
    role = _required(_words(value)).lower()
    if role not in ROLES:
        raise ValueError(f"expected customer, bot or agent, got {role[:40]!r}")
    return role


def _state(value: object) -> str:
    state, known = _required(_words(value)).lower(), get_args(OrderState)
    if state not in known:
        raise ValueError(f"expected {', '.join(known[:-1])} or {known[-1]}, got {state[:40]!r}")
    return state


def _total(value: object) -> float:
    total = _number(value)
    if total is None:
        raise ValueError("missing")
    if total < 0:
        raise ValueError(f"expected 0 or more, got {total:g}")
    return total


def _currency(value: object) -> str:
    code = _required(_words(value)).upper()
    if not re.fullmatch("[A-Z]{3}", code):
        raise ValueError(f"expected three letters such as EUR, got {code[:40]!r}")
    return code


def _yes_or_no(value: object) -> bool:
    """Nothing said is a yes."""
    word = "yes" if value is None or value == "" else str(value).strip().lower()
    if word not in YES | NO:
        raise ValueError(f"expected yes or no, got {word[:40]!r}")
    return word in YES


def _later_moment(value: object) -> datetime | None:
    """A moment that may lie ahead."""
    return None if value is None or value == "" else check_moment(parse_moment(value), None)


Words = Annotated[str | None, PlainValidator(_words)]
Key = Annotated[str, PlainValidator(_key), AfterValidator(_required), _at_most(200)]
RowId = Annotated[str | None, PlainValidator(_key), _at_most(200)]
Text = Annotated[str, PlainValidator(_words), AfterValidator(_required)]
EventKind = Annotated[Text, AfterValidator(_lower), _at_most(60)]
Role = Annotated[Literal["customer", "bot", "agent"], PlainValidator(_role)]
Number = Annotated[float | None, PlainValidator(_number)]
Moment = Annotated[datetime, PlainValidator(_required_moment)]


class _Row(BaseModel):
    """Unknown columns are ignored. The validation context is `now` (None: no time is in the future)."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    customer_key: Key


class _Identified(_Row):
    time: Moment
    id: RowId = None

    @property
    def row_key(self) -> str:
        """The row's own id, else a hash of its content: the same content is the same row."""
        if self.id is not None:
            return self.id
        content = [
            value.isoformat() if isinstance(value, datetime) else value for value in vars(self).values()
        ]
        return sha256(json.dumps(content).encode()).hexdigest()[:40]


class CustomerRow(_Row):
    name: Words = None
    joined_at: Annotated[datetime | None, PlainValidator(_moment)] = None
    language: Annotated[Words, _at_most(20)] = None
    time_zone: Annotated[Words, _at_most(60)] = None
    country: Annotated[Words, _at_most(60)] = None
    email: Words = None
    phone: Words = None
    value: Number = None


class EventRow(_Identified):
    kind: EventKind
    value: Number = None
    quantity: Number = None
    item: Words = None


class ReviewRow(_Identified):
    rating: Number = None
    text: Text
    item: Words = None


class MessageRow(_Identified):
    role: Role
    text: Text
    conversation: RowId = None


class OrderRow(_Row):
    """What the bot may tell of an order; `items` in the customer's words. To the risk an order is an event."""

    order_number: Annotated[str, PlainValidator(_key), AfterValidator(_required), _at_most(60)]
    placed_at: Moment
    status: Annotated[OrderState, PlainValidator(_state)]
    items: Text
    total: Annotated[float, PlainValidator(_total)]
    currency: Annotated[str, PlainValidator(_currency)]
    expected_at: Annotated[datetime | None, PlainValidator(_later_moment)] = None
    delivered_at: Annotated[datetime | None, PlainValidator(_moment)] = None
    ship_to: Words = None
    returnable: Annotated[bool, PlainValidator(_yes_or_no)] = True

    @property
    def time(self) -> datetime:
        return self.placed_at


Row = CustomerRow | EventRow | ReviewRow | MessageRow | OrderRow
MODELS: Mapping[Kind, type[Row]] = {
    Kind.customers: CustomerRow,
    Kind.events: EventRow,
    Kind.reviews: ReviewRow,
    Kind.messages: MessageRow,
    Kind.orders: OrderRow,
}


def validate(kind: Kind, row: object, now: datetime | None) -> Row:
    """The row as its kind's model. Raises `RowError`."""
    if not isinstance(row, Mapping):
        raise RowError(f"expected an object with columns, got {type(row).__name__}")
    try:
        return MODELS[kind].model_validate(row, context=now)
    except ValidationError as error:
        raise RowError("; ".join(map(_sentence, error.errors(include_url=False)))) from error


def columns(kind: Kind) -> tuple[str, ...]:
    return tuple(MODELS[kind].model_fields)


def required_columns(kind: Kind) -> tuple[str, ...]:
    return tuple(name for name, field in MODELS[kind].model_fields.items() if field.is_required())


def _sentence(error: ErrorDetails) -> str:
    what = error.get("ctx", {}).get("error", error["msg"])
    return f"{'.'.join(map(str, error['loc']))}: {'missing' if error['type'] == 'missing' else what}"
