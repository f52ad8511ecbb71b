"""One process each: web, bot, actions, worker, fakes; and `run`, which starts them all."""

import logging
import os
import sys

from app.terminal import read_settings
from desk.masking import mask_logs

# Longer than a proxy in front keeps an idle line (nginx: 60): who closes first must not be us, in the moment when the
# proxy sends the next request down that line.
KEEP_ALIVE_SECONDS = 75


def web() -> None:
    """The gateway, the widget, the console and the ingest API: the only process a browser reaches."""
    import uvicorn

    from app.commands.data import open_database
    from app.web import create_app

    settings = read_settings()
    _log_to_stderr()
    app = create_app(settings, open_database(settings))
    uvicorn.run(
        app, host=settings.web_host, port=settings.web_port, access_log=False, log_config=None,
        proxy_headers=False,  # app.web.addresses reads them, and believes only trusted proxies
        timeout_graceful_shutdown=5, timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )  # fmt: skip


def bot() -> None:
    """The Rasa server, on loopback."""
    from app.bot_process import become_bot

    become_bot(read_settings())


def actions() -> None:
    """The action server, on loopback: it holds the scorer."""
    read_settings()
    os.execv(sys.executable, [sys.executable, "-m", "actions.server"])


def worker() -> None:
    """Follow-ups, expiry, measuring and the work of the night, by the clock. Any number may run."""
    from app.worker import run_worker

    _log_to_stderr()
    run_worker(read_settings())


def fakes() -> None:
    """The demo's own mail and SMS servers, with a page that shows what arrived; nothing goes outside."""
    from app.fakes import serve_fakes

    settings = read_settings()
    _log_to_stderr()
    serve_fakes(settings.mail_folder, settings.smtp_port, settings.fakes_port)


def run() -> None:
    """Start web, bot, actions and worker together, and end them together."""
    from app.commands.data import open_database
    from app.supervisor import become_supervisor

    settings = read_settings()
    open_database(settings).dispose()
    become_supervisor(settings)


def _log_to_stderr() -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
    mask_logs()
    for noisy in ("httpx", "apscheduler", "alembic", "mail.log"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
