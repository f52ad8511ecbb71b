"""What our own actions say, English and Chinese. Fixed answers stand in the bot's domain; these carry facts."""

from datetime import datetime

from db import tables

TALK_TO_A_PERSON = "/contact_human_agent"

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "sign_in": "I can only look at orders once you are signed in to the shop. A colleague can help you without that.",
        "no_orders": "I see no order on your account yet.",
        "unknown_order": "I cannot find that order number on your account. Could you check it once more?",
        "placed": "Order {number} ({items}) is placed and being packed. {when}",
        "shipped": "Order {number} ({items}) is on its way. {when}",
        "delayed": "I am sorry: order {number} ({items}) is running late. {when}",
        "delivered": "Order {number} ({items}) was delivered on {delivered}.",
        "cancelled": "Order {number} ({items}) was cancelled.",
        "returned": "Order {number} ({items}) came back to us as a return.",
        "expected": "It should arrive by {date}.",
        "overdue": "It should have been with you by {date}, and I have no new date yet.",
        "no_date": "I do not have an arrival date for it yet.",
        "return_policy": "You can return anything unused within 30 days of delivery; we pay for the return of damaged or "
        "wrong items. The money goes back the way you paid, usually within 5 working days of the parcel reaching us.",
        "person": "I have asked a colleague to join this chat. They read everything above, so you need not repeat it.",
        "care": "I can see that things have not gone as they should. I am sorry, and I want to help put it right.",
        "handover": "This should not have happened to you. I have asked a colleague to look at it personally; they will "
        "answer here.",
        "offer": "And something from us, only for you:",
        "no_offer": "I have no discount to give away right now, and I would rather say so than promise one.",
        "trouble": "Something on our side is not working. Your message is saved; a colleague can help.",
        "talk": "Talk to a person",
    },
    "zh": {
        "sign_in": "登录商城之后我才能查看订单。您也可以不登录，直接找人工客服。",
        "no_orders": "您的账户里目前还没有订单。",
        "unknown_order": "您的账户下没有查到这个订单号，麻烦再核对一下。",
        "placed": "订单 {number}（{items}）已下单，正在打包。{when}",
        "shipped": "订单 {number}（{items}）已经发出。{when}",
        "delayed": "很抱歉，订单 {number}（{items}）延误了。{when}",
        "delivered": "订单 {number}（{items}）已于 {delivered} 送达。",
        "cancelled": "订单 {number}（{items}）已取消。",
        "returned": "订单 {number}（{items}）已退回我们这里。",
        "expected": "预计 {date} 前送到。",
        "overdue": "原定 {date} 前送到，目前还没有新的时间。",
        "no_date": "目前还没有预计送达时间。",
        "return_policy": "未使用的商品签收后 30 天内都可以退；破损或发错的商品由我们承担运费。我们收到包裹后，一般 5 个工作日内原路退款。",
        "person": "我已经请同事加入这个对话，上面的内容他都能看到，您不用再说一遍。",
        "care": "看得出来这次没有让您满意，真的很抱歉，我想帮您把事情处理好。",
        "handover": "这样的事本不该发生在您身上。我已请同事亲自跟进，会在这里回复您。",
        "offer": "另外，有一份只给您的心意：",
        "no_offer": "我现在没有可以给的优惠，不想随口答应您。",
        "trouble": "我们这边出了点问题，您的消息已经保存，可以找人工客服帮忙。",
        "talk": "找人工客服",
    },
}


def say(key: str, language: str, **facts: str) -> str:
    return WORDS.get(language, WORDS["en"])[key].format(**facts)


def talk_button(language: str) -> dict[str, str]:
    return {"title": say("talk", language), "payload": TALK_TO_A_PERSON}


def order_status(order: tables.Order, language: str, now: datetime) -> str:
    """Where an order is, with dates as this language writes them."""
    facts = {
        "number": order.order_number,
        "items": order.items,
        "when": _arrival(order, language, now),
        "delivered": _date(order.delivered_at, language) if order.delivered_at else "—",
    }
    return say(order.status, language, **facts)


def _arrival(order: tables.Order, language: str, now: datetime) -> str:
    if order.expected_at is None:
        return say("no_date", language)
    key = "expected" if order.expected_at > now else "overdue"
    return say(key, language, date=_date(order.expected_at, language))


def _date(moment: datetime, language: str) -> str:
    return f"{moment.month} 月 {moment.day} 日" if language == "zh" else f"{moment.day} {moment:%B}"
