"""A page for each model that scores came from: what it learned from, how well it did, its report if there is one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from sqlalchemy import case, func
from sqlmodel import Session, col, select
from starlette.responses import HTMLResponse, Response

from app.season import Season
from app.web.context import Web, WebDep
from app.web.feature_names import feature_name
from app.web.overview import Served, served_model
from app.web.pages import page
from app.web.roles import LeadDep
from app.web.security import require_same_origin
from db import tables
from db.session import read_only
from desk.errors import NotFound
from desk.feature_drift import FEWEST_READ, feature_drift
from risk_model.drift import LITTLE, MUCH

router = APIRouter(
    prefix="/console/models", include_in_schema=False, dependencies=[Depends(require_same_origin)]
)

REPORT = (
    Path("evaluation") / "report.html"
)  # where `stayline evaluate` writes, seen from where it was started
REPORT_POLICY = (  # a report has its styles inline and loads nothing
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
MOST_MOVED = 6
Version = Annotated[str, InPath(max_length=60)]


@dataclass(frozen=True, slots=True)
class Used:
    """A model by the scores that are kept of it."""

    version: str
    scores: int
    unknown: int
    first: datetime
    last: datetime


@router.get("")
def show_models(web: WebDep, request: Request, user: LeadDep) -> Response:
    served = served_model(web.settings.models)
    with read_only(web.engine) as session:
        used = _used(session)
    return page(
        request, "models.html", shop=web.settings.shop_name, agent=user.agent, served=served, used=used
    )


@router.get("/report")
def show_report(web: WebDep, user: LeadDep) -> Response:
    """The page of `stayline evaluate`, as it was written."""
    if (report := _report(web)) is None:
        raise NotFound("report")
    return HTMLResponse(report.read_text("utf-8"), headers={"Content-Security-Policy": REPORT_POLICY})


@router.get("/{version}")
def show_model(web: WebDep, request: Request, user: LeadDep, version: Version) -> Response:
    served = served_model(web.settings.models)
    with read_only(web.engine) as session:
        used = next((one for one in _used(session) if one.version == version), None)
        here = served if served.manifest is not None and served.manifest.version == version else Served(None)
        drift = feature_drift(session, version, here.manifest.feature_shares) if here.manifest else None
    if used is None and here.manifest is None:
        raise NotFound("model")
    return page(
        request, "model.html", shop=web.settings.shop_name, agent=user.agent, version=version, used=used,
        manifest=here.manifest, measured=here.measured, trained_until=here.trained_until,
        report=_report(web) if here.manifest else None, drift=drift, most_moved=MOST_MOVED, feature_name=feature_name,
        fewest_read=FEWEST_READ, little=LITTLE, much=MUCH, season=Season.of(here.manifest) if here.manifest else None,
    )  # fmt: skip


def _used(session: Session) -> list[Used]:
    """The models of all scores that are kept, the newest first."""
    risk = tables.Risk
    version, time = col(risk.model_version), col(risk.as_of)
    unknown = func.sum(case((col(risk.status) == "unknown", 1), else_=0))
    query = (
        select(version, func.count(), unknown, func.min(time))
        .add_columns(func.max(time))
        .where(version.is_not(None))
        .group_by(version)
        .order_by(func.max(time).desc())
    )
    return [Used(*row) for row in session.execute(query).all()]


def _report(web: Web) -> Path | None:
    """The report beside the data, or where the process was started."""
    places = (web.settings.data_folder / REPORT, Path.cwd() / REPORT)
    return next((place for place in places if place.is_file()), None)
