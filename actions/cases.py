"""A case for a person, from the conversation; written after whatever the shop was asked."""

from actions.runtime import Said, runtime, utc_now
from desk import flow
from desk.escalations import Cause, open_escalation


def open_case(said: Said, cause: Cause = Cause.ASKED) -> None:
    """The conversation's one open case, as urgent as the risk of this turn."""
    turn = flow.turn_of(said.session, said.message)
    known = said.customer.value if said.customer else None
    value = runtime().policy.default_value if known is None else known
    open_escalation(
        said.session, said.conversation, cause, utc_now(), risk=turn[0] if turn else None, value=value
    )


def open_case_for_failure(said: Said) -> None:
    open_case(said, Cause.FAILURE)
