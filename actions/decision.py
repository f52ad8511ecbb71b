"""Last on every customer turn: what the decision newly brought, or nothing, after the answer."""

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions import care_words
from actions.runtime import Said, runtime
from actions.words import say, talk_button
from db import tables
from desk import flow
from desk.decide import Act
from desk.escalations import open_case
from desk.hearing import Heard
from desk.offers import offers_of

Card = dict[str, Any]


def show(dispatcher: CollectingDispatcher, cards: list[Card]) -> None:
    """Utter these cards in their order."""
    for card in cards:
        if "offer" in card:
            dispatcher.utter_message(json_message=card)
        else:
            dispatcher.utter_message(text=card["text"], buttons=card.get("buttons"))


def decision_cards(said: Said, shown_already: bool = False, person_asked: bool = False) -> list[Card]:
    """What this turn's decision newly brought, ready to be shown: words with buttons, then an offer under `offer`.
    Empty when it brought nothing. Asked twice, it gives the same.

    `shown_already`: the answer itself showed the offer. `person_asked`: it said that a colleague comes.
    """
    turn = flow.turn_of(said.session, said.message)
    if turn is None:
        return []
    decision = turn[1]
    return [*_words(said, decision, person_asked), *([] if shown_already else _offer(said, decision))]


def offer_card(offer: tables.Offer, language: str, words: str = "offer") -> Card:
    """The message that shows an offer, after our `words` of that name; its code is told on accepting only."""
    shown = {
        "id": offer.id,
        "title": offer.title,
        "percent": offer.percent,
        "expires_at": offer.expires_at.isoformat(),
    }
    return {"text": say(words, language), "offer": shown}


def _words(said: Said, decision: tables.Decision, person_asked: bool) -> list[Card]:
    """Help before any offer: a colleague, the care message, or another answer to the same complaint."""
    heard, language = Heard.from_row(decision.heard), said.language
    if Act.ESCALATION in decision.carried_out:
        handed = care_words.handover(heard, language, person_asked=person_asked)
        return [{"text": handed}] if handed else []
    case_open = _case_open(said)
    text = _help(heard, decision, language, case_open)
    if text is None or (person_asked and Act.CARE not in decision.carried_out):
        return []
    return [{"text": text, "buttons": [] if person_asked or case_open else [talk_button(language)]}]


def _help(heard: Heard, decision: tables.Decision, language: str, case_open: bool) -> str | None:
    """The care message once, and later other words for who says the same again."""
    often = runtime().policy.care_after_asked
    if Act.CARE in decision.carried_out:
        return care_words.care(heard, language, often, case_open=case_open)
    if heard.in_a_row > 1:
        return care_words.again(heard, language, case_open=case_open)
    return (
        care_words.asked_again(heard, language, case_open=case_open) if heard.times_asked == often else None
    )


def _case_open(said: Said) -> bool:
    return open_case(said.session, said.conversation.id) is not None


def _offer(said: Said, decision: tables.Decision) -> list[Card]:
    if Act.OFFER not in decision.carried_out:
        return []
    made = offers_of(said.session, said.conversation.id)
    words = "offer_better" if any(offer.status == "replaced" for offer in made) else "offer"
    return [
        offer_card(offer, said.language, words)
        for offer in made
        if offer.decision_id == decision.id and offer.status == "made"
    ]
