"""Sending back, money back, and what came broken."""

from datetime import UTC, datetime

from db import tables
from db.session import unit_of_work
from tests.actions.customers import DAY, causes_of_cases, customer_with, numbers, refund_of, talk_with
from tests.actions.talking import ActionProcess, begin_talk

TEAPOT, MUG = "1 × Teapot", "2 × Mug"


def test_a_return_is_requested_after_what_is_wrong_and_a_yes(process: ActionProcess) -> None:
    (number,) = numbers(1)
    for intent in ("return_item", "get_refund"):
        (number,) = numbers(1)
        talk = talk_with(process, (number, "delivered", TEAPOT), (numbers(1)[0], "shipped", MUG))
        assert talk.say("I want to send it back", intent).startswith("What is wrong with order")
        assert talk.titles == ["It is damaged", "Not what I ordered", "I changed my mind", "Rather not say"]
        asked = talk.say("it drips on the table", "product_question")
        assert asked == f"Shall I request the return of order {number} ({TEAPOT})? You would get €24.50 back."
        assert refund_of(process, number) is None
        done = talk.press("Yes, return it")
        assert done.startswith(f"Done: the return of order {number} is requested. You can return")
        assert done.endswith("Once the parcel is with us, €24.50 go back to you.")
        assert refund_of(process, number).reason == "it drips on the table"
        assert (talk.form, causes_of_cases(talk)) == (None, [])


def test_of_several_orders_the_one_is_chosen(process: ActionProcess) -> None:
    first, second = numbers(2)
    talk = talk_with(process, (first, "delivered", TEAPOT), (second, "delivered", MUG))
    assert talk.say("return something", "return_item") == "Which order is it about?"
    assert talk.press(second).startswith("What is wrong with order")
    talk.press("It is damaged")
    talk.press("Yes")
    assert (refund_of(process, first), refund_of(process, second).reason) == (None, "arrived damaged")


def test_who_means_a_part_of_an_order_is_led_to_a_person(process: ActionProcess) -> None:
    for items, is_offered in ((TEAPOT, False), (MUG, True), ("Teapot, Tray", True), ("茶壶、托盘", True)):
        (number,) = numbers(1)
        talk = talk_with(process, (number, "delivered", items))
        talk.say("return it", "return_item")
        talk.press("I changed my mind")
        assert ("Only a part of it" in talk.titles) == is_offered
        if is_offered:
            talk.press("Only a part of it")
            assert (talk.form, causes_of_cases(talk), refund_of(process, number)) == (None, ["asked"], None)


def test_a_no_requests_nothing(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "delivered", TEAPOT))
    talk.say("return it", "return_item")
    talk.press("I changed my mind")
    assert talk.press("No") == f"All right, I requested no return for order {number}."
    assert refund_of(process, number) is None


def test_what_came_broken_is_a_return_and_a_case_with_what_was_said(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "delivered", TEAPOT))
    asked = talk.say("the teapot came with a broken spout", "damaged_or_wrong_item")
    assert asked.startswith("I am sorry that it reached you like this. | Shall I request the return of order")
    assert causes_of_cases(talk) == []
    assert "I have also asked a colleague" in talk.press("Yes")
    assert refund_of(process, number).reason == "the teapot came with a broken spout"
    assert causes_of_cases(talk) == ["asked"]


def test_what_came_broken_and_cannot_be_sent_back_goes_to_a_person_at_once(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "delivered", TEAPOT))
    deliver(process, number, days_ago=90)
    told = talk.say("the lid broke today all by itself", "damaged_or_wrong_item")
    assert told.startswith("I am sorry, that is not what you paid for. | I have asked a colleague")
    assert (talk.form, causes_of_cases(talk)) == (None, ["asked"])


def test_why_a_return_is_not_possible_is_said_with_a_way_out(process: ActionProcess) -> None:
    waiting, sent, old, gone = numbers(4)
    talk = talk_with(
        process,
        (waiting, "placed", MUG),
        (sent, "shipped", TEAPOT),
        (old, "delivered", MUG),
        (gone, "cancelled", MUG),
    )
    deliver(process, old, days_ago=90)
    for number, words, ways in (
        (waiting, "I can cancel it", ["Cancel the order", "Talk to a person"]),
        (sent, "has not reached you yet", ["Talk to a person"]),
        (old, "are over", ["Talk to a person"]),
        (gone, "was cancelled", ["Talk to a person"]),
    ):
        assert words in talk.say("return it", "return_item", order_number=number)
        assert (talk.titles, talk.form) == (ways, None)


