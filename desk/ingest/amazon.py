"""The public Amazon review sets: JSON lines, one review each."""

from collections.abc import Iterator, Mapping
from hashlib import sha256

from desk.ingest.reads import Bad, Raw, Read, Skipped

REQUIRED = ("reviewerID", "asin", "unixReviewTime")


def read_reviews(reads: Iterator[Read]) -> Iterator[Read]:
    """Canonical reviews; one without any text is skipped."""
    for read in reads:
        yield _review(read) if isinstance(read, Raw) else read


def looks_like(row: Mapping[str, object]) -> bool:
    return all(name in row for name in REQUIRED)


def _review(raw: Raw) -> Read:
    row = raw.row
    if missing := [name for name in REQUIRED if row.get(name) in (None, "")]:
        return Bad(raw.line, f"{', '.join(missing)}: missing", dict(row))
    parts = [str(row[name]).strip() for name in ("summary", "reviewText") if row.get(name)]
    text = "\n".join(part for part in parts if part)
    if not text:
        return Skipped("no text")
    identity = "\x1f".join(str(row[name]) for name in REQUIRED)
    review = {
        "customer_key": row["reviewerID"],
        "time": row["unixReviewTime"],
        "rating": row.get("overall"),
        "text": text,
        "item": row["asin"],
        "id": sha256(identity.encode("utf-8", "replace")).hexdigest()[:40],
    }
    return Raw(raw.line, review, raw.size)
