"""What is said for a decision: what went wrong first, then help, then an offer; never the same twice in a row."""

import string
from datetime import timedelta
from itertools import count, pairwise
from types import SimpleNamespace

import pytest
import yaml
from sqlmodel import select

from actions import answer, care_words, decision
from actions.decision import decision_cards
from actions.replies import Reply
from actions.runtime import Said
from actions.talk import ActionTalk
from db import tables
from db.session import unit_of_work
from desk import flow
from desk.conversations import open_conversation, post_customer_message
from desk.hearing import Heard
from desk.policy import Policy
from desk.shop_tables import TablesShop
from desk.trouble_words import Trouble
from tests.desk.people import NOBODY_HELD_OUT, NOW, FixedScorer, customer
from tests.support.processes import ROOT

CHINESE = [
    "\u4e00", "\u9fff",
]  # fmt: skip
numbers = count(1)
CLOSING = {
    "cancel_order",
    "delete_account",
    "unsubscribe",
    "complaint",
    "get_refund",
    "return_item",
    "contact_human_agent",
}


@pytest.fixture
def session(engine, monkeypatch):
    monkeypatch.setattr(decision, "runtime", lambda: SimpleNamespace(policy=Policy()))
    with unit_of_work(engine) as opened:
        yield opened


@pytest.fixture
def chat(session):
    """Say something at a risk, in a conversation of ana's; the cards of the turn."""
    who = customer(session)
    talk = open_conversation(session, who, "en", NOW)

    def say(text, probability, language="en", scorer=None, **asked):
        talk.language, number = language, next(numbers)
        now = NOW + timedelta(minutes=number)
        message, _ = post_customer_message(session, talk, text, f"c{number}", now)
        flow.handle(session, scorer or FixedScorer(probability), message, now, NOBODY_HELD_OUT)
        said = Said(session, message, talk, who, TablesShop(session, now))
        cards = decision_cards(said, **asked)
        assert decision_cards(said, **asked) == cards
        return cards

    return say


def texts(cards):
    return [card["text"] for card in cards]


def test_a_calm_turn_at_a_low_risk_brings_nothing(chat):
    assert chat("How long does delivery take?", 0.1) == []


def test_trouble_is_named_and_help_comes_before_the_offer(chat):
    care, offer = chat("My parcel is late again.", 0.65)
    assert care["text"].startswith("Your order keeps you waiting")
    assert "let a colleague take over" in care["text"]
    assert care["buttons"][0]["payload"] == "/contact_human_agent"
    assert offer["offer"]["percent"] == 10


def test_no_offer_is_shown_where_the_answer_showed_it_or_the_decision_made_none(chat):
    assert not any("offer" in card for card in chat("My parcel is late again.", 0.65, shown_already=True))
    assert not any("offer" in card for card in chat("The cup came broken.", 0.66))


def test_a_human_is_named_at_the_second_high_turn_after_what_went_wrong(chat):
    assert "colleague to look at it personally" not in str(chat("My parcel is late.", 0.8))
    handover, _ = texts(chat("The cup came broken too.", 0.8))
    assert handover.startswith("Something that is broken")
    assert "I have asked a colleague to look at it personally" in handover


def test_a_better_offer_says_that_it_takes_the_place_of_the_one_before(chat):
    first = chat("My parcel is late.", 0.8)[-1]
    better = chat("The cup came broken too.", 0.8)[-1]
    assert (first["offer"]["percent"], better["offer"]["percent"]) == (10, 15)
    assert "in place of the offer before" in better["text"]


def test_trouble_of_the_turn_before_is_still_known_at_the_handover(chat):
    chat("My parcel is late.", 0.8)
    handover, _ = texts(chat("How much is shipping?", 0.8))
    assert handover.startswith("Your order keeps you waiting")


def test_who_told_of_no_trouble_hears_of_none(chat):
    words = texts(chat("How much is shipping?", 0.95))[0]
    assert words == care_words.WORDS["en"]["handover_calm"]


@pytest.mark.parametrize(("language", "late"), [("en", "My parcel is late."), ("zh", "快递还没到。")])
@pytest.mark.parametrize(
    "risks", [(0.1, 0.1, 0.1, 0.1), (0.5, 0.5, 0.5, 0.5), (0.8, 0.8, 0.8, 0.8), (0.95, 0.5, 0.1, 0.95)]
)
def test_the_same_late_complaint_never_gets_the_same_answer_twice_in_a_row(chat, language, late, risks):
    answers = [texts(chat(late, risk, language)) for risk in risks]
    for before, after in pairwise(answers):
        assert after
        assert before != after


def test_who_asked_for_a_person_is_told_once_that_one_comes(chat):
    chat("My parcel is late.", 0.8)
    words, _ = texts(chat("The cup came broken. A human please!", 0.8, person_asked=True))
    assert (
        words
        == "Something that is broken or does not work is not what you paid for. The colleague who joins sees that too."
    )


