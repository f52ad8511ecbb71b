"""`stayline demo`: an empty database becomes the demo shop, and whatever is missing is trained."""

from datetime import UTC, datetime

import typer

from app.settings import Environment
from app.terminal import BAD_USAGE, fail, progress, read_settings

HORIZON_DAYS = 90


def demo() -> None:
    """Fill an empty database with the simulated demo shop and train what is missing. Run again, it reuses all of it."""
    from app.bot_process import train_bot
    from app.commands.data import describe, open_database
    from app.demo.back_office import is_wanted, open_back_office
    from app.demo.fill import fill, is_empty
    from app.demo.logins import add_agents
    from app.encoder import open_encoder
    from desk.training import train_model
    from risk_model.manifest import holds_model

    settings = read_settings()
    if settings.env is not Environment.DEMO:
        fail(
            "demo: expected STAYLINE_ENV=demo; simulated customers do not belong into production.", BAD_USAGE
        )
    engine = open_database(settings)
    now = datetime.now(UTC)
    with progress() as report:
        if is_empty(engine):
            world = fill(engine, now, report)
            _say(f"demo shop: {len(world.customers)} simulated customers, {len(world.events)} events")
        if is_wanted(engine):
            open_back_office(engine, now)
        add_agents(engine, settings)
        encoder = open_encoder(settings, report)
        _say(f"encoder: {encoder.version}")
        if not holds_model(settings.models):
            manifest = train_model(
                engine, encoder, now, HORIZON_DAYS, settings.models, needs_consent=False, progress=report
            )
            _say(f"risk model {manifest.version}: {'; '.join(describe(manifest))}")
        report("training the bot", 0, 0)
        _say("bot: trained" if train_bot(settings) else "bot: as trained before")
    engine.dispose()


def _say(line: str) -> None:
    typer.echo(f"  {line}")
