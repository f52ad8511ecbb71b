"""The console says the same things in both languages, and nothing outside its catalogues."""

import re
import string

import pytest

from app.web.console_words import catalogue, told_in
from app.web.pages import FOLDER
from tests.app.web.world import World

ELSEWHERE = {"base", "preferences", "service", "sheet", "shop", "unsubscribe", "widget"}  # not of the console
TEMPLATES = [path for path in (FOLDER / "templates").glob("*.html") if path.stem not in ELSEWHERE]
NAMES = {"Stayline"}
SPOKEN = r"(?:aria-label|title|alt|placeholder)=\"([^\"]*)\""


def facts(text: str | tuple[str, str]) -> set[str | None]:
    return {
        name
        for part in (text if isinstance(text, tuple) else (text,))
        for _, name, _, _ in string.Formatter().parse(part)
        if name is not None
    }


def test_both_languages_have_the_same_keys_and_facts() -> None:
    english, chinese = catalogue()["en"], catalogue()["zh"]
    assert english.keys() == chinese.keys()
    assert [key for key in english if facts(chinese[key]) - facts(english[key])] == []
    assert all(english.values())
    assert all(chinese.values())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_of_the_console_has_words_of_its_own(template) -> None:
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(), flags=re.S)
    spoken = " ".join(re.findall(SPOKEN, text)) + re.sub(r"<kbd>.*?</kbd>|<[^>]*>", " ", text)
    assert set(re.findall(r"[^\W\d_]{2,}", spoken)) - NAMES == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_key_that_a_template_names_is_there(template) -> None:
    named = re.findall(r"\bt\(\"([a-zA-Z_.]+)\"(?! ~)", template.read_text())
    assert [key for key in named if key not in catalogue()["en"]] == []


def test_facts_are_escaped_and_counted() -> None:
    t = told_in("en")
    assert t("case.has_it", agent="<b>Mia") == "&lt;b&gt;Mia has it"
    assert [t("frame.days", n=n) for n in (1, 2)] == ["1 day", "2 days"]


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("wished", "language"),
    [("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB", "en"), ("fi", "en"), ("", "en")],
    ids=["Chinese", "English", "one we do not speak", "none"],
)
def test_browsers_wish_chooses_the_language_until_the_agent_does(
    world: World, wished: str, language: str
) -> None:
    agent = world.agent()
    agent.headers["Accept-Language"] = wished
    assert f'<html lang="{language}">' in agent.get("/console").text
    other = "en" if language == "zh" else "zh"
    answer = agent.post("/console/language", data={"language": other, "back": "/console?page=2"})
    assert answer.headers["location"] == "/console?page=2"
    assert f'<html lang="{other}">' in agent.get("/console").text


@pytest.mark.parametrize("shared_engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("back", ["https://evil.example", "//evil.example", "/consoles", "/widget"])
def test_language_switch_leads_nowhere_else(world: World, back: str) -> None:
    answer = world.agent().post("/console/language", data={"language": "zh", "back": back})
    assert answer.headers["location"] == "/console"
