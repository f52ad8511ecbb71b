"""From the tables to what is evaluated. Imports torch, so only `stayline evaluate` and `benchmark` come here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import col, select

from db import tables
from db.session import read_only, unit_of_work
from desk import histories
from desk.embeddings import CachedEncoder
from risk_model.evaluation.cases import Question
from risk_model.evaluation.evaluate import Shop, newest_moments
from risk_model.evaluation.planting import Tones
from risk_model.histories import Histories
from risk_model.progress import Progress
from risk_model.texts import Lexicon, TextEncoder


def shop_of(
    engine: Engine,
    encoder: TextEncoder,
    name: str,
    until: datetime,
    question: Question,
    *,
    needs_consent: bool,
    progress: Progress,
    moments: Sequence[datetime] = (),
    tones: Tones | None = None,
) -> Shop:
    """What is known at `until`, with every text read. Without `moments` the newest whose horizon has passed;
    without `tones` the shop's own reviews with few and with all stars.
    """
    with read_only(engine) as session:
        known = histories.of_all(session, until, needs_consent=needs_consent).until(until)
    tones = tones or Tones.of_reviews(known)
    cached = CachedEncoder(
        encoder, lambda: unit_of_work(engine), lambda done, of: progress(f"{name}: reading texts", done, of)
    )
    lexicon = Lexicon.read(_all_texts(known, tones), cached)
    asked = moments or newest_moments(known, question)
    return Shop(name, known, lexicon, question, asked, tones, _languages(engine))


def tones_of(engine: Engine, until: datetime) -> Tones | None:
    """The reviews of this shop by what their stars say."""
    with read_only(engine) as session:
        return Tones.of_reviews(histories.of_all(session, until, needs_consent=False))


def _all_texts(known: Histories, tones: Tones | None) -> list[str]:
    own: list[str] = known.texts["text"].to_list()
    return own + ([*tones.pleased, *tones.displeased] if tones else [])


def _languages(engine: Engine) -> dict[str, str]:
    """customer_key -> language, of those whose language is known."""
    query = select(tables.Customer.customer_key, tables.Customer.language)
    with read_only(engine) as session:
        found = session.exec(query.where(col(tables.Customer.language).is_not(None))).all()
    return {key: language for key, language in found if language}
