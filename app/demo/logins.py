"""The demo's agents. Their password is made from this data folder's own seed, so no two installations share one."""

from sqlalchemy import Engine
from sqlmodel import select

from app.settings import Settings
from app.web.login import hash_password
from db import tables
from db.session import unit_of_work

AGENTS = (("robin@leafandkettle.example", "Robin Vale"), ("mei@leafandkettle.example", "林梅"))
LEADS = {"mei@leafandkettle.example"}  # who also see the overview


def demo_logins(settings: Settings) -> list[tuple[str, str]]:
    """E-mail and password of each demo agent."""
    return [(email, demo_password(settings)) for email, _ in AGENTS]


def demo_password(settings: Settings) -> str:
    return f"tea-{settings.demo_secret('agents')[:12]}"


def add_agents(engine: Engine, settings: Settings) -> None:
    """Make the demo's agents where they are missing."""
    with unit_of_work(engine) as session:
        for email, name in AGENTS:
            if session.exec(select(tables.Agent).where(tables.Agent.email == email)).first() is None:
                role, password = "lead" if email in LEADS else "agent", demo_password(settings)
                session.add(
                    tables.Agent(email=email, name=name, role=role, password_hash=hash_password(password))
                )