def test_a_return_that_is_requested_already_is_told_with_its_state(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "delivered", TEAPOT))
    for _ in range(2):
        told = talk.say("return it", "return_item", order_number=number)
        if talk.form:
            talk.press("Rather not say")
            talk.press("Yes")
    assert told == (
        f"The refund of €24.50 for order {number} is requested and waits for the parcel to reach us."
    )


def test_an_anonymous_visitor_is_told_how_it_goes_and_to_sign_in(process: ActionProcess) -> None:
    told = begin_talk(process, None).say("return", "return_item")
    assert "within 30 days" in told
    assert "once you are signed in" in told


def test_refunds_are_told_with_amount_state_and_date(process: ActionProcess) -> None:
    paid, asked, denied = numbers(3)
    key = customer_with(
        process, (paid, "returned", MUG), (asked, "delivered", MUG), (denied, "delivered", MUG)
    )
    for number, status, days in ((paid, "paid", 4), (asked, "received", 3), (denied, "denied", 6)):
        keep_refund(process, key, number, status, days)
    talk = begin_talk(process, key)
    told = talk.say("where is my money", "track_refund")
    day = datetime.now(UTC) - DAY
    assert f"The €24.50 for order {paid} were paid back on {day.day} {day:%B}" in told
    assert f"Your return of order {asked} has reached us" in told
    assert f"for order {denied} was declined" in told
    one = talk.say("and that one", "track_refund", order_number=asked)
    assert one == f"Your return of order {asked} has reached us; the €24.50 are being paid back."


def test_no_refund_is_said_with_what_the_shop_says_of_refunds(process: ActionProcess) -> None:
    talk = talk_with(process, (numbers(1)[0], "shipped", MUG))
    told = talk.say("where is my refund", "track_refund")
    assert told.startswith("I see no refund for you. A refund goes back the way you paid")


def test_an_invoice_is_told_with_number_date_total_and_link(process: ActionProcess) -> None:
    first, second = numbers(2)
    key = customer_with(process, (first, "delivered", MUG), (second, "delivered", TEAPOT))
    with unit_of_work(process.engine) as session:
        session.add(
            tables.Invoice(
                order_number=first,
                customer_id=session.get_one(tables.Order, first).customer_id,
                number=f"INV-{first}",
                issued_at=datetime(2026, 3, 4, tzinfo=UTC),
                total=24.5,
                currency="EUR",
                url="https://shop.example/invoice",
            )
        )
    talk = begin_talk(process, key)
    assert talk.say("I need an invoice", "get_invoice") == "For which order do you need the invoice?"
    assert talk.press(first) == (
        f"Invoice INV-{first} for order {first}, of 4 March: €24.50. Here it is: https://shop.example/invoice"
    )
    told = talk.say("and the other", "get_invoice", order_number=second)
    assert told.startswith(f"I have no invoice for order {second} yet. | In your account")


def test_in_chinese_it_is_the_same(process: ActionProcess) -> None:
    (number,) = numbers(1)
    talk = talk_with(process, (number, "delivered", TEAPOT), language="zh")
    assert "有什么问题吗" in talk.say("我要退货", "return_item")
    assert "申请退货，对吗" in talk.press("不想要了")
    assert talk.say("对的", "affirm").startswith(f"办好了：订单 {number} 的退货已申请。未使用的商品")
    assert "已申请，等包裹寄回" in talk.say("退款到哪了", "track_refund")


def deliver(process: ActionProcess, number: str, days_ago: int) -> None:
    with unit_of_work(process.engine) as session:
        session.get_one(tables.Order, number).delivered_at = datetime.now(UTC) - days_ago * DAY


def keep_refund(process: ActionProcess, key: str, number: str, status: str, days: int) -> None:
    with unit_of_work(process.engine) as session:
        session.add(
            tables.Refund(
                order_number=number,
                customer_id=session.get_one(tables.Order, number).customer_id,
                amount=24.5,
                currency="EUR",
                status=status,
                requested_at=datetime.now(UTC) - days * DAY,
                paid_at=datetime.now(UTC) - DAY if status == "paid" else None,
            )
        )
