"""E-mail addresses and phone numbers taken out of whatever goes to a log. The bot (Python 3.10) imports this too."""

import logging
import re

EMAIL = r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,255}\.[A-Za-z]{2,24}"
PHONES = (
    r"(?<![A-Za-z0-9+])\+[0-9](?:[ ().-]{0,2}[0-9]){6,13}(?![0-9])",  # +44 7700 900123
    r"(?<![A-Za-z0-9+.-])0(?:[ ()/-]{0,2}[0-9]){8,11}(?![0-9])",  # 030 1234567
    r"(?<![A-Za-z0-9+.-])1[3-9][0-9]{9}(?![0-9])",  # 13812345678
    r"(?<![A-Za-z0-9+.-])\(?[2-9][0-9]{2}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}(?![0-9])",  # (555) 010-1234
)
_EMAIL, _PHONE = re.compile(EMAIL), re.compile("|".join(PHONES))


def masked(text: str) -> str:
    """The text with `[email]` and `[phone]` where one stood."""
    return _PHONE.sub("[phone]", _EMAIL.sub("[email]", text))


def mask_logs() -> None:
    """From now on whatever the handlers write that there are is masked, tracebacks too."""
    named = (
        logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)
    )
    for handler in (handler for logger in (logging.root, *named) for handler in logger.handlers):
        if not any(isinstance(kept, _Masking) for kept in handler.filters):
            handler.addFilter(_Masking())


class _Masking(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = _TRACEBACK.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        return True


_TRACEBACK = logging.Formatter()
