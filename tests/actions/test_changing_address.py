"""Sending an order elsewhere: which, where to, really?"""

from db.session import unit_of_work
from tests.actions.customers import numbers, order, talk_with
from tests.actions.talking import ActionProcess

TEAPOT = "1 × Teapot"
NEW = "12 Kingfisher Lane, York YO1 7HH"


def test_the_address_is_asked_for_confirmed_and_changed(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    asked = talk.say("I moved", "change_shipping_address")
    assert asked == f"Where shall order {number} go? Please write the whole address in one message."
    asked = talk.say(NEW, "nlu_fallback")
    assert asked == f"Shall I send order {number} ({TEAPOT}) to this address?\n{NEW}"
    assert order(process, number).ship_to is None
    assert talk.press("Yes") == f"Done: order {number} goes to {NEW}."
    assert order(process, number).ship_to == NEW
    assert talk.form is None


def test_the_address_is_in_no_slot_and_no_log(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say("I moved", "change_shipping_address")
    talk.say("7 Canary Wharf Mews, Hull", "nlu_fallback")
    assert "Canary" not in str(talk.slots)
    talk.press("Yes")
    assert "Canary" not in (process.home / "actions.log").read_text()


def test_what_is_no_address_is_asked_for_again_and_then_left_to_a_person(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say("I moved", "change_shipping_address")
    assert talk.say("my mum", "nlu_fallback").startswith("I need street, number and town")
    assert "A colleague can do it with you" in talk.say("to my mum", "change_shipping_address")
    assert (talk.titles, talk.form) == (["Talk to a person"], None)


def test_a_no_leaves_the_address_as_it_was(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    for address in (None, NEW):
        talk.say("I moved", "change_shipping_address")
        if address:
            talk.say(address, "nlu_fallback")
        assert talk.say("no", "deny") == f"All right, order {number} goes where it was going."
        assert talk.form is None
    assert order(process, number).ship_to is None


def test_a_message_of_another_chat_is_never_taken_for_the_address(process: ActionProcess) -> None:
    mine, theirs = numbers(2)
    other = talk_with(process, (theirs, "placed", TEAPOT))
    other.say("I moved", "change_shipping_address")
    other.say("5 Secret Street", "nlu_fallback")
    talk = talk_with(process, (mine, "placed", TEAPOT))
    talk.slots["form"] = other.slots["form"] | {"order_number": mine}
    assert "Secret" not in talk.say("hm", "nlu_fallback")
    talk.say("yes", "affirm")
    with unit_of_work(process.engine):
        assert order(process, mine).ship_to != "5 Secret Street"


def test_another_order_number_is_no_address_but_another_order(process: ActionProcess) -> None:
    first, second = numbers(2)
    talk = talk_with(process, (first, "placed", TEAPOT), (second, "placed", TEAPOT))
    talk.say("I moved", "change_shipping_address", order_number=first)
    told = talk.say(f"sorry, {second}", "nlu_fallback", order_number=second)
    assert told.startswith(f"Where shall order {second} go?")


def test_an_order_that_left_cannot_be_redirected_but_a_person_is_offered(process: ActionProcess) -> None:
    sent, late, here = numbers(3)
    talk = talk_with(
        process, (sent, "shipped", TEAPOT), (late, "delayed", TEAPOT), (here, "delivered", TEAPOT)
    )
    for number, words in ((sent, "has left us already"), (late, "running late"), (here, "not on its way")):
        assert words in talk.say("other address", "change_shipping_address", order_number=number)
        assert talk.titles == ["Talk to a person"]


def test_in_chinese_it_is_the_same(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT), language="zh")
    assert "寄到哪里" in talk.say("我搬家了", "change_shipping_address")
    assert "对吗？\n杭州市西湖区文三路8号" in talk.say("杭州市西湖区文三路8号", "nlu_fallback")
    assert talk.say("对", "affirm") == f"办好了：订单 {number} 会寄到 杭州市西湖区文三路8号。"
