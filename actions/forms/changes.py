"""Having the shop change something, and what is said of it."""

from collections.abc import Callable

from actions.cases import open_case_for_failure
from actions.forms.form import NO_REASON, Form
from actions.forms.order_form import words_of
from actions.replies import Reply, tell
from actions.runtime import Said
from actions.words import say, talk_button
from desk.shop import NotPossible, ShopUnavailable

LONGEST_REASON = 500
# What the shop is told for a button; what a customer writes is told as it is.
REASONS = {
    NO_REASON: "",
    "mistake": "ordered by mistake",
    "slow": "takes too long",
    "cheaper": "found it cheaper",
    "damaged": "arrived damaged",
    "wrong": "not what was ordered",
    "unwanted": "no longer wanted",
}


def changed(said: Said, change: Callable[[str], Reply]) -> Reply:
    """What `change` says once the shop has done it for this customer. Where the shop gave no answer nobody knows
    whether it was done, so a person looks.
    """
    assert said.customer is not None, "a form is open for verified customers only"
    try:
        return change(said.customer.customer_key)
    except NotPossible as refused:
        return tell(say(f"not_possible.{refused.cause}", said.language), talk_button(said.language))
    except ShopUnavailable:
        return tell(say("maybe_done", said.language), then=open_case_for_failure)


def reason_for_shop(said: Said, form: Form) -> str:
    return REASONS.get(form.reason or "") or words_of(said, form)[:LONGEST_REASON]
