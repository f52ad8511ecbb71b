"""The public CDNOW purchase log: customer, yyyymmdd, number of CDs, dollars, between spaces."""

from collections.abc import Iterator
from datetime import UTC, datetime

from desk.ingest.reads import Bad, Raw, Read
from desk.ingest.text_tables import Lines, read_spaced

COLUMNS = ("customer", "date", "number", "dollars")


def read_purchases(lines: Lines) -> Iterator[Read]:
    """Canonical events of kind order, one a line; the same line twice is one purchase."""
    for read in read_spaced(lines, COLUMNS):
        yield _purchase(read) if isinstance(read, Raw) else read


def _purchase(raw: Raw) -> Raw | Bad:
    row, date = raw.row, str(raw.row["date"])
    try:
        time = datetime(int(date[:4]), int(date[4:6]), int(date[6:]), tzinfo=UTC)
    except ValueError:
        return Bad(raw.line, f"date: expected yyyymmdd, got {date[:40]!r}", dict(row))
    event = {
        "customer_key": row["customer"],
        "time": time,
        "kind": "order",
        "value": row["dollars"],
        "quantity": row["number"],
    }
    return Raw(raw.line, event, raw.size)
