"""UCI Online Retail II, either edition: invoice lines, which become one event per customer and invoice."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl

from desk.ingest.reads import Bad, Budget, Raw, Read, Skipped

NAMES: Mapping[str, tuple[str, ...]] = {
    "invoice": ("Invoice", "InvoiceNo"),
    "quantity": ("Quantity",),
    "time": ("InvoiceDate",),
    "price": ("Price", "UnitPrice"),
    "customer": ("Customer ID", "CustomerID"),
}
TIME_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M", "%Y-%m-%d")
EVENT = ["customer", "invoice"]

Frame = pl.DataFrame | Bad | Skipped


def find_columns(columns: Iterable[str]) -> dict[str, str]:
    """Our word for each column -> the file's name of it, for those it has."""
    present = set(columns)
    found = {ours: next((name for name in names if name in present), None) for ours, names in NAMES.items()}
    return {ours: name for ours, name in found.items() if name is not None}


def missing_columns(columns: Iterable[str]) -> list[str]:
    found = find_columns(columns)
    return [" or ".join(names) for ours, names in NAMES.items() if ours not in found]


def frames_of(reads: Iterator[Read], columns: Iterable[str], budget: Budget) -> Iterator[Frame]:
    """Rows of a CSV as frames of text with `line`; what is bad already passes through."""
    theirs = list(find_columns(columns).values())
    schema = {"line": pl.UInt32, **dict.fromkeys(theirs, pl.String)}
    while batch := list(islice(reads, budget.batch_rows)):
        yield from (read for read in batch if not isinstance(read, Raw))
        rows = [(read.line, *(read.row[name] for name in theirs)) for read in batch if isinstance(read, Raw)]
        yield pl.DataFrame(rows, schema=schema, orient="row")


def read_invoices(frames: Iterable[Frame], columns: Iterable[str]) -> Iterator[Read]:
    """Lines that are bad or without a customer as they come, then the events, in the file's order."""
    names = find_columns(columns)
    sums: list[pl.DataFrame] = []
    for frame in frames:
        if not isinstance(frame, pl.DataFrame):
            yield frame
            continue
        checked = frame.with_columns(_typed(frame, names)).with_columns(reason=_reason(names))
        if nobody := checked["customer"].null_count():
            yield Skipped("no customer", nobody)
        yield from _bad_lines(checked, names)
        sums.append(_sum_lines(checked))
    if sums:
        yield from map(_event, _sum_parts(pl.concat(sums)).iter_rows(named=True))


def _typed(frame: pl.DataFrame, names: Mapping[str, str]) -> list[pl.Expr]:
    return [
        _words(names["customer"]).str.replace(r"^(\d+)\.0$", "${1}").alias("customer"),
        _words(names["invoice"]).alias("invoice"),
        pl.col(names["quantity"]).cast(pl.Float64, strict=False).alias("quantity"),
        pl.col(names["price"]).cast(pl.Float64, strict=False).alias("price"),
        _time(names["time"], frame.schema[names["time"]]).alias("time"),
    ]


def _words(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def _time(name: str, found: pl.DataType) -> pl.Expr:
    """UTC without a zone: the set has none."""
    column = pl.col(name)
    if isinstance(found, pl.Datetime) and found.time_zone:
        return column.dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us"))
    if found.is_temporal():
        return column.cast(pl.Datetime("us"), strict=False)
    text = column.cast(pl.String).str.strip_chars()
    readings = [text.str.to_datetime(pattern, time_unit="us", strict=False) for pattern in TIME_FORMATS]
    return pl.coalesce(readings)


def _reason(names: Mapping[str, str]) -> pl.Expr:
    """Why a customer's line cannot be read, else null."""
    wrong = {
        f"{names['invoice']}: missing": pl.col("invoice").is_null(),
        f"{names['time']}: expected a date and time": pl.col("time").is_null(),
        f"{names['quantity']}: expected a finite number": ~pl.col("quantity").is_finite().fill_null(False),
        f"{names['price']}: expected a finite number": ~pl.col("price").is_finite().fill_null(False),
    }
    reasons = [pl.when(is_wrong).then(pl.lit(reason)) for reason, is_wrong in wrong.items()]
    return pl.when(pl.col("customer").is_not_null()).then(pl.coalesce(reasons))


def _bad_lines(checked: pl.DataFrame, names: Mapping[str, str]) -> Iterator[Bad]:
    bad = checked.filter(pl.col("reason").is_not_null()).select("line", "reason", *names.values())
    for row in bad.iter_rows(named=True):
        yield Bad(row.pop("line"), row.pop("reason"), row)


def _sum_lines(checked: pl.DataFrame) -> pl.DataFrame:
    good = checked.filter(pl.col("customer").is_not_null() & pl.col("reason").is_null())
    return good.group_by(EVENT).agg(
        pl.min("line", "time"),
        pl.len().alias("lines"),
        (pl.col("quantity") * pl.col("price")).sum().alias("value"),
        pl.sum("quantity"),
    )


def _sum_parts(parts: pl.DataFrame) -> pl.DataFrame:
    """An invoice may lie in two frames."""
    sums = parts.group_by(EVENT).agg(pl.min("line", "time"), pl.sum("lines", "value", "quantity"))
    return sums.sort("line")


def _event(row: dict[str, Any]) -> Raw:
    is_return = row["invoice"].startswith("C")
    event = {
        "customer_key": row["customer"],
        "time": row["time"],
        "kind": "return" if is_return else "order",
        "value": abs(row["value"]) if is_return else row["value"],
        "quantity": abs(row["quantity"]) if is_return else row["quantity"],
        "id": row["invoice"],
    }
    return Raw(row["line"], event, lines=row["lines"])
