"""Rasa describes the format of an action's answer anew for each answer, and checks that description itself each time:
most of what an action call costs, some 25 ms, and two of them make a turn. Here it is described and checked once.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction


@cache
def _format() -> Validator:
    description = RemoteAction.action_response_format_spec()
    kind = validator_for(description)
    kind.check_schema(description)
    return kind(description)


def check(_action: RemoteAction, answer: dict[str, Any]) -> bool:
    """True for an answer of the right format; raises `ValidationError`, naming the field and not its value."""
    for error in _format().iter_errors(answer):
        raise ValidationError(f"expected {error.validator} at {error.json_path} in the answer of an action")
    return True


RemoteAction._validate_action_result = check