def test_who_has_a_colleague_already_is_not_offered_one(chat):
    chat("How much is shipping?", 0.95)
    (again,) = [chat("My parcel is late.", 0.1), chat("My parcel is still late.", 0.1)][1]
    assert again["text"] == care_words.WORDS["en"]["again_open_1"]
    assert not again["buttons"]


def test_chinese_is_answered_in_chinese(chat):
    care, offer = chat("快递到现在都没到。", 0.65, "zh")
    assert care["text"].startswith("让您一直等货")
    assert care["buttons"][0]["title"] == "找人工客服"
    assert offer["offer"]["title"]


class Reader(FixedScorer):
    """A fixed risk, with the real encoder for what is heard."""

    def __init__(self, encoder, probability):
        super().__init__(probability)
        self.encoder = encoder


def test_the_return_policy_asked_three_times_without_buying_brings_the_care_message(session, chat, encoder):
    low = Reader(encoder, 0.1)
    asked = [
        "What is your return policy?",
        "Is the green teapot in stock?",
        "I'd like to know your rules for returns",
    ]
    assert [chat(text, 0.1, scorer=low) for text in asked] == [[], [], []]
    (care,) = texts(chat("What's the return policy?", 0.1, scorer=low))
    assert care.startswith("You have asked me this 3 times now")
    newest = session.exec(select(tables.Decision).order_by(tables.Decision.id.desc())).first()
    assert newest.kind == "care"
    assert newest.reason.startswith(
        "asked 3 times “What's the return policy?”, bought nothing since; risk 0.10"
    )
    assert chat("And how do returns work, what is the policy?", 0.1, scorer=low) == []


def test_a_clean_sentence_of_no_known_kind_is_read_back(chat, encoder):
    (care,) = texts(
        chat(
            "Two of the rose bushes were dead sticks when I unwrapped them.", 0.5, scorer=Reader(encoder, 0.5)
        )
    )
    assert care.startswith(
        "You wrote: “Two of the rose bushes were dead sticks when I unwrapped them.” I don't want to pass over that."
    )


def test_an_insult_is_never_read_back(chat, encoder):
    (care,) = texts(chat("You are idiots and your tea is garbage.", 0.5, scorer=Reader(encoder, 0.5)))
    assert "idiots" not in care


def test_every_word_is_there_in_both_languages_with_the_same_blanks():
    def blanks(words):
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    assert set(care_words.ACKNOWLEDGED["en"]) == set(care_words.ACKNOWLEDGED["zh"]) == set(Trouble)
    english, chinese = care_words.WORDS["en"], care_words.WORDS["zh"]
    assert {key: blanks(words) for key, words in english.items()} == {
        key: blanks(words) for key, words in chinese.items()
    }
    for words in [*chinese.values(), *care_words.ACKNOWLEDGED["zh"].values()]:
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words)


def test_no_word_asks_anybody_to_stay():
    said = [*care_words.WORDS["en"].values(), *care_words.ACKNOWLEDGED["en"].values()]
    assert not any(
        word in text.lower()
        for text in said
        for word in ("please stay", "don't leave", "are you sure", "reconsider")
    )
    said = [*care_words.WORDS["zh"].values(), *care_words.ACKNOWLEDGED["zh"].values()]
    assert not any(word in text for text in said for word in ("别走", "留下", "确定要", "再考虑"))


def test_the_bot_answers_before_the_decision_speaks_and_no_rule_reads_the_decision():
    """A risk of .99 changes nothing about the answer to closing, cancelling and complaining: it cannot."""
    files = [ROOT / "bot" / "data" / "rules.yml", *sorted((ROOT / "bot" / "data").glob("*.yml"))]
    rules = [
        rule
        for file in dict.fromkeys(files)
        for rule in yaml.safe_load(file.read_text("utf-8")).get("rules", [])
    ]
    domain = yaml.safe_load((ROOT / "bot" / "domain" / "slots.yml").read_text("utf-8"))
    assert domain["slots"]["decision"]["influence_conversation"] is False
    seen = set()
    for rule in rules:
        steps = [*rule.get("condition", []), *rule["steps"]]
        assert not any("decision" in str(step.get("slot_was_set", "")) for step in steps), rule["rule"]
        actions = [step["action"] for step in steps if "action" in step]
        intents = {one for step in steps for one in _intents(step)}
        if intents & CLOSING:
            seen |= intents & CLOSING
            assert actions[0] == "action_assess_risk"
            assert len(actions) == 2, "the answer, which itself shows what was decided"
    assert seen == CLOSING


def _intents(step):
    return (
        [step["intent"]]
        if "intent" in step
        else [one["intent"] for one in step.get("or", []) if "intent" in one]
    )


def test_what_was_decided_and_cannot_be_told_takes_no_answer_away(monkeypatch, caplog):
    monkeypatch.setattr(answer, "decision_cards", lambda *_, **__: {}["no such word"])
    assert ActionTalk()._decided(None, Reply(())) == []
    assert "what was decided could not be shown" in caplog.text


def test_heard_of_a_decision_from_before_it_was_kept_is_nothing():
    assert care_words.care(Heard.from_row(None), "en", 3) == care_words.WORDS["en"]["open_ear"]
