"""Where is my order: one, several, late, unknown."""

from tests.actions.customers import numbers, talk_with
from tests.actions.talking import ActionProcess

TEAPOT, MUG = "1 × Teapot", "2 × Mug"


def test_of_several_underway_the_customer_chooses_and_is_told(process: ActionProcess) -> None:
    first, second, here = numbers(3)
    talk = talk_with(process, (first, "placed", TEAPOT), (second, "shipped", MUG), (here, "delivered", MUG))
    assert talk.say("where is my order", "track_order") == (
        f"You have several orders on the way: {first}, {second}. Which one do you mean?"
    )
    assert talk.titles == [f"{first} · {TEAPOT}", f"{second} · {MUG}"]
    assert talk.press(second).startswith(f"Order {second} ({MUG}) is on its way. It should arrive by")
    assert talk.form is None
    assert talk.slots["order_number"] == second


def test_who_asks_again_instead_of_choosing_is_told_of_them_all(process: ActionProcess) -> None:
    first, second = numbers(2)
    talk = talk_with(process, (first, "placed", TEAPOT), (second, "shipped", MUG))
    talk.say("where is my order", "track_order")
    told = talk.say("where is my order??", "track_order")
    assert f"Order {first}" in told
    assert f"Order {second}" in told
    assert talk.form is None


def test_after_a_number_that_is_not_theirs_the_only_order_is_told(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "shipped", MUG))
    assert "cannot find that order number" in talk.say("SL-000042?", "track_order", order_number="SL-000042")
    assert talk.say("where is my order?", "track_order").startswith(f"Order {number} ({MUG}) is on its way.")


def test_a_delay_is_about_the_late_order_and_offers_a_person(process: ActionProcess) -> None:
    late, other = numbers(2)
    talk = talk_with(process, (other, "shipped", MUG), (late, "delayed", TEAPOT))
    assert talk.say("it is late", "delivery_delay").startswith(f"I am sorry: order {late}")
    assert talk.titles == ["Talk to a person"]


def test_the_order_spoken_of_is_the_one_that_is_then_cancelled(process: ActionProcess) -> None:
    first, second = numbers(2)
    talk = talk_with(process, (first, "placed", TEAPOT), (second, "placed", MUG))
    talk.say(f"where is {second}", "track_order", order_number=second)
    talk.say("cancel it then", "cancel_order")
    assert f"really cancel order {second}" in talk.press("Rather not say")


def test_with_nothing_underway_the_newest_order_is_told(process: ActionProcess) -> None:
    here, older = numbers(2)
    talk = talk_with(process, (here, "delivered", TEAPOT), (older, "cancelled", MUG))
    assert f"Order {here} ({TEAPOT}) was delivered on" in talk.say("where is it", "track_order")


def test_without_any_order_it_is_said(process: ActionProcess) -> None:
    assert talk_with(process).say("where is it", "track_order") == "I see no order on your account yet."
