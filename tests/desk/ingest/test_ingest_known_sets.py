import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine

from db import tables
from desk.ingest import Format, Kind, ingest_file
from desk.ingest.errors import MissingColumns

WriteFile = Callable[[str, str | bytes], Path]
Stored = Callable[[Engine, type], list[Any]]

RETAIL = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
489434,85048,BALL,12,2009-12-01 07:46:00,2.5,13085.0,United Kingdom
489434,79323P,"LIGHTS, PINK",2,2009-12-01 07:45:00,5,13085.0,United Kingdom
C489449,22087,BUNTING,-12,2009-12-01 10:33:00,2.95,16321.0,Australia
489435,22350,BOWL,1,2009-12-01 07:46:00,2.55,,United Kingdom
489436,22350,BOWL,many,2009-12-01 07:46:00,2.55,13078.0,United Kingdom
489437,22350,BOWL,1,soon,2.55,13078.0,United Kingdom
489438,22350,BOWL,1,2009-12-01 07:46:00,NaN,13078.0,United Kingdom
"""
OTHER_EDITION = (
    RETAIL.replace("Invoice,", "InvoiceNo,")
    .replace("Price", "UnitPrice")
    .replace("Customer ID", "CustomerID")
)
AMERICAN_TIMES = OTHER_EDITION.replace("2009-12-01 07:45:00", "12/1/2009 7:45")


@pytest.mark.parametrize(
    "content", [RETAIL, OTHER_EDITION, AMERICAN_TIMES, RETAIL.replace("13085.0", "13085")]
)
def test_invoice_lines_become_one_event_per_customer_and_invoice(
    sqlite_engine: Engine, write_file: WriteFile, stored: Stored, now: datetime, content: str
) -> None:
    path = write_file("retail.csv.gz", content)
    summary = ingest_file(sqlite_engine, Kind.events, path, format=Format.online_retail, now=now)
    assert (summary.read, summary.kept, summary.new, summary.rejected) == (7, 3, 2, 3)
    assert summary.skipped_reasons == {"no customer": 1}
    order, returned = sorted(stored(sqlite_engine, tables.Event), key=lambda event: event.time)
    assert (order.kind, order.value, order.quantity, order.row_key) == ("order", 40.0, 14.0, "489434")
    assert order.time == datetime(2009, 12, 1, 7, 45, tzinfo=UTC)
    assert (returned.kind, returned.quantity, returned.row_key) == ("return", 12.0, "C489449")
    assert returned.value == pytest.approx(35.4)
    assert {customer.customer_key for customer in stored(sqlite_engine, tables.Customer)} == {
        "13085",
        "16321",
    }


def test_invoice_lines_that_cannot_be_read_are_named(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime
) -> None:
    path = write_file("retail.csv", RETAIL)
    summary = ingest_file(sqlite_engine, Kind.events, path, format=Format.online_retail, now=now)
    assert summary.rejected_file is not None
    rejected = [json.loads(line) for line in summary.rejected_file.read_text().splitlines()]
    assert [(bad["line"], bad["reason"]) for bad in rejected] == [
        (6, "Quantity: expected a finite number"),
        (7, "InvoiceDate: expected a date and time"),
        (8, "Price: expected a finite number"),
    ]
    assert rejected[0]["row"]["Quantity"] == "many"


def test_an_invoice_in_parquet_may_lie_in_two_frames(
    sqlite_engine: Engine, tmp_path: Path, stored: Stored, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.ingest.formats.FRAME_ROWS", 2)
    lines = {
        "Invoice": ["1", "1", "1", "2"],
        "Quantity": [1, 2, 3, 4],
        "InvoiceDate": [datetime(2010, 1, day) for day in (3, 2, 1, 4)],
        "Price": [1.0, 1.0, 1.0, 0.0],
        "Customer ID": [9.0, 9.0, 9.0, None],
    }
    path = tmp_path / "retail.parquet"
    pl.DataFrame(lines).write_parquet(path)
    summary = ingest_file(sqlite_engine, Kind.events, path, format=Format.online_retail, now=now)
    [event] = stored(sqlite_engine, tables.Event)
    assert (event.value, event.quantity, event.time) == (6.0, 6.0, datetime(2010, 1, 1, tzinfo=UTC))
    assert (summary.read, summary.kept, summary.skipped, summary.new) == (4, 3, 1, 1)


def test_a_retail_file_without_its_columns_says_which(
    sqlite_engine: Engine, write_file: WriteFile, now: datetime
) -> None:
    path = write_file("retail.csv", "Invoice,Quantity\n1,2\n")
    with pytest.raises(
        MissingColumns, match="lacks InvoiceDate, Price or UnitPrice, Customer ID or CustomerID"
    ):
        ingest_file(sqlite_engine, Kind.events, path, format=Format.online_retail, now=now)


def test_amazon_reviews_are_told_by_content_and_join_summary_and_text(
    sqlite_engine: Engine, write_jsonl: Callable[..., Path], stored: Stored, now: datetime
) -> None:
    review = {"reviewerID": "A1", "asin": "B1", "overall": 4.0, "unixReviewTime": 1095465600}
    path = write_jsonl(
        {**review, "summary": "Great", "reviewText": "Very loud."},
        {**review, "summary": "Great", "reviewText": "Very loud."},
        {**review, "asin": "B2", "reviewText": "Only words."},
        {**review, "asin": "B3", "summary": "", "reviewText": " "},
        {"asin": "B4", "overall": 1.0, "reviewText": "Whose?", "unixReviewTime": 1095465600},
        name="reviews.json.gz",
    )
    summary = ingest_file(sqlite_engine, Kind.reviews, path, now=now)
    assert (summary.read, summary.kept, summary.new, summary.rejected) == (5, 3, 2, 1)
    assert summary.skipped_reasons == {"no text": 1}
    first, second = sorted(stored(sqlite_engine, tables.Review), key=lambda review: review.item)
    assert (first.text, first.rating, first.item) == ("Great\nVery loud.", 4.0, "B1")
    assert first.time == datetime(2004, 9, 18, tzinfo=UTC)
    assert second.text == "Only words."
    assert summary.rejected_file is not None
    assert "reviewerID: missing" in summary.rejected_file.read_text()


def test_cdnow_purchases_are_orders_and_the_same_line_twice_is_one(
    sqlite_engine: Engine, write_file: WriteFile, stored: Stored, now: datetime
) -> None:
    lines = " customer_id  date number_of_cds  dollar_value\n 00001 19970101  1   11.77\n"
    path = write_file(
        "cdnow.txt", lines + " 00001 19970101  1   11.77\n 00004 19970132  1 2\n 2 19970101  1   0.00\n 3\n"
    )
    summary = ingest_file(sqlite_engine, Kind.events, path, format=Format.cdnow, now=now)
    assert (summary.read, summary.kept, summary.new, summary.rejected) == (5, 3, 2, 2)
    paid, free = sorted(stored(sqlite_engine, tables.Event), key=lambda event: -event.value)
    assert (paid.kind, paid.value, paid.quantity, free.value) == ("order", 11.77, 1.0, 0.0)
    assert paid.time == datetime(1997, 1, 1, tzinfo=UTC)
    assert [customer.customer_key for customer in stored(sqlite_engine, tables.Customer)] == ["00001", "2"]
