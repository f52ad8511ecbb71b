"""Plays a conversation against a running shop: the customer's browser, the agent's, and what must come of it."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from app.settings import Settings
from app.web.identity import mint_identity
from tests.conversations.browser import Browser
from tests.conversations.checks import CHECKS, GOES_TO, Seen, check_of
from tests.conversations.people import Casting, NobodyLikeThat, Person
from tests.conversations.script import Mistake, Script, Step
from tests.conversations.telling import Other, buttons_of, holds, quoted, titles
from tests.support.chat import Chat
from tests.support.shop import Shop

SILENCE_SECONDS = 1
WRITES = ("customer", "customer presses", "customer accepts the offer", "customer sends it again")
# Before these no answer is owed, or it need not have come yet.
NOT_AWAITED = ("bot is silent", "refused", "customer sends it again")


@dataclass(frozen=True, slots=True)
class Stage:
    """One running shop for all conversations, with one agent who is signed in."""

    shop: Shop
    agent: httpx.Client
    casting: Casting
    settings: Settings

    def play(self, script: Script) -> None:
        """Raises Mistake at the first line whose outcome is another one."""
        try:
            person = self.casting.find(script.who.words, script.language)
        except NobodyLikeThat as nobody:
            raise Mistake(script.file, script.who.line, str(nobody)) from None
        with self._browser(person, script.language) as browser:
            _Play(self, script, person, browser).run()

    @contextmanager
    def _browser(self, person: Person, language: str) -> Iterator[Browser]:
        identity, wish = self._identity(person), None if person.key else language
        chat = Chat(self.shop.url, identity, wish)
        try:
            yield Browser(chat, identity)
        finally:
            chat.close()

    def _identity(self, person: Person) -> str | None:
        if person.key is None:
            return None
        return mint_identity(self.settings.secret("identity_secret"), person.key, datetime.now(UTC))


class _Play:
    """One method for each step of the format, by its name. What is not as it must be raises Other."""

    def __init__(self, stage: Stage, script: Script, person: Person, browser: Browser) -> None:
        self._stage, self._script, self._person, self._browser = stage, script, person, browser

    def run(self) -> None:
        steps = self._script.steps
        for step, then in zip(steps, (*steps[1:], None), strict=True):
            try:
                self._take(step, then)
            except Other as other:
                raise self._mistake(step, other) from None

    def _take(self, step: Step, then: Step | None) -> None:
        words = self._filled(step)
        method = getattr(self, "_" + step.verb.replace(" ", "_"))
        method(words) if words else method()
        if step.verb in WRITES and (then is None or then.verb not in NOT_AWAITED):
            self._browser.await_answer()
        if then is None:
            self._browser.has_lost_or_doubled_nothing()

    # What the customer does

    def _customer(self, words: str) -> None:
        self._browser.write(words)

    def _customer_presses(self, title: str) -> None:
        self._browser.press(title)

    def _customer_sends_it_again(self) -> None:
        self._browser.write_again()

    def _customer_comes_back(self) -> None:
        self._browser.come_back()

    def _customer_accepts_the_offer(self) -> None:
        self._browser.accept_offer()

    # What bot and page must answer

    def _bot(self, words: str) -> None:
        answers = self._browser.answers()
        wanted = [part.strip() for part in words.split("|")]
        if not any(holds(message["text"], part) for message in answers for part in wanted):
            raise Other(f"an answer with “{'” or “'.join(wanted)}”", quoted(answers))

    def _bot_not(self, words: str) -> None:
        answers = self._browser.answers()
        if any(holds(message["text"], words) for message in answers):
            raise Other(f"no answer with “{words}”", quoted(answers))

    def _bot_is_silent(self) -> None:
        time.sleep(SILENCE_SECONDS)
        if answers := self._browser.answers():
            raise Other("no answer", quoted(answers))

    def _button(self, title: str) -> None:
        shown = buttons_of(self._browser.answers())
        if title not in [button["title"] for button in shown]:
            raise Other(f"a button “{title}”", f"the buttons {titles(shown)}")

    def _no_button(self, title: str) -> None:
        shown = buttons_of(self._browser.answers())
        if title in [button["title"] for button in shown]:
            raise Other(f"no button “{title}”", f"the buttons {titles(shown)}")

    def _refused(self, words: str) -> None:
        refusal, self._browser.refusal = self._browser.refusal, None
        if refusal is None or not holds(refusal, words):
            raise Other(f"a refusal with “{words}”", f"“{refusal}”" if refusal else "no refusal")

    # What the agent does

    def _agent_claims_the_case(self) -> None:
        self._console("claim")

    def _agent(self, words: str) -> None:
        self._console("reply", text=words)
        said = ("agent", words)
        self._browser.await_message(lambda one: (one["role"], one["text"]) == said, "the agent's words")

    def _agent_hands_back(self) -> None:
        self._console("hand-back")

    def _agent_resolves_the_case(self) -> None:
        self._console("resolve", verdict="saved", reason="settled in the chat")

    def _console(self, doing: str, **form: str) -> None:
        case = self._seen().open_case()
        if case is None:
            raise Other("an open case", "none")
        answer = self._stage.agent.post(f"/console/cases/{case.id}/{doing}", data=form)
        if answer.status_code != httpx.codes.SEE_OTHER:
            raise Other(f"a case on which an agent may {doing}", f"a refusal ({answer.status_code})")

    # What else must hold

    def _check(self, words: str) -> None:
        check = check_of(words)
        if check is None:
            raise Other(f"one of the checks: {'; '.join((*CHECKS, f'{GOES_TO}…'))}", f"“{words}”")
        if (came := check(self._seen())) is not None:
            raise Other(words, came)

    def _seen(self) -> Seen:
        browser, order_number = self._browser, self._person.values.get("order")
        return Seen(self._stage.shop.engine, browser.conversation_id, browser.transcript(), order_number)

    def _filled(self, step: Step) -> str:
        """`{order}` and the like become this customer's own; `{500 letters}` that many."""
        values = self._person.values

        def fill(found: re.Match[str]) -> str:
            if letters := re.fullmatch(r"([\d,]+) letters", found[1]):
                return ("tea leaves " * 20_000)[: int(letters[1].replace(",", ""))]
            if found[1] not in values:
                raise Other(
                    f"one of {', '.join(f'{{{name}}}' for name in (*values, '500 letters'))}", found[0]
                )
            return values[found[1]]

        return re.sub(r"\{([\w,' ]+)\}", fill, step.words)

    def _mistake(self, step: Step, other: Other) -> Mistake:
        after = self._browser.said[:200] or "(the start)"
        told = f"{step}\n  after     {after}\n  expected  {other.expected}\n  came      {other.came}"
        return Mistake(self._script.file, step.line, told)
