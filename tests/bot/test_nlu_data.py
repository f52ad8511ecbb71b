"""What the bot learns from: enough sentences for each intent, in both languages, and none of them somebody else's."""

import csv
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from desk.shop_facts import TOPICS

ROOT = Path(__file__).parent.parent.parent
NLU = ROOT / "bot" / "data" / "nlu"
PUBLIC_SET = Path(os.environ.get("NLU_SET", ROOT.parent / "shared" / "data" / "nlu" / "bitext_dev.csv"))
FEWEST = {"en": 40, "zh": 25}
ENTITY = re.compile(r"\[([^\]]+)\]\([a-z_]+\)")
UNTRAINED = {"nlu_fallback"}


def sentences(language: str) -> dict[str, list[str]]:
    """By intent, in lower case, with the marks of entities taken out."""
    found = defaultdict(list)
    for path in NLU.glob(f"{language}_*.yml"):
        for item in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            lines = (line.removeprefix("- ") for line in item["examples"].splitlines())
            found[item["intent"]] += [ENTITY.sub(r"\1", line).lower() for line in lines]
    return found


def domain() -> dict:
    return yaml.safe_load((ROOT / "bot" / "domain" / "intents.yml").read_text("utf-8"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_intent_has_enough_sentences(language: str) -> None:
    found = sentences(language)
    assert set(found) == set(domain()["intents"]) - UNTRAINED
    assert {intent: len(lines) for intent, lines in found.items() if len(lines) < FEWEST[language]} == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_sentence_stands_twice(language: str) -> None:
    counted = Counter(line for lines in sentences(language).values() for line in lines)
    assert [line for line, times in counted.items() if times > 1] == []


@pytest.mark.skipif(not PUBLIC_SET.is_file(), reason="the public set is not part of the repository")
def test_no_sentence_is_from_the_public_set_that_it_is_measured_on() -> None:
    with PUBLIC_SET.open(encoding="utf-8", newline="") as file:
        public = {_words(row["utterance"]) for row in csv.DictReader(file)}
    own = {_words(line) for lines in sentences("en").values() for line in lines}
    assert own & public == set()


def test_every_intent_has_a_rule_and_every_topic_of_the_shop_an_intent() -> None:
    rules = yaml.safe_load((ROOT / "bot" / "data" / "rules.yml").read_text("utf-8"))["rules"]
    first_steps = [rule["steps"][0] for rule in rules]
    answered = [step["intent"] for first in first_steps for step in first.get("or", [first])]
    assert sorted(answered) == sorted(domain()["intents"])
    shop = next(rule for rule in rules if {"action": "action_shop_fact"} in rule["steps"])
    assert {step["intent"] for step in shop["steps"][0]["or"]} <= TOPICS <= set(domain()["intents"])


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))
