"""What went wrong is heard in the customer's words, and only what complains is read back."""

import pytest

from desk.hearing import NOTHING, Heard, hear
from desk.trouble import Tone, quotable, tone_from, trouble_of
from desk.trouble_words import Trouble
from risk_model.tone.network import tone_of
from risk_model.tone.sentences import HELD_OUT, read_sentences
from tests.desk.people import NOW
from tests.desk.test_repetition import WEEK, history

ANGRY, CALM = Tone(0.95, 0.1), Tone(0.05, 0.02)
TOLD = {
    Trouble.LATE: ["My parcel is late again.", "It still has not arrived and nobody tells me why.", "快递到现在都没到，太离谱了。", "说好周五送到，又延误了。"],
    Trouble.BROKEN: ["My last parcel came broken. I am done waiting.", "The cup arrived in pieces!", "杯子到手就是碎的。", "水壶漏水，根本用不了。"],
    Trouble.WRONG_ITEM: ["You sent me the wrong tea.", "This is not what I ordered.", "你们发错货了，我要的是绿茶。"],
    Trouble.REFUND: ["I am still waiting for my refund!", "You charged me twice and will not give me my money back.", "退款拖了一个月，钱还没退。"],
    Trouble.RUDE: ["Your colleague was rude to me on the phone.", "客服态度太差了。"],
    Trouble.WAITING: ["I have written four times and nobody answers.", "I am sick of waiting for you.", "打了一小时电话都没人接。", "发了三封邮件没人回。"],
    Trouble.PRICE: ["This has become far too expensive, it is overpriced.", "又涨价了，这么贵谁还买。"],
}  # fmt: skip
ASKED = [
    "How long does delivery take?", "Is the jasmine tea cheaper in the large tin?", "Can I get a refund within 30 days?",
    "What happens if my parcel is late?", "how do i get a refund", "I bought the wrong size, can I exchange it", "Where can I read about your prices?", "Thank you, it arrived in one piece.",
    "配送一般要几天？", "大罐的茉莉花茶便宜一点吗？", "三十天内可以退款吗？", "要是快递晚到怎么办？",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TOLD.items() for text in texts])
def test_the_kind_of_trouble_is_named_as_the_customer_named_it(encoder, kind, text):
    tone = tone_from(tone_of(encoder.encode([text]))[0])
    assert trouble_of(text, None) == kind
    assert trouble_of(text, tone) == kind


def test_questions_with_the_same_words_complain_of_nothing(encoder):
    tones = [tone_from(row) for row in tone_of(encoder.encode(ASKED))]
    wrong = [text for text, tone in zip(ASKED, tones, strict=True) if trouble_of(text, tone)]
    assert wrong == []


def test_praise_after_trouble_is_no_trouble():
    assert trouble_of("The broken cup was replaced the next day, wonderful!", Tone(0.1, 0.0, 0.95)) is None


def test_without_a_tone_only_plain_words_count_and_no_question():
    assert trouble_of("My parcel is late again.", None) is Trouble.LATE
    assert trouble_of("What happens if my parcel is late?", None) is None
    assert trouble_of("I am very unhappy.", None) is None


def test_an_angry_message_without_such_words_is_trouble_of_another_kind():
    assert trouble_of("The tea smells of cardboard.", ANGRY) is Trouble.OTHER
    assert trouble_of("I am off to another shop.", Tone(0.2, 0.9)) is None


@pytest.mark.parametrize(
    ("text", "why_not"),
    [
        ("You are all idiots and the tea smells of cardboard.", "an insult"),
        ("你们这群骗子，茶叶一股霉味。", "an insult"),
        ("THE TEA SMELLS OF CARDBOARD AGAIN", "shouting"),
        ("Write to ana@example.com about the smell of it", "an address"),
        ("Call me on +44 7700 900123 about the smell", "a number"),
        ("Robin promised me that and then forgot Maya Okafor", "names"),
        ("Order 4711 smells of cardboard and tastes of dust", "a number"),
        ("Bad.", "too short"),
        ("The tea smells. The box was open. I am sad.", "more than one sentence"),
        ("x " * 60, "too long"),
    ],
)
def test_what_should_not_be_read_back_is_not(text, why_not):
    assert quotable(text, ANGRY) is None, why_not


def test_a_short_clean_complaint_may_be_read_back_and_nothing_that_may_be_none():
    for text in ("The tea smells of cardboard and tastes of dust.", "茶叶一股纸箱味，喝不下去。"):
        assert quotable(text, ANGRY) == text
        for tone in (CALM, Tone(0.8, 0.1), Tone(0.95, 0.9), Tone(0.95, 0.1, 0.5), None):
            assert quotable(text, tone) is None


def test_of_hard_sentences_few_that_complain_of_nothing_would_be_read_back(encoder):
    sentences = read_sentences(HELD_OUT)
    tones = [tone_from(row) for row in tone_of(encoder.encode(sentences.texts))]
    read = [quotable(text, tone) is not None for text, tone in zip(sentences.texts, tones, strict=True)]
    wrong = sum(one and not label[0] for one, label in zip(read, sentences.labels, strict=True))
    print(f"{sum(read)} of {len(read)} read back, {wrong} of them without a complaint")
    assert sum(read) >= 10
    assert wrong <= 4


def test_the_same_trouble_in_a_row_is_counted_and_trouble_is_remembered_for_three_turns():
    course = []
    for text in (
        "My parcel is late.",
        "It is still late!",
        "How much is shipping?",
        "And to Norway?",
        "ok then",
        "Fine.",
    ):
        course.append(hear(history((0, text)), text, NOW, None, course, WEEK))
    assert [heard.in_a_row for heard in course] == [1, 2, 0, 0, 0, 0]
    assert [heard.lately for heard in course] == [Trouble.LATE] * 5 + [None]


def test_without_an_encoder_nothing_is_asked_again():
    heard = hear(history((1, "Where is it"), (0, "Where is it")), "Where is it", NOW, None, [], WEEK)
    assert (heard.asked, heard.times_asked) == (None, 1)


def test_what_was_heard_comes_back_from_its_row_as_it_was():
    heard = Heard(Trouble.OTHER, "It smells.", 2, Trouble.OTHER, "Where is it?", 3)
    assert Heard.from_row(heard.as_row()) == heard
    assert Heard.from_row(NOTHING.as_row()) == Heard.from_row(None) == NOTHING
