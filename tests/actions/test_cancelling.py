"""Cancelling an order in the chat: never argued with, never delayed, nothing without a yes."""

from db.session import unit_of_work
from tests.actions.customers import causes_of_cases, customer_with, numbers, order, refund_of, talk_with
from tests.actions.talking import ActionProcess, begin_talk

TEAPOT, MUG = "1 × Teapot", "2 × Mug"


def test_one_order_is_cancelled_after_a_reason_and_a_yes(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    assert talk.say("I want to cancel", "cancel_order") == (
        f"I can cancel order {number} ({TEAPOT}). May I ask why? A word is enough, and you need not say."
    )
    assert talk.titles == ["Ordered by mistake", "Takes too long", "Found it cheaper", "Rather not say"]
    assert talk.press("Takes too long") == (
        f"Shall I really cancel order {number} ({TEAPOT}, €24.50)? That cannot be undone."
    )
    assert talk.titles == ["Yes, cancel it", "No, keep it"]
    assert order(process, number).status == "placed"
    assert talk.press("Yes") == (
        f"Done: order {number} ({TEAPOT}) is cancelled. What you paid, €24.50, goes back the way you paid it."
    )
    assert talk.events == [("form", None), ("order_number", None)]
    assert order(process, number).status == "cancelled"


def test_a_named_order_goes_straight_to_the_confirmation(process: ActionProcess) -> None:
    first, second = numbers(2)
    talk = talk_with(process, (first, "placed", TEAPOT), (second, "placed", MUG))
    asked = talk.say(f"cancel {second.lower()}", "cancel_order", order_number=second.lower())
    assert asked == f"Shall I really cancel order {second} ({MUG}, €24.50)? That cannot be undone."
    assert "is cancelled" in talk.say("yes please", "affirm")
    assert (order(process, first).status, order(process, second).status) == ("placed", "cancelled")


def test_of_several_orders_a_customer_chooses_one_by_button_number_or_content(process: ActionProcess) -> None:
    for choose in ("button", "number", "content", "newest"):
        first, second = numbers(2)
        talk = talk_with(
            process, (first, "placed", TEAPOT), (second, "placed", MUG), (numbers(1)[0], "shipped", MUG)
        )
        assert talk.say("cancel my order", "cancel_order") == "Which order shall I cancel?"
        assert talk.titles == [f"{first} · {TEAPOT}", f"{second} · {MUG}"]
        told = {
            "button": lambda talk=talk, first=first: talk.press(first),
            "number": lambda talk=talk, first=first: talk.say(first[3:], "nlu_fallback"),
            "content": lambda talk=talk: talk.say("the teapot one", "nlu_fallback"),
            "newest": lambda talk=talk: talk.say("my latest one", "track_order"),
        }[choose]()
        assert "May I ask why?" in told, choose
        assert talk.form["order_number"] == first


def test_a_no_changes_nothing_and_ends_the_form(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    for refuse in (
        lambda: talk.press("No"),
        lambda: talk.say("no wait, I don't want to cancel it", "cancel_order"),
        lambda: talk.say("nope", "deny"),
    ):
        talk.say(f"cancel {number}", "cancel_order", order_number=number)
        assert refuse() == f"All right, order {number} stays as it is."
        assert talk.form is None
    assert order(process, number).status == "placed"


def test_what_is_no_clear_yes_cancels_nothing(process: ActionProcess) -> None:
    (number,) = numbers(1)
    for text, intent in (
        ("I'm not sure", "affirm"),
        ("hmm", "nlu_fallback"),
        ("yes, what does that cost me?", "check_cancellation_fee"),
        ("/affirm", "affirm"),
    ):
        talk = talk_with(process, (numbers(1)[0], "placed", TEAPOT))
        number = (
            talk.say("cancel", "cancel_order") and talk.press("Rather not say") and talk.form["order_number"]
        )
        assert f"really cancel order {number}" in talk.say(text, intent), text
        assert order(process, number).status == "placed"


def test_a_yes_meant_for_another_question_does_not_count(process: ActionProcess) -> None:
    first, second = numbers(2)
    talk = talk_with(process, (first, "placed", TEAPOT), (second, "placed", MUG))
    talk.say(f"cancel {first}", "cancel_order", order_number=first)
    old = list(talk.buttons)
    talk.say(f"cancel {second}", "cancel_order", order_number=second)
    talk.buttons = old
    assert f"really cancel order {second}" in talk.press("Yes")
    assert {order(process, first).status, order(process, second).status} == {"placed"}


def test_saying_cancel_again_is_a_yes(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say(f"cancel {number}", "cancel_order", order_number=number)
    assert "is cancelled" in talk.say("just cancel it!", "cancel_order")


def test_after_two_misses_a_person_is_offered_and_the_form_is_left(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say(f"cancel {number}", "cancel_order", order_number=number)
    assert talk.say("blub", "nlu_fallback").startswith("Sorry, I did not understand that. | Shall I really")
    assert talk.say("blub blub", "out_of_scope").startswith("I keep misunderstanding you")
    assert talk.titles == ["Talk to a person"]
    assert talk.form is None


def test_an_order_that_has_left_is_refused_with_a_way_out(process: ActionProcess) -> None:
    sent, late, here, gone = numbers(4)
    talk = talk_with(
        process,
        (sent, "shipped", TEAPOT),
        (late, "delayed", MUG),
        (here, "delivered", MUG),
        (gone, "cancelled", MUG),
    )
    for number, words, ways in (
        (sent, "has left us already", ["Talk to a person"]),
        (late, "running late", ["Talk to a person"]),
        (here, "You can send it back until", ["Send it back", "Talk to a person"]),
        (gone, "is cancelled already", []),
    ):
        assert words in talk.say(f"cancel {number}", "cancel_order", order_number=number)
        assert (talk.titles, talk.form) == (ways, None)
    assert "has left us already" in talk.say("cancel my order", "cancel_order")


def test_an_order_that_left_during_the_confirmation_is_not_cancelled(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say(f"cancel {number}", "cancel_order", order_number=number)
    with unit_of_work(process.engine) as session:
        session.connection().exec_driver_sql(
            f"UPDATE customer_order SET status = 'shipped' WHERE order_number = '{number}'"
        )
    assert "has left us already" in talk.press("Yes")
    assert order(process, number).status == "shipped"


def test_somebody_elses_order_is_not_found_and_not_cancelled(process: ActionProcess) -> None:
    mine, other = numbers(2)
    customer_with(process, (other, "placed", MUG))
    talk = talk_with(process, (mine, "placed", TEAPOT))
    told = talk.say(f"cancel {other}", "cancel_order", order_number=other)
    assert told == "I cannot find that order number on your account. Could you check it once more?"
    assert talk.titles == [f"{mine} · {TEAPOT}", "Talk to a person"]
    talk.slots["form"] = {"name": "cancel_order", "asked": "confirm", "order_number": other}
    assert "cannot find that order number" in talk.say("yes", "affirm")
    assert order(process, other).status == "placed"


def test_an_anonymous_visitor_is_asked_to_sign_in(process: ActionProcess) -> None:
    talk = begin_talk(process, None)
    assert "once you are signed in" in talk.say("cancel SL-1234", "cancel_order", order_number="SL-1234")
    assert (talk.titles, talk.form) == (["Talk to a person"], None)


def test_a_person_in_the_midst_of_the_form_is_asked_for_and_the_form_left(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say("cancel", "cancel_order")
    assert "I have asked a colleague to join" in talk.say("a human please", "contact_human_agent")
    assert talk.form is None
    assert causes_of_cases(talk) == ["asked"]


def test_another_question_is_answered_and_the_form_goes_on_once(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT))
    talk.say(f"cancel {number}", "cancel_order", order_number=number)
    told = talk.say("what does cancelling cost?", "check_cancellation_fee")
    assert told.startswith("Cancelling costs nothing")
    assert told.endswith("That cannot be undone.")
    told = talk.say("how can I pay?", "check_payment_methods")
    assert told.startswith("You can pay by")
    assert told.endswith("Just say so when you want to go on.")
    assert talk.form is None
    assert order(process, number).status == "placed"


def test_another_wish_takes_over_and_says_so(process: ActionProcess) -> None:
    waiting, here = numbers(2)
    talk = talk_with(process, (waiting, "placed", TEAPOT), (here, "delivered", MUG))
    talk.say(f"cancel {waiting}", "cancel_order", order_number=waiting)
    told = talk.say("I'd rather return the mugs", "return_item")
    assert told.startswith("I leave that aside for now; nothing was changed.")
    assert "What is wrong with order" in told
    assert talk.form["name"] == "return_item"


def test_too_late_offers_the_return_that_then_begins(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "delivered", MUG))
    talk.say("cancel my order", "cancel_order")
    assert "What is wrong with order" in talk.press("Send it back")
    talk.press("I changed my mind")
    talk.press("Yes, return it")
    assert refund_of(process, number).reason == "no longer wanted"


def test_in_chinese_it_is_the_same(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "placed", TEAPOT), language="zh")
    assert talk.say("我要取消订单", "cancel_order") == (
        f"可以取消订单 {number}（{TEAPOT}）。方便说一下原因吗？几个字就行，不说也没关系。"
    )
    assert "确定要取消订单" in talk.say("太贵了", "competitor_price")
    assert talk.say("确定", "affirm").startswith("办好了：订单")
    assert order(process, number).status == "cancelled"
