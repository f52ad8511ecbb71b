"""What is on file, the newsletter, and leaving."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from actions.answer import Answer
from actions.forms.deleting import DELETE_ACCOUNT
from actions.replies import Reply, Understood, button, tell
from actions.runtime import Said, runtime, utc_now
from actions.words import in_words, say, talk_button
from desk.consent import ANY_CHANNEL, Purpose
from desk.feedback import keep_answer
from desk.shop import Account, ShopUnavailable

_ASKS_HOW = re.compile(r"\b(?:how|what|when|which|where|why)\b|怎么|什么|多久|哪", re.IGNORECASE)


_SUBSCRIPTION = re.compile(r"\bsubscriptions?\b|订阅|订购", re.IGNORECASE)
_MESSAGES = re.compile(
    r"mail|newsletter|\bnews\b|message|\bsms\b|\bads?\b|advert|邮件|消息|通讯|推送|短信|广告", re.IGNORECASE
)


class ActionAccount(Answer):
    """What we know of this customer, and how to change it."""

    def name(self) -> str:
        return "action_account"

    def answer(self, said: Said, understood: Understood) -> Reply:
        fact = runtime().shop_facts.about(understood.intent, said.language) or say(
            "unknown_fact", said.language
        )
        if said.customer is None:
            return tell(fact, talk_button(said.language))
        account = said.shop.account(said.customer.customer_key)
        reply = tell(fact, talk_button(said.language))
        if account is None:
            return reply
        standing = _standing_orders(said, said.customer.customer_key)
        return reply.after(_on_file(account, standing, said.language))


class ActionDeleteAccount(Answer):
    def name(self) -> str:
        return "action_delete_account"

    def answer(self, said: Said, understood: Understood) -> Reply:
        return DELETE_ACCOUNT.start(said, understood)


class ActionNewsletter(Answer):
    """Joins or leaves at once, as asked. A question about it is not a yes."""

    def name(self) -> str:
        return "action_newsletter"

    def answer(self, said: Said, understood: Understood) -> Reply:
        if said.customer is None:
            return _for_anonymous(said, understood)
        if understood.intent == "unsubscribe":
            if _may_mean_subscription(understood) and (standing := _standing(said)):
                return _which_is_meant(said, standing)
            return _leave(said)
        if not understood.pressed and (understood.is_question or _ASKS_HOW.search(understood.text)):
            return _ask(said)
        undo = button(say("newsletter.undo_on", said.language), "unsubscribe")
        return tell(_joined(said), undo, then=partial(_keep, granted=True))


def masked_email(address: str) -> str:
    """Enough to know one's own by: `m•••@example.org`."""
    name, _, host = address.partition("@")
    return f"{name[:1]}•••@{host}"


def _may_mean_subscription(understood: Understood) -> bool:
    text = understood.text
    return not understood.pressed and bool(_SUBSCRIPTION.search(text)) and not _MESSAGES.search(text)


def _standing(said: Said) -> list[str]:
    """None where the shop does not say: mails end all the same."""
    assert said.customer is not None, "asked for verified customers only"
    try:
        return _standing_orders(said, said.customer.customer_key)
    except ShopUnavailable:
        return []


def _which_is_meant(said: Said, standing: Sequence[str]) -> Reply:
    """Nothing is ended by guessing: tea each month and our mails are two things."""
    language = said.language
    text = say("subscription_or_messages", language, facts=_joined_up(standing, language))
    return tell(text, talk_button(language), button(say("newsletter.leave", language), "unsubscribe"))


def _leave(said: Said) -> Reply:
    """A standing order is no newsletter: that it goes on is said, so that nobody takes it for ended."""
    undo = button(say("newsletter.undo_off", said.language), "newsletter_subscription")
    reply = tell(say("newsletter.off", said.language), undo, then=partial(_keep, granted=False))
    if not (standing := _standing(said)):
        return reply
    goes_on = tell(
        say("goes_on", said.language, facts=_joined_up(standing, said.language)), talk_button(said.language)
    )
    return replace(reply, parts=(*reply.parts, *goes_on.parts))


def _standing_orders(said: Said, customer_key: str) -> list[str]:
    return [
        say("next_on", said.language, name=one.name, date=in_words(one.next_at, said.language))
        if one.next_at
        else one.name
        for one in said.shop.subscriptions(customer_key)
        if one.active
    ]


def _joined_up(facts: Sequence[str], language: str) -> str:
    return ("，" if language == "zh" else "; ").join(facts)


def _on_file(account: Account, standing: Sequence[str], language: str) -> str:
    known = [say("name_is", language, name=account.name)] if account.name else []
    known.append(
        say("email_is", language, email=masked_email(account.email))
        if account.email
        else say("no_email", language)
    )
    known.append(
        say("address_is", language, address=account.address)
        if account.address
        else say("no_address", language)
    )
    known += [say("standing", language, name=one) for one in standing]
    return say("on_file", language, facts=_joined_up(known, language))


def _for_anonymous(said: Said, understood: Understood) -> Reply:
    fact = runtime().shop_facts.about("newsletter_subscription", said.language)
    reply = tell(say("sign_in_account", said.language), talk_button(said.language))
    return reply.after(fact) if fact and understood.intent != "unsubscribe" else reply


def _ask(said: Said) -> Reply:
    fact = runtime().shop_facts.about("newsletter_subscription", said.language)
    join = button(say("newsletter.join", said.language), "newsletter_subscription")
    reply = tell(say("newsletter.ask", said.language), join)
    return reply.after(fact) if fact else reply


def _joined(said: Said) -> str:
    email = said.customer.email if said.customer else None
    if not email:
        return say("newsletter.on_no_email", said.language)
    return say("newsletter.on", said.language, email=masked_email(email))


def _keep(said: Said, granted: bool) -> None:
    """Joining is for mail alone; leaving is for every channel."""
    assert said.customer is not None, "only a verified customer's answer is kept"
    channel = "email" if granted else ANY_CHANNEL
    keep_answer(said.session, said.customer.id, Purpose.FOLLOW_UP, granted, utc_now(), "chat", channel)
