"""The console in Chinese: no sentence of our own is left in English, on no page and in no refusal."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest
from sqlmodel import Session

from app.rule_words import WORDS, in_words, span
from app.web.console_words import catalogue, kept
from app.web.identity import hash_of
from db import tables
from db.session import unit_of_work
from desk.decide import Situation, decide
from desk.rules import load_rules
from desk.send_gate import REFUSALS
from risk_model.risk import Reliability, Risk, Status
from tests.app.web.test_console import REASON, risky_case
from tests.app.web.test_panel import KEY, free_customer
from tests.app.web.world import World

SILENT = {"script", "style", "title", "option", "kbd"}
SENTENCE = re.compile(r"[A-Za-z]['A-Za-z]+(?:[ ,:;]+[A-Za-z]['A-Za-z]+){2,}")
NOT_OURS = ("Stayline", "Fern & Finch", "Ana Lee", "15 % off your next order")


class Texts(HTMLParser):
    """What a person reads or is read: texts, labels and what fields suggest. Customers' words and what is
    marked as English may be English.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.stack: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        for name in (
            "aria-label",
            "placeholder",
            "title",
            "alt",
            "data-left",
            "data-over",
            "data-words",
            "data-told",
        ):
            self.found += [facts[name] or ""] if name in facts else []
        if tag not in ("meta", "link", "input", "img", "br", "rect", "line", "circle", "polyline"):
            self.stack.append(
                (tag, facts.get("lang") == "en" or "data-text" in facts or facts.get("dir") == "auto")
            )

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(tag in SILENT or theirs for tag, theirs in self.stack):
            self.found.append(" ".join(data.split()))


def texts_of(html: str) -> list[str]:
    reader = Texts()
    reader.feed(html)
    return reader.found


def ours_in_english() -> set[str]:
    """Every text of the catalogues without facts that reads differently in Chinese."""
    english, chinese = catalogue()["en"], catalogue()["zh"]
    texts = {text for key, text in english.items() if isinstance(text, str) and text != chinese[key]}
    return {text for text in texts | set(WORDS["en"].values()) if "{" not in text and len(text) > 3}


def left_in_english(html: str) -> list[str]:
    """Texts of ours, and whatever else reads as three English words in a row."""
    ours = ours_in_english()
    texts = texts_of(html)
    for theirs in NOT_OURS:
        texts = [text.replace(theirs, "") for text in texts]
    return [text for text in texts if text in ours or SENTENCE.search(text)]


def lead(world: World) -> httpx.Client:
    agent = world.agent("Mia")
    with unit_of_work(world.engine) as session:
        found = session.get_one(tables.AgentSession, hash_of(agent.cookies["stayline_agent"]))
        session.get_one(tables.Agent, found.agent_id).role = "lead"
    agent.cookies.set("stayline_language", "zh")
    return agent


