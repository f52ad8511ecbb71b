"""The first step: files of a shop, or of known public sets, become rows of our tables, never twice."""

from desk.ingest.files import RejectedRow, RowsSummary, Summary, ingest_file, ingest_rows
from desk.ingest.formats import Format
from desk.ingest.reads import Budget
from desk.ingest.rows import CustomerRow, EventRow, Kind, MessageRow, OrderRow, ReviewRow, Row
from desk.ingest.write import write_rows

__all__ = [
    "Budget",
    "CustomerRow",
    "EventRow",
    "Format",
    "Kind",
    "MessageRow",
    "OrderRow",
    "RejectedRow",
    "ReviewRow",
    "Row",
    "RowsSummary",
    "Summary",
    "ingest_file",
    "ingest_rows",
    "write_rows",
]
