"""What our own actions say, English and Chinese. Fixed answers stand in the bot's domain; these carry facts.

What is said for one purpose stands in a catalogue of its own, such as `order_words`.
"""

from datetime import datetime

from actions.account_words import ACCOUNT_WORDS
from actions.form_words import FORM_WORDS
from actions.order_words import ORDER_WORDS
from actions.product_words import PRODUCT_WORDS
from desk.shop import Order

TALK_TO_A_PERSON = "/contact_human_agent"

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "unknown_fact": "I don't know that, and I would rather not guess. Shall I ask a colleague?",
        "person": "I have asked a colleague to join this chat. They read everything above, so you need not repeat it.",
        "offer": "And something from us, only for you:",
        "offer_better": "And something better from us, in place of the offer before:",
        "no_offer": "I have no discount to give away right now, and I would rather say so than promise one.",
        "shop_unavailable": "I cannot reach the shop's records right now, so I do not know. I have asked a colleague to look; "
        "they answer here, and you can ask me again in a while.",
        "trouble": "Something on our side is not working. Your message is saved; a colleague can help.",
        "talk": "Talk to a person",
    },
    "zh": {
        "unknown_fact": "这个我不清楚，不想乱说。要不要我请同事来回答？",
        "person": "我已经请同事加入这个对话，上面的内容他都能看到，您不用再说一遍。",
        "offer": "另外，有一份只给您的心意：",
        "offer_better": "另外，给您换一份更好的，代替之前那份：",
        "no_offer": "我现在没有可以给的优惠，不想随口答应您。",
        "shop_unavailable": "我现在查不到商城的记录，所以无法确定。我已请同事查看，会在这里回复您；您也可以过一会儿再问我。",
        "trouble": "我们这边出了点问题，您的消息已经保存，可以找人工客服帮忙。",
        "talk": "找人工客服",
    },
}
CATALOGUES = (WORDS, ORDER_WORDS, FORM_WORDS, ACCOUNT_WORDS, PRODUCT_WORDS)
_EVERY = {
    language: {key: text for catalogue in CATALOGUES for key, text in catalogue[language].items()}
    for language in WORDS
}
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥"}


def say(key: str, language: str, **facts: str) -> str:
    return _EVERY.get(language, _EVERY["en"])[key].format(**facts)


def talk_button(language: str) -> dict[str, str]:
    return person_button(say("talk", language))


def person_button(title: str) -> dict[str, str]:
    """Whatever it says, it leads to a person."""
    return {"title": title, "payload": TALK_TO_A_PERSON}


def money(amount: float, currency: str) -> str:
    sign = _SIGNS.get(currency)
    return f"{sign}{amount:,.2f}" if sign else f"{amount:,.2f} {currency}"


def order_status(order: Order, language: str, now: datetime) -> str:
    """Where an order is, with dates as this language writes them."""
    facts = {
        "number": order.number,
        "items": order.items,
        "when": _arrival(order, language, now),
        "delivered": in_words(order.delivered_at, language) if order.delivered_at else "—",
    }
    return say(order.status, language, **facts)


def _arrival(order: Order, language: str, now: datetime) -> str:
    if order.expected_at is None:
        return say("no_date", language)
    key = "expected" if order.expected_at > now else "overdue"
    return say(key, language, date=in_words(order.expected_at, language))


def in_words(moment: datetime, language: str) -> str:
    """The day, as this language writes it."""
    return f"{moment.month} 月 {moment.day} 日" if language == "zh" else f"{moment.day} {moment:%B}"
