"""What is on file, news by mail, leaving, and what only a person may do."""

from datetime import UTC, datetime

import pytest
from sqlmodel import select

from db import tables
from db.session import read_only, unit_of_work
from tests.actions.customers import causes_of_cases, customer_with, numbers, talk_with
from tests.actions.talking import ActionProcess, Talk, begin_talk

MUG = "2 × Mug"


def test_what_is_on_file_is_told_with_the_email_masked_and_how_to_change_it(process: ActionProcess) -> None:
    talk = talk_with(process)
    told = talk.say("change my email", "edit_account")
    assert told.startswith(
        "This is what we have on file: name Ana Lim; e-mail a•••@example.org; your next order goes to 1 Old Road, Leeds."
    )
    assert "My details" in told
    assert "Addresses" in talk.say("add an address", "set_up_shipping_address")


def test_an_anonymous_visitor_is_told_how_and_nothing_of_an_account(process: ActionProcess) -> None:
    told = begin_talk(process, None).say("change my email", "edit_account")
    assert "My details" in told
    assert "on file" not in told


def test_news_by_mail_begin_at_once_and_end_at_once(process: ActionProcess) -> None:
    talk = talk_with(process)
    told = talk.say("sign me up for the newsletter", "newsletter_subscription")
    assert told.startswith("Done: news from us now comes to a•••@example.org.")
    assert answers(talk) == [("follow_up", "email", True)]
    assert talk.press("Leave it again").startswith("Done: you get no more messages of that kind")
    assert answers(talk)[1:] == [("follow_up", "any", False)]
    talk.press("Sign me up again")
    assert answers(talk)[2:] == [("follow_up", "email", True)]


def test_a_question_about_the_newsletter_signs_nobody_up(process: ActionProcess) -> None:
    talk = talk_with(process)
    for text in ("how often does the newsletter come", "is there a newsletter?"):
        assert "Shall I sign you up now?" in talk.say(text, "newsletter_subscription")
    assert answers(talk) == []
    talk.press("Sign me up")
    assert answers(talk) == [("follow_up", "email", True)]


def test_a_standing_order_is_on_file_and_is_not_ended_with_the_newsletter(process: ActionProcess) -> None:
    talk = talk_with(process)
    with unit_of_work(process.engine) as session:
        who = session.get_one(tables.Conversation, talk.conversation_id).customer_id
        when = datetime(2027, 5, 2, tzinfo=UTC)
        session.add(tables.Subscription(customer_id=who, name="Tea of the month", next_at=when))
        session.add(tables.Subscription(customer_id=who, name="Old one", active=False))
    assert "; subscription Tea of the month (next on 2 May)." in talk.say("my details", "edit_account")
    told = talk.say("unsubscribe", "unsubscribe")
    assert told.startswith("Done: you get no more messages")
    assert told.endswith(
        "Your subscription goes on as it is: Tea of the month (next on 2 May). A colleague can change or end it."
    )
    assert answers(talk) == [("follow_up", "any", False)]


def test_for_an_anonymous_visitor_nothing_is_kept(process: ActionProcess) -> None:
    talk = begin_talk(process, None)
    for intent in ("newsletter_subscription", "unsubscribe"):
        assert "once you are signed in" in talk.say("newsletter", intent)


def test_an_account_is_deleted_by_a_person_after_a_yes(process: ActionProcess) -> None:
    talk = talk_with(process)
    assert talk.say("delete my account", "delete_account").startswith("Shall I ask for your account")
    assert causes_of_cases(talk) == []
    assert talk.press("No, keep it") == "All right, your account stays as it is."
    assert (talk.form, causes_of_cases(talk)) == (None, [])
    talk.say("delete my account", "delete_account")
    assert talk.press("Yes, delete it").startswith("That is your decision, and we respect it.")
    assert (talk.form, causes_of_cases(talk)) == (None, ["asked"])


@pytest.mark.parametrize(
    ("intent", "words"),
    [
        ("payment_issue", "Please do not pay again"),
        ("change_order", "Write here what goes out and what comes in"),
        ("complaint", "I am sorry we let you down"),
    ],
)
def test_a_person_gets_the_case_with_the_order_in_question(
    process: ActionProcess, intent: str, words: str
) -> None:
    number, older = numbers(2)
    talk = talk_with(process, (number, "shipped", MUG), (older, "delivered", MUG))
    told = talk.say("this is not right", intent)
    assert words in told
    assert told.endswith(f"It is about order {number} ({MUG}): I told them that too.")
    assert causes_of_cases(talk) == ["asked"]
    assert older in talk.say("no, the other", intent, order_number=older)
    assert causes_of_cases(talk) == ["asked"]


def test_an_anonymous_visitor_may_complain_to_a_person_but_not_change_an_order(
    process: ActionProcess,
) -> None:
    talk = begin_talk(process, None)
    assert "once you are signed in" in talk.say("swap it", "change_order")
    assert causes_of_cases(talk) == []
    assert "let you down" in talk.say("you are awful", "complaint")
    assert causes_of_cases(talk) == ["asked"]


def test_in_chinese_it_is_the_same(process: ActionProcess) -> None:
    talk = begin_talk(process, customer_with(process), "zh")
    assert talk.say("改邮箱", "edit_account").startswith(
        "我们这里登记的是：姓名 Ana Lim，邮箱 a•••@example.org"
    )
    assert talk.say("订阅邮件", "newsletter_subscription").startswith("办好了：我们的消息会发到")
    assert "要为您申请注销账户吗" in talk.say("注销账号", "delete_account")
    assert talk.say("不", "deny") == "好的，账户保持不变。"


def answers(talk: Talk) -> list[tuple[str, str, bool]]:
    with read_only(talk.process.engine) as session:
        conversation = session.get_one(tables.Conversation, talk.conversation_id)
        query = select(tables.Consent).where(tables.Consent.customer_id == conversation.customer_id)
        return [
            (kept.purpose, kept.channel, kept.granted)
            for kept in session.exec(query.order_by(tables.Consent.id))
        ]
