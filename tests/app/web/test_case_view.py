"""What the console says of a risk."""

from app.web.case_view import first_reason, raises, strongest_reasons
from db import tables
from risk_model.words import in_words

NUMBERS = [
    {"kind": "behaviour", "factor": "overdue", "contribution": size, "values": {"recency_days": 74, "usual_gap_days": 21}}
    for size in (1.4, -1.2, -1.1, -1.0, 1.0, 0.8, 0.6, 0.5, 0.4)
]  # fmt: skip
SENTENCES = [
    {"kind": "text", "factor": "words", "contribution": size, "values": {}, "quote": quote, "source": "chat"}
    for size, quote in ((0.3, "I am done waiting."), (-0.2, "The tea is lovely."), (0.1, "Where is it?"))
]


def words(*reasons):
    return [in_words(reason, "en") for reason in strongest_reasons(tables.Risk(reasons=list(reasons)))]


def test_the_customers_own_sentences_are_quoted_however_strong_the_numbers_are():
    said = words(*NUMBERS, *SENTENCES)
    assert len(said) == 9
    assert ["I am done waiting." in said[6], "The tea is lovely." in said[7]] == [True, True]


def test_what_speaks_for_staying_leaves_room_for_what_speaks_for_leaving():
    shown = strongest_reasons(tables.Risk(reasons=NUMBERS))
    assert [raises(reason) for reason in shown] == [True, False, False, True, True, True]


def test_a_customer_who_wrote_nothing_has_numbers_alone():
    said = words(*NUMBERS)
    assert len(said) == 6
    assert not any("“" in line for line in said)


def test_without_a_score_there_is_no_reason():
    assert strongest_reasons(None) == []
    assert first_reason(None, "en") is None


def test_first_reason_does_not_say_again_what_stands_beside_it():
    risk = tables.Risk(reasons=[SENTENCES[0] | {"contribution": 0.9}, NUMBERS[-1]])
    assert "I am done waiting." in first_reason(risk, "en")
    assert first_reason(risk, "en", "Well. I am done waiting.") == in_words(NUMBERS[-1], "en")
    alone = tables.Risk(reasons=[SENTENCES[0]])
    assert "I am done waiting." in first_reason(alone, "en", "I am done waiting.")
