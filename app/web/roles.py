"""Whose page it is: a dependency that asks for a role, and tells who lacks it so, in their language."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from app.web.console_words import told_in
from app.web.errors import Refused
from app.web.login import SignedIn, SignedInDep
from app.web.pages import language_of

LEAD, OPERATOR = "lead", "operator"


class NotYourRole(Refused):
    status = 403


def require_role(*roles: str) -> Callable[[Request, SignedIn], SignedIn]:
    """The signed-in agent, who has one of these roles. Raises `NotYourRole`."""

    def asked(request: Request, user: SignedInDep) -> SignedIn:
        if user.agent.role not in roles:
            raise NotYourRole(str(told_in(language_of(request))("overview.not_your_role")))
        return user

    return asked


LeadDep = Annotated[SignedIn, Depends(require_role(LEAD, OPERATOR))]
