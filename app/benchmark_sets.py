"""The public sets of real customers that a benchmark runs on; none of them is part of Stayline."""

import importlib.util
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import select

from db import tables
from db.migrate import upgrade
from db.session import make_engine, read_only
from desk.ingest import Format, Kind, ingest_file
from risk_model.progress import Progress


@dataclass(frozen=True, slots=True)
class RealSet:
    """A file, how it is read, and what is asked: who of those with `at_least` orders (or reviews) leaves?"""

    name: str
    title: str
    file: str
    kind: Kind
    format: Format
    at_least: int
    cut_offs: tuple[str, ...]

    @property
    def moments(self) -> list[datetime]:
        return [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in self.cut_offs]


HORIZON_DAYS = 91
CDNOW = RealSet(
    "cdnow", "CDNOW", "CDNOW_master.txt", Kind.events, Format.cdnow, 2, ("1997-12-31", "1998-03-31")
)
ONLINE_RETAIL = RealSet(
    "online-retail",
    "Online Retail II",
    "online_retail_2009_2010.parquet",
    Kind.events,
    Format.online_retail,
    1,
    ("2010-08-01", "2010-09-09"),
)
# Its customers have at least five reviews in the whole set, which looks into the future: only who has five by
# the cut-off may be asked about.
MUSICAL_INSTRUMENTS = RealSet(
    "musical-instruments",
    "Musical Instruments",
    "musical_instruments_to_2013_10.json.gz",
    Kind.reviews,
    Format.amazon,
    5,
    ("2013-04-21", "2013-07-21"),
)
SETS = {real.name: real for real in (CDNOW, ONLINE_RETAIL, MUSICAL_INSTRUMENTS)}


def find_file(real: RealSet, data: Path) -> Path | None:
    """In the data folder; CDNOW also where the package `lifetimes` brings it. None where it is not."""
    if (file := data / real.file).is_file():
        return file
    package = importlib.util.find_spec("lifetimes") if real is CDNOW else None
    if (
        package
        and package.origin
        and (file := Path(package.origin).parent / "datasets" / real.file).is_file()
    ):
        return file
    return None


def ingested(real: RealSet, file: Path, folder: Path, progress: Progress) -> Engine:
    """A database of the set's own in `folder`, filled once; it also remembers what its texts were read as."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = make_engine(f"sqlite:///{folder / real.name}.db")
    upgrade(engine)
    with read_only(engine) as session:
        filled = session.exec(select(tables.Customer).limit(1)).first() is not None
    if not filled:
        step = f"{real.title}: reading {file.name}"
        ingest_file(
            engine,
            real.kind,
            file,
            format=real.format,
            now=datetime.now(UTC),
            progress=lambda done, total: progress(step, done, total or 0),
        )
    return engine
