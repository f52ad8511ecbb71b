"""Rasa goes on with a turn when an action failed, and writes the action server's answer into its log.

Neither will do here: the gateway must know of the failure, and no log may hold what a customer wrote.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Where Rasa catches what an action raises, and only logs it.
RASA_LOGGER = "rasa.core.processor"

_failures: ContextVar[list[str]] = ContextVar("failures")


@contextmanager
def noticing_failed_actions() -> Iterator[list[str]]:
    """Gives a list that fills with the names of what actions raised in this turn; turns may overlap."""
    failures: list[str] = []
    token = _failures.set(failures)
    try:
        yield failures
    finally:
        _failures.reset(token)


class _FailedActions(logging.Filter):
    """Notes a logged exception for its turn, and takes its traceback out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0]:
            name = record.exc_info[0].__name__
            _failures.get([]).append(name)
            record.msg, record.args = f"{record.getMessage()} ({name})", None
            record.exc_info = None
        return True


logging.getLogger(RASA_LOGGER).addFilter(_FailedActions())
