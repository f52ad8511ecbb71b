"""No log holds an e-mail address or a phone number."""

import io
import logging
from pathlib import Path

import pytest
import yaml

from desk.masking import EMAIL, PHONES, mask_logs, masked

ENTITIES = Path(__file__).parent.parent.parent / "bot" / "data" / "nlu" / "entities.yml"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to jo.miller+shop@mail.example.org today", "write to [email] today"),
        ("邮箱li.na@example.cn谢谢", "邮箱[email]谢谢"),
        ("call +44 7700 900123", "call [phone]"),
        ("ring 030 1234567 or (555) 010-1234", "ring [phone] or [phone]"),
        ("电话13812345678", "电话[phone]"),
        (
            "order SL-104233 of 2026-03-14, 03-14-2026, 3 x 20.50",
            "order SL-104233 of 2026-03-14, 03-14-2026, 3 x 20.50",
        ),
        ("risk 0.73125000000 in 12 ms", "risk 0.73125000000 in 12 ms"),
    ],
)
def test_addresses_and_numbers_go_and_the_rest_stays(text: str, left: str) -> None:
    assert masked(text) == left


def test_a_long_text_takes_no_long_time() -> None:
    assert masked("0 (" * 20_000 + "a" * 50_000 + "@") != ""


def test_the_bot_finds_what_the_logs_mask() -> None:
    listed = {item["regex"]: item["examples"] for item in yaml.safe_load(ENTITIES.read_text("utf-8"))["nlu"]}
    patterns = {
        name: [line.removeprefix("- ") for line in text.splitlines()] for name, text in listed.items()
    }
    assert patterns["email"] == [EMAIL]
    assert patterns["phone"] == list(PHONES)


@pytest.fixture(params=[None, "a.library.with.its.own.handler"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a handler of this logger writes once logs are masked; pytest's own handlers stay as they are."""
    written = io.StringIO()
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.getLogger(request.param), "handlers", [logging.StreamHandler(written)])
    mask_logs()
    return written


def test_messages_and_tracebacks_are_written_masked(log: io.StringIO) -> None:
    try:
        int("ana@example.org")
    except ValueError:
        logging.getLogger("a.library.with.its.own.handler").exception(
            "%s failed for %s", "import", "+44 7700 900123"
        )
    assert "import failed for [phone]" in log.getvalue()
    assert "invalid literal for int() with base 10: '[email]'" in log.getvalue()
    assert "ana@" not in log.getvalue()
