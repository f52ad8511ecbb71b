"""SMS by whatever service the shop has, through apprise, in a thread that is left behind at the deadline."""

import logging
import re
from threading import Thread, get_ident
from urllib.parse import quote

import apprise

from app.channels.port import Channel, PermanentFailure, Receipt, TransientFailure, UnknownOutcome
from app.channels.texts import plain_words
from app.settings import Settings
from db import tables

DEADLINE_SECONDS = 20.0
NUMBER = re.compile(r"\+?[0-9]{6,15}")
ANSWER = re.compile(r"error=(\d{3})")
LOGGER = logging.getLogger("apprise")
NEVER_LEFT = ("Connection refused", "ConnectTimeout", "NameResolutionError", "No route to host")

# what apprise says is needed to tell its failures apart, but its debug lines hold texts and numbers: they stay here
LOGGER.propagate = False
LOGGER.setLevel(logging.DEBUG)
LOGGER.addHandler(logging.NullHandler())


class Sms(Channel):
    """The SMS channel. A service cannot tell a repeat from a new message, so a lost answer stays unknown."""

    def __init__(self, settings: Settings, deadline: float = DEADLINE_SECONDS) -> None:
        self._settings, self._deadline = settings, deadline

    def send(self, follow_up: tables.FollowUp, customer: tables.Customer) -> Receipt:
        text = plain_words(follow_up, customer, self._settings, "sms")
        taken = send_sms(self._settings.sms_url, customer.phone, text, self._deadline)
        return Receipt(follow_up.idempotency_key, taken)


def send_sms(service: str, phone: str | None, text: str, deadline: float = DEADLINE_SECONDS) -> str:
    """What the service (an apprise URL) said when it took the text. Raises a failure of the port else."""
    _notify(_address(service, phone), text, deadline)
    return "the SMS service took it"


def _address(service: str, phone: str | None) -> str:
    if not service:
        raise PermanentFailure("no SMS service is configured")
    if "{phone}" not in service:
        raise PermanentFailure("STAYLINE_SMS_URL has no {phone} in it, so every SMS would reach one number")
    number = re.sub(r"[\s()./-]", "", phone or "")
    if not NUMBER.fullmatch(number):
        raise PermanentFailure("there is no phone number of this customer that an SMS can be sent to")
    return service.replace("{phone}", quote(number, safe=""))


def _notify(url: str, text: str, deadline: float) -> None:
    """Returns when the service took it, and raises a failure of the port for everything else."""
    service = apprise.Apprise.instantiate(
        url
    )  # not `Apprise().notify`, which would call it in yet another thread
    if service is None:
        raise PermanentFailure("STAYLINE_SMS_URL is not an address that apprise knows")
    outcome: list[tuple[bool, str]] = []
    # a daemon, because a call that hangs must not keep the worker from ending
    thread = Thread(target=lambda: outcome.append(_call(service, text)), daemon=True)
    thread.start()
    thread.join(deadline)
    if not outcome:
        raise UnknownOutcome(f"the SMS service did not answer within {deadline:.0f} s; perhaps it was sent")
    taken, remarks = outcome[0]
    if not taken:
        raise _failure(remarks)


def _call(service: apprise.NotifyBase, text: str) -> tuple[bool, str]:
    with _Overheard() as remarks:
        return bool(service.notify(body=text)), " ".join(remarks)


def _failure(remarks: str) -> Exception:
    """What apprise, which only says no, said in its log."""
    if (answered := ANSWER.search(remarks)) is not None:
        code = int(answered[1])
        sentence = f"the SMS service answered {code}"
        passing = code >= 500 or code in (408, 425, 429)
        return TransientFailure(sentence) if passing else PermanentFailure(sentence)
    if any(sign in remarks for sign in NEVER_LEFT):
        return TransientFailure("the SMS service cannot be reached")
    return UnknownOutcome("the connection to the SMS service broke; perhaps it was sent")


class _Overheard(logging.Handler):
    """Collects what apprise says in this thread, while the block lasts."""

    def __init__(self) -> None:
        super().__init__()
        self._thread, self._remarks = get_ident(), list[str]()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self._remarks.append(record.getMessage())

    def __enter__(self) -> list[str]:
        LOGGER.addHandler(self)
        return self._remarks

    def __exit__(self, *_: object) -> None:
        LOGGER.removeHandler(self)
