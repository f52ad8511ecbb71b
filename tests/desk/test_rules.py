import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desk.errors import DeskError
from desk.rules import RulesMistake, When, load_rules

FULL = {
    "name": '"nudge"', "when": '"quiet"', "days": "30", "wait": '"6h"', "template": '"win_back"',
    "channel": '"email"', "at_most": '"once in 60d"', "valid_for": '"2d"',
}  # fmt: skip


def write(folder: Path, text: str = "", **words: str | None) -> Path:
    """A file with one rule, in which some words differ or lack."""
    rule = {**FULL, **words}
    lines = [f"{word} = {value}" for word, value in rule.items() if value is not None]
    file = folder / "rules.toml"
    file.write_text(text + "\n[[rule]]\n" + "\n".join(lines) + "\n", "utf-8")
    return file


def test_the_shipped_rules_are_in_order_and_are_the_five_promised():
    rules = load_rules()
    assert [(rule.name, rule.when) for rule in rules.rules] == [
        ("care_message", When.DECISION),
        ("check_back", When.ESCALATION_RESOLVED),
        ("offer_reminder", When.OFFER_EXPIRING),
        ("win_back", When.QUIET),
        ("thank_you", When.RECOVERED),
    ]
    assert (rules.limits.messages, rules.limits.period) == (3, timedelta(days=14))


def test_a_shops_own_rules_are_read(tmp_path):
    (rule,) = load_rules(write(tmp_path, '[limits]\nmessages = 1\nin = "1w"\n', at='"09:30"')).rules
    assert (rule.days, rule.wait, rule.at) == (30, timedelta(hours=6), time(9, 30))
    assert (rule.at_most, rule.valid_for) == (timedelta(days=60), timedelta(days=2))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"wait": '"soon"'}, 'rule "nudge", wait: expected a duration such as "6h" or "5d", at most ten years, got \'soon\''),
        ({"wait": '"99999w"'}, "at most ten years, got '99999w'"),
        ({"wait": "3"}, "got 3"),
        ({"at": '"9:00"'}, 'rule "nudge", at: expected a local time such as "09:00", got \'9:00\''),
        ({"at": '"24:00"'}, "got '24:00'"),
        ({"at_most": '"twice"'}, 'rule "nudge", at_most: expected "once per conversation" or such as "once in 90d", got \'twice\''),
        ({"at_most": '"once per conversation"'}, "a quiet customer is in no conversation"),
        ({"when": '"tuesday"'}, "got 'tuesday'"),
        ({"channel": '"pigeon"'}, "got 'pigeon'"),
        ({"wait": None}, 'expected "wait", "at" or both'),
        ({"days": None}, 'when = "quiet" needs "days"'),
        ({"days": "0"}, "got 0"),
        ({"before": '"2d"'}, '"before" does not go with when = "quiet"'),
        ({"template": None}, 'rule "nudge", template: field required'),
        ({"colour": '"red"'}, 'rule "nudge", colour: '),
        ({"name": '"../x"'}, "got '../x'"),
        ({"name": None}, "rule 1, name: field required"),
        ({"replaces": '["other"]'}, 'rule "nudge" replaces "other", which is no rule of this file'),
        ({"cancelled_by": '["rain"]'}, "got 'rain'"),
        ({"when": '"decision"', "days": None, "risk": "[0.9, 0.1]"}, "expected the lower end first"),
        ({"when": '"decision"', "days": None, "risk": "[0.9, 7]"}, "got 7"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_file_rule_expectation_and_what_came(tmp_path, words, sentence):
    file = write(tmp_path, **words)
    with pytest.raises(RulesMistake, match=re.escape(sentence)) as caught:
        load_rules(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"rule = [", "expected TOML"),
        (b"\xff\xfe", "cannot be read"),
        (b"rule = 3", "rule: "),
        (b"rule = [3]", "rule 1: "),
        (b'[limits]\nmessages = 0\nin = "14d"', "limits, messages: "),
        (b"[extra]", "extra: "),
    ],
)
def test_what_is_no_rules_file_is_refused_clearly(tmp_path, content, sentence):
    file = tmp_path / "rules.toml"
    file.write_bytes(content)
    with pytest.raises(DeskError, match=re.escape(sentence)):
        load_rules(file)


def test_a_missing_file_is_refused_clearly(tmp_path):
    with pytest.raises(RulesMistake, match="cannot be read"):
        load_rules(tmp_path / "none.toml")


def test_two_rules_of_one_name_are_refused(tmp_path):
    file = write(tmp_path)
    file.write_text(file.read_text() * 2)
    with pytest.raises(RulesMistake, match='two rules are named "nudge"'):
        load_rules(file)


@pytest.mark.parametrize(
    ("kind", "probability", "follows"),
    [("escalate", 0.8, True), ("escalate", 0.95, False), ("care", 0.8, False), ("escalate", None, False)],
)
def test_decisions_and_band_narrow_a_rule(tmp_path, kind, probability, follows):
    words = {"when": '"decision"', "days": None, "decisions": '["escalate"]', "risk": "[0.7, 0.9]"}
    (rule,) = load_rules(write(tmp_path, **words)).rules
    assert rule.follows_decision(kind, probability) is follows


@pytest.mark.parametrize(
    ("wait", "at", "expected"),
    [
        ('"6h"', None, "2026-03-07T20:00"),
        (
            None,
            '"09:00"',
            "2026-03-08T13:00",
        ),  # the next morning, an hour early by UTC: the clocks went forward
        ('"1d"', '"10:00"', "2026-03-08T14:00"),  # 09:00 there after a day, so ten the same morning
    ],
)
def test_when_it_is_due_in_new_york(tmp_path, wait, at, expected):
    (rule,) = load_rules(write(tmp_path, wait=wait, at=at)).rules
    moment = datetime(2026, 3, 7, 14, tzinfo=UTC)  # 09:00 in New York
    if at == '"09:00"':
        moment += timedelta(minutes=1)
    due_at = rule.due_at(moment, ZoneInfo("America/New_York"))
    assert due_at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
