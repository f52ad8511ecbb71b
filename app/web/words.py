"""What the web process itself says to a customer, in the languages of the widget."""

from datetime import datetime

from app.web.text import known_language

TALK_PAYLOAD = "/contact_human_agent"

_TALK = {"en": "Talk to a person", "zh": "找人工客服"}
_GREETING = {
    "en": "Hello! I am the automated assistant of {shop}. Ask me about orders, returns and products. "
    "To reach a human colleague, press “Talk to a person” or just write it, at any time.",
    "zh": "您好！我是 {shop} 的自动客服助手，可以帮您查询订单、退换货和商品。"
    "如需人工服务，请随时点击“找人工客服”或直接告诉我。",
}
_FALLBACK = {
    "en": "Our assistant is not available right now. Your message is saved, and a colleague will read it and answer here.",
    "zh": "自动助手暂时无法使用。您的消息已保存，我们的同事会查看并在这里回复您。",
}
_ACCEPTED = {
    "en": "Your offer is yours: {title}. Use the code {code} at checkout until {until}.",
    "zh": "优惠已领取：{title}。请在 {until} 前结账时使用优惠码 {code}。",
}
_DECLINED = {
    "en": "Understood, I have put the offer away. Nothing else changes for you.",
    "zh": "好的，这份优惠已为您取消，其他一切照旧。",
}
_STOPPED = {
    "en": "Done: you will get no more messages from us. You can change this under Privacy, and here I still answer you.",
    "zh": "好的，我们不会再给您发送消息。您可以在“隐私”中更改；您在这里提问，我仍会回答。",
}


def greeting(language: str | None, shop: str) -> str:
    return _GREETING[known_language(language)].format(shop=shop)


def fallback(language: str | None) -> str:
    return _FALLBACK[known_language(language)]


def accepted(language: str | None, title: str, code: str, expires_at: datetime) -> str:
    words = _ACCEPTED[known_language(language)]
    return words.format(title=title, code=code, until=f"{expires_at:%Y-%m-%d}")


def declined(language: str | None) -> str:
    return _DECLINED[known_language(language)]


def stopped(language: str | None) -> str:
    return _STOPPED[known_language(language)]


def talk_button(language: str | None) -> dict[str, str]:
    return {"title": _TALK[known_language(language)], "payload": TALK_PAYLOAD}
