"""Puts speeches into words: pick a pattern, add a second thought, roughen it as people type, fill it."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from app.demo.facts import Speech
from app.demo.phrases import CHATS, REPLIES, REVIEWS
from app.demo.products import PRODUCTS, Product

Said = tuple[datetime, str, str]  # time, role, words

_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")
_LONG_WORD: Final = re.compile(r"(?<![{\w'])[a-z]{5,}(?![}\w'])")
_SLIPS_ZH: Final = (
    ("再", "在"),
    ("已经", "以经"),
    ("的时候", "得时候"),
    ("没", "木"),
    ("真的", "真滴"),
    ("这样", "酱紫"),
)
_ENDS_EN: Final = {
    -2: ("!!", " >:(", "...", " 😡"),
    -1: ("...", " :(", " :/"),
    0: ("", "."),
    1: (" :)", "!", " 👍"),
    2: ("!!", " ❤️", " 😍"),
}
_ENDS_ZH: Final = {
    -2: ("！！！", "😡", "……"),
    -1: ("……", "😔", "。。。"),
    0: ("", "。"),
    1: ("～", "👍", ""),
    2: ("！！", "❤️", "～～", "😍"),
}
_TROUBLES: Final = ("late", "broken", "wrong", "refund", "price", "rival", "subscription")


class Writer:
    """Writes with one generator in one language, so the same world has the same words."""

    def __init__(self, rng: np.random.Generator, language: str) -> None:
        self.rng, self.language = rng, language

    def review(self, speech: Speech) -> str:
        if speech.said:
            return self.fill(speech.said[0][1], speech)
        bank = REVIEWS[self.language][str(speech.tone)]
        thoughts = [self.pattern(bank, speech.topic)]
        if speech.topic != "shrug" and self.chance(0.5):
            thoughts.append(self.pick(bank["tail"]))
        if speech.topic not in ("shrug", "any") and self.chance(0.2):
            thoughts.insert(int(self.rng.integers(2)), self.pick(bank["any"]))
        return self.worded(thoughts, speech)

    def chat(self, speech: Speech) -> list[Said]:
        """The whole conversation in order, ending within two hours of its start."""
        turns = list(speech.said) or self.turns(speech)
        said: list[Said] = []
        now = speech.time
        for role, words in turns:
            if said:  # the bot answers in seconds, people take their time
                low, high = (3, 10) if role == "bot" else (30, 600)
                now += timedelta(seconds=int(self.rng.integers(low, high)))
            said.append((now, role, self.fill(words, speech)))
        return said

    def turns(self, speech: Speech) -> list[tuple[str, str]]:
        bank, replies = CHATS[self.language][str(speech.tone)], REPLIES[self.language]
        # A tone that has nothing to say on a topic says thanks instead.
        topic = speech.topic if speech.topic in bank else "thanks"
        turns = [("customer", self.ask(bank[topic], speech)), ("bot", self.pick(replies["bot"][topic]))]
        if self.chance(0.35):
            follow = "wait" if "wait" in bank and topic in _TROUBLES else "follow"
            turns.append(("customer", self.ask(bank[follow], speech)))
        if speech.outcome != "none":
            agent = replies["agent"]
            turns.append(("agent", self.pick(agent.get(f"{speech.outcome}-{topic}", agent[speech.outcome]))))
        if self.chance(0.3):
            turns.append(
                ("customer", self.ask(CHATS[self.language][str(closing_tone(speech))]["close"], speech))
            )
        return turns

    def ask(self, patterns: tuple[str, ...], speech: Speech) -> str:
        return self.worded([self.pick(patterns)], speech)

    def pattern(self, bank: dict[str, tuple[str, ...]], topic: str) -> str:
        fitting = bank.get(topic, ())
        if topic in ("pot", "cup"):
            fitting += bank["ware"]
        return self.pick(bank["any"] if not fitting or self.chance(0.15) else fitting)

    def worded(self, thoughts: list[str], speech: Speech) -> str:
        rough = self.rough_zh if self.language == "zh" else self.rough_en
        chosen = [
            self.fill(thought, speech, lambda pattern: rough(pattern, speech.tone)) for thought in thoughts
        ]
        return (" " if self.language == "en" else "").join(closed(chosen, self.language))

    def fill(self, pattern: str, speech: Speech, rough: Callable[[str], str] = str) -> str:
        """Choices first, then roughening, then slots: names and numbers stay whole."""
        text = _CHOICE.sub(lambda match: self.pick(tuple(match[1].split("|"))), pattern)
        text = rough(text)
        if "{" not in text:
            return text
        other = self.other_than(speech.product)
        return text.format(
            product=speech.product.said(self.language),
            other=other.said(self.language),
            order=speech.order.number
            if speech.order
            else ("my order" if self.language == "en" else "我的订单"),
            days=speech.days,
            percent=int(self.rng.integers(3, 9)) * 5,
        )

    def other_than(self, product: Product) -> Product:
        at = PRODUCTS.index(product) + int(self.rng.integers(1, len(PRODUCTS)))
        return PRODUCTS[at % len(PRODUCTS)]

    def rough_en(self, text: str, tone: int) -> str:
        if self.chance(0.18):
            text = text[0].lower() + text[1:].replace(" I ", " i ").replace("I'", "i'")
        if self.chance(0.08):
            text = text.replace("'", "")
        if self.chance(0.14):
            text = _LONG_WORD.sub(lambda match: self.slip(match[0]), text, count=1)
        return self.ended(text, tone, _ENDS_EN, ".")

    def rough_zh(self, text: str, tone: int) -> str:
        if self.chance(0.12):
            text = text.replace("，", " ")
        if self.chance(0.1):
            right, wrong = _SLIPS_ZH[int(self.rng.integers(len(_SLIPS_ZH)))]
            text = text.replace(right, wrong, 1)
        return self.ended(text, tone, _ENDS_ZH, "。")

    def ended(self, text: str, tone: int, ends: dict[int, tuple[str, ...]], stop: str) -> str:
        if text.endswith(stop) and not text.endswith("..") and self.chance(0.25):
            return text[: -len(stop)] + (self.pick(ends[tone]) if self.chance(0.6) else "")
        return text

    def slip(self, word: str) -> str:
        """A swapped or a missing letter, never the first."""
        at = int(self.rng.integers(1, len(word) - 1))
        if self.chance(0.5):
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :]

    def pick(self, options: tuple[str, ...]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)


def closing_tone(speech: Speech) -> int:
    """How the chat ends: better once it is put right, worse once it is refused."""
    change = {"mended": 2, "refused": -1, "open": 0}.get(speech.outcome, 0)
    return min(2, max(-2, speech.tone + change))


def closed(thoughts: list[str], language: str) -> list[str]:
    """Gives every thought but the last an end, so that joined sentences do not run together."""
    stop = "，" if language == "zh" else "."
    ends = ".!?)。！？～…，😡😔👍❤️😍"
    return [t if n == len(thoughts) - 1 or t[-1] in ends else t + stop for n, t in enumerate(thoughts)]