def past(world: World, session: Session, case: int) -> str:
    """Everything that a panel and a why page can tell of a customer; gives the customer's key."""
    escalation = session.get_one(tables.Escalation, case)
    customer = session.get_one(tables.Customer, escalation.customer_id)
    customer.name, customer.phone = "Ana Lee", "+4915112345678"
    now = world.clock()
    for number, (status, reason) in enumerate(
        (
            ("sent", "taken: 250 ok"),
            ("cancelled", "the customer unsubscribed"),
            ("cancelled", "check_back was planned in its place"),
            ("expired", "2 messages within 7 days are enough, and later would be too late"),
            ("dead", "given up after 3 attempts: could not be prepared; the log says why"),
            ("failed", "the mail server refused this address for good"),
            ("pending", None),
        )
    ):
        row = tables.FollowUp(
            idempotency_key=f"zh:{case}:{number}", customer_id=customer.id, rule="care_message", channel="email",
            details={"planned_by": "Mia"} if number == 1 else {}, planned_at=now, due_at=now,
            not_after=now + timedelta(days=1), status=status, status_reason=reason, attempts=number,
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add_all(
            tables.GateAnswer(
                follow_up_id=row.id, customer_id=customer.id, time=now, answer="later", reason=told, until=now
            )
            for told in ("a human has the chat", "quiet hours where the customer lives")
        )
    for kind, told in (
        ("escalate", "risk 0.78 is at or above 0.60 for the second turn in a row"),
        ("care", "asked 3 times “ok”, bought nothing since; risk 0.21 is below 0.30"),
    ):
        session.add(
            tables.Decision(
                customer_id=customer.id,
                conversation_id=escalation.conversation_id,
                risk_id=escalation.risk_id,
                time=now, kind=kind, reason=told,
                planned=["offer", "follow_up"], carried_out=["care"], held_out=kind == "care", propensity=1.0,
            )
        )  # fmt: skip
    return customer.customer_key


def test_no_page_of_the_console_has_a_sentence_of_ours_in_english(world: World) -> None:
    agent = lead(world)
    customer = free_customer(world)
    risky_case(world, customer, "在哪里", 0.3)
    case = risky_case(world, customer, "太慢了")
    with unit_of_work(world.engine) as session:
        key = past(world, session, case)
        quoted = {**REASON, "kind": "text", "quote": "太慢了", "source": "chat"}
        risk = session.get_one(tables.Risk, session.get_one(tables.Escalation, case).risk_id)
        risk.reasons, risk.reliability_reason = [REASON, quoted], "behaviour and own words"
    at = f"/console/cases/{case}"
    pages = {"unclaimed": agent.get(at)}
    agent.post(f"{at}/claim")
    agent.post(f"{at}/note", data={"text": "给同事"})
    pages |= {
        name: agent.get(path)
        for name, path in (
            ("queue", "/console"), ("mine", "/console?show=mine"), ("snoozed", "/console?show=snoozed"),
            ("nothing found", "/console?search=nobody"), ("case", at), ("rules", "/console/rules"),
            ("rule", "/console/rules/check_back"), ("overview", "/console/overview"), ("why", f"/console/customers/{key}/why"),
            ("nothing there", "/console/nothing"), ("no case", "/console/cases/999999"), ("no rule", "/console/rules/none"),
        )
    }  # fmt: skip
    pages |= {
        name: agent.post(f"{at}/{act}", data=data)
        for name, act, data in (
            ("no reason", "offer/decline", KEY), ("no moment", "follow-up", {"rule": "check_back"}),
            ("too many days", "offer", {**KEY, "days": "500"}), ("no offer", "offer", {"key": "x", "days": "1"}),
            ("open facts", "reply", {"text": "{order}"}), ("no time", "snooze", {}), ("long ago", "snooze", {"minutes": "-5"}),
            ("no verdict", "resolve", {"reason": "x"}), ("empty", "reply", {"text": " "}),
            ("too long", "note", {"text": "x" * 5000}), ("not a number", "offer", {**KEY, "days": "x"}),
            ("no verdict of a review", "contests/1", {"reason": "x"}), ("no call", "calls/99999", {"result": "reached"}),
        )
    }  # fmt: skip
    pages["bad address"] = agent.post(
        "/console/rules/check_back/test", data={"channel": "sms", "to": "x", "language": "zh"}
    )
    pages["other's"] = lead(world).post(f"{at}/claim")
    agent.post(f"{at}/resolve", data={"verdict": "saved", "reason": "好了"})
    pages["resolved"] = agent.get(at)
    pages["sign in"] = world.browser(**{"Accept-Language": "zh-CN"}).get("/console/login")
    assert {name: page.status_code for name, page in pages.items() if page.status_code in (303, 500)} == {}
    found = {name: left_in_english(page.text) for name, page in pages.items()}
    assert [text for texts in found.values() for text in texts] == []


def test_the_test_itself_finds_english() -> None:
    assert left_in_english("<p>Show all open cases</p>") == ["Show all open cases"]
    assert left_in_english('<p lang="en">Show all open cases</p><p>显示</p>') == []


def test_every_reason_that_the_gate_and_decisions_give_is_told_in_chinese(world: World) -> None:
    policy, now = world.settings.policy, world.clock()
    told = [reason for _, reason in REFUSALS]
    for probability in (None, 0.05, 0.4, 0.65, 0.8, 0.99):
        for situation in (
            Situation(),
            Situation(before=0.9),
            Situation(escalated=True),
            Situation(asked="x", times_asked=9),
        ):
            status = Status.UNKNOWN if probability is None else Status.SCORED
            risk = Risk(
                "k", now, status, Reliability.LOW, "nothing bought or done yet", probability=probability
            )
            told.append(decide(risk, situation, policy).reason)
    assert [reason for reason in told if re.search(r"[a-z]{3}", kept(reason, "zh"))] == []
    assert [kept(reason, "en") for reason in told] == told


def test_rules_are_told_in_chinese(world: World) -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    rules = load_rules(None)
    told = [word for rule in rules.rules for word in in_words(rule, "zh")] + [span(rules.limits.period, "zh")]
    assert [word for word in told if re.search("[a-z]", word)] == []


@pytest.mark.parametrize(
    ("sentence", "chinese"),
    [
        ("placed", "已下单"),
        ("it was sent after 1 attempt: taken: 250 ok", "尝试 1 次后已发送：已被接收：250 ok"),
        ("<b>of nobody's</b>", "&lt;b&gt;of nobody&#39;s&lt;/b&gt;"),
        ("called: <b>", "已拨打：&lt;b&gt;"),
    ],
    ids=["whole", "facts that are sentences", "unknown", "a fact is escaped"],
)
def test_kept_sentence_is_told_with_its_facts_and_what_is_unknown_stays(sentence: str, chinese: str) -> None:
    assert kept(sentence, "zh") == chinese
