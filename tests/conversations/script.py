"""Reads a conversation from its file: a title, who writes, and one step a line. README.md here tells the format."""

import difflib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

SAYING = (
    "title", "who", "customer", "customer presses", "bot", "bot not", "button", "no button", "refused", "agent",
    "check",
)  # fmt: skip
DOING = (
    "customer sends it again", "customer comes back", "customer accepts the offer", "bot is silent",
    "agent claims the case", "agent hands back", "agent resolves the case",
)  # fmt: skip
HEAD = ("title", "who")


@dataclass(frozen=True, slots=True)
class Step:
    """One line: what is done or expected (`verb`), and the words after its colon."""

    line: int
    verb: str
    words: str

    def __str__(self) -> str:
        return f"{self.verb.capitalize()}: {self.words}" if self.words else self.verb.capitalize()


class Mistake(Exception):
    """A line that cannot be understood, or an outcome that is not the expected one; says where, and both."""

    def __init__(self, file: Path, line: int, told: str) -> None:
        name = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name
        super().__init__(f"{name}, line {line}: {told}")


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation, as written down."""

    file: Path
    title: Step
    who: Step
    steps: tuple[Step, ...]

    @property
    def language(self) -> str:
        """Conversations of one language lie in one folder, named after it."""
        return self.file.parent.name


def read_script(file: Path) -> Script:
    """Raises Mistake for the first line that is none of the steps, and where title, writer or steps are missing."""
    lines = file.read_text(encoding="utf-8").splitlines()
    told = [
        _step(file, number, line.strip())
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    head = {step.verb: step for step in told if step.verb in HEAD}
    steps = tuple(step for step in told if step.verb not in HEAD)
    for verb in HEAD:
        if verb not in head:
            raise Mistake(file, 1, f"expected a line that begins with “{verb.capitalize()}:”, found none.")
    if not steps:
        raise Mistake(file, len(lines), "expected at least one step after title and who, found none.")
    return Script(file, head["title"], head["who"], steps)


def _step(file: Path, number: int, line: str) -> Step:
    verb, colon, words = line.replace("：", ":", 1).partition(":")
    verb, words = " ".join(verb.split()).lower(), words.strip()
    if colon and verb in SAYING:
        if not words:
            raise Mistake(file, number, f"expected words after “{line}”, found none.")
        return Step(number, verb, words)
    plain = " ".join(line.rstrip(".").split()).lower()
    if plain in DOING:
        return Step(number, plain, "")
    raise Mistake(file, number, _unknown(line, verb if colon else plain))


def _unknown(line: str, verb: str) -> str:
    known = [f"{saying.capitalize()}:" for saying in SAYING] + [doing.capitalize() for doing in DOING]
    near = difflib.get_close_matches(verb.capitalize(), known, n=1)
    hint = f"did you mean “{near[0]}”?" if near else f"expected one of: {', '.join(known)}."
    return f"“{line}” is no step; {hint}"
