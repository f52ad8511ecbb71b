"""A rule of follow-ups in plain words, for the command line and, in English and Chinese, for the console."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from desk.rules import Rule, Stop, When

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "decision": "after a chat turn that called for {acts}{band}",
        "band": " at a risk from {low:.0%} to {high:.0%}",
        "escalation_resolved": "after an agent resolved a case as {verdicts}",
        "offer_expiring": "{before} before an offer ends that nobody accepted",
        "quiet": "when a customer did and wrote nothing for {days} days",
        "recovered": "when a customer buys within {within} of a case or an offer",
        "later": "{wait} later",
        "at": "at the next {at:%H:%M} where the customer lives",
        "at_once": "at once",
        "by": "by {channel}",
        "once": "once per conversation",
        "at_most": "at most once in {span} per customer",
        "until": "for {span} after that; later it is not sent",
        "nor_once": "{until}, nor once {stops}",
        "or": " or ",
        "and": ", ",
        "anything": "anything",
        "day": "{n:g} day",
        "days": "{n:g} days",
        "hour": "{n:g} hour",
        "hours": "{n:g} hours",
        "minute": "{n:g} minute",
        "minutes": "{n:g} minutes",
        "email": "e-mail",
        "in_chat": "a message in the chat",
        "sms": "SMS",
        "phone": "a call by an agent",
        "nothing": "nothing",
        "care": "a care message",
        "offer": "an offer",
        "escalate": "a person",
        "not_at_risk": "not at risk",
        "saved": "saved",
        "left": "left",
        "stop_order": "the customer has bought",
        "stop_activity": "the customer has come back",
        "stop_offer_closed": "the offer was accepted or has ended",
    },
    "zh": {
        "decision": "在一次需要{acts}的对话之后{band}",
        "band": "，且风险在 {low:.0%} 至 {high:.0%} 之间",
        "escalation_resolved": "客服把工单结为“{verdicts}”之后",
        "offer_expiring": "无人领取的优惠结束前 {before}",
        "quiet": "客户连续 {days} 天没有任何活动和消息时",
        "recovered": "客户在工单或优惠之后 {within}内购买时",
        "later": "{wait}后",
        "at": "客户当地下一个 {at:%H:%M}",
        "at_once": "立即",
        "by": "通过{channel}",
        "once": "每次对话一次",
        "at_most": "每位客户 {span}内最多一次",
        "until": "此后 {span}内有效，过期不再发送",
        "nor_once": "{until}；{stops}时也不发送",
        "or": "或",
        "and": "，",
        "anything": "任何处理",
        "day": "{n:g} 天",
        "days": "{n:g} 天",
        "hour": "{n:g} 小时",
        "hours": "{n:g} 小时",
        "minute": "{n:g} 分钟",
        "minutes": "{n:g} 分钟",
        "email": "邮件",
        "in_chat": "聊天消息",
        "sms": "短信",
        "phone": "客服致电",
        "nothing": "无需处理",
        "care": "关怀消息",
        "offer": "优惠",
        "escalate": "人工服务",
        "not_at_risk": "本来就没有流失风险",
        "saved": "已挽留",
        "left": "已离开",
        "stop_order": "客户已购买",
        "stop_activity": "客户已回来",
        "stop_offer_closed": "优惠已领取或已结束",
    },
}
CALLED_FOR = ("nothing", "care", "offer", "escalate")
STOPS = {
    Stop.ORDER: "stop_order",
    Stop.ACTIVITY: "stop_activity",
    Stop.OFFER_CLOSED: "stop_offer_closed",
}


class RuleWords(NamedTuple):
    """What a rule says: each a part of a sentence."""

    when: str
    after: str
    channel: str
    often: str
    until: str


def in_words(rule: Rule, language: str = "en") -> RuleWords:
    words = WORDS[language]
    by = words["by"].format(channel=words[rule.channel])
    return RuleWords(
        _when(rule, language), _after(rule, language), by, _often(rule, language), _until(rule, language)
    )


def span(duration: timedelta, language: str = "en") -> str:
    """Such as `36 hours` or `5 days`: days where they come out even."""
    hours = duration / timedelta(hours=1)
    number, unit = (hours / 24, "day") if hours >= 24 and hours % 24 == 0 else (hours, "hour")
    if number < 1:
        number, unit = duration / timedelta(minutes=1), "minute"
    return WORDS[language][unit if number == 1 else f"{unit}s"].format(n=number)


def _when(rule: Rule, language: str) -> str:
    words = WORDS[language]
    tell = words[rule.when].format
    match rule.when:
        case When.DECISION:
            band = words["band"].format(low=rule.risk[0], high=rule.risk[1]) if rule.risk else ""
            return tell(acts=_any_of(rule.decisions or CALLED_FOR, language), band=band)
        case When.ESCALATION_RESOLVED:
            return tell(verdicts=_any_of(rule.verdicts, language))
        case When.OFFER_EXPIRING:
            return tell(before=span(rule.before or timedelta(), language))
        case When.QUIET:
            return tell(days=rule.days)
        case When.RECOVERED:
            return tell(within=span(rule.within or timedelta(), language))


def _after(rule: Rule, language: str) -> str:
    words = WORDS[language]
    waited = words["later"].format(wait=span(rule.wait, language)) if rule.wait else ""
    at = words["at"].format(at=rule.at) if rule.at else ""
    return words["and"].join(filter(None, (waited, at))) or words["at_once"]


def _often(rule: Rule, language: str) -> str:
    words = WORDS[language]
    if rule.at_most is None:
        return words["once"]
    return words["at_most"].format(span=span(rule.at_most, language))


def _until(rule: Rule, language: str) -> str:
    words = WORDS[language]
    until = words["until"].format(span=span(rule.valid_for, language))
    stops = words["or"].join(words[STOPS[stop]] for stop in Stop if stop in rule.cancelled_by)
    return words["nor_once"].format(until=until, stops=stops) if stops else until


def _any_of(keys: Iterable[str] | None, language: str) -> str:
    words = WORDS[language]
    return words["or"].join(sorted(words[key] for key in keys)) if keys else words["anything"]
