"""How long work tells where it is: a function of the step, what is done, and the total (0 where unknown)."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def quiet(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""
