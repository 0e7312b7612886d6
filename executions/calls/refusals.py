"""A call that is refused: what its caller is answered, and what the log says of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db import DataError
from pydantic import ValidationError

from executions.calls.errors import KeyRequired, NoSuchExecution, NoSuchWorkflow
from executions.errors import (
    ExecutionError,
    IdempotencyConflict,
    IllegalMove,
    LimitReached,
    NotStartable,
    Overlapping,
    QueueFull,
    TooManyWaiting,
)
from organizations.errors import (
    InvalidApiKey,
    NoSuchOrganization,
    NotAMember,
    OrganizationError,
    RoleTooLow,
)
from workflows.errors import Invalid, InvalidInput, Problem, dotted

REFUSED = (ValueError, DataError, ExecutionError, OrganizationError)
MAX_REASON = 500  # characters of the log line of a refused call; it names the caller's own keywords
MAX_FIELDS = 20  # of an answer; more do not help anybody


class Code(NamedTuple):
    """How a reason is told, in the API's words: its code, and the argument that it is about."""

    code: str
    field: str = ""


CODES: Mapping[type[Exception], Code] = {
    ValidationError: Code("invalid"),
    Invalid: Code("invalid"),
    KeyRequired: Code("not_authenticated", "api_key"),
    InvalidApiKey: Code("authentication_failed", "api_key"),
    NotAMember: Code("not_a_member", "organization"),
    RoleTooLow: Code("role_too_low"),
    NoSuchOrganization: Code("not_found", "organization"),
    NoSuchWorkflow: Code("not_found", "workflow"),
    NoSuchExecution: Code("not_found", "execution"),
    NotStartable: Code("not_startable"),
    Overlapping: Code("overlapping"),
    LimitReached: Code("limit_reached"),
    TooManyWaiting: Code("too_many_waiting"),
    QueueFull: Code("queue_full", "queue"),
    IllegalMove: Code("illegal_move"),
    IdempotencyConflict: Code("idempotency_conflict", "idempotency_key"),
}
OTHER = Code("refused")
MESSAGES = {  # Pydantic's kinds of error, where its own words tell no remedy
    "missing": "is required",
    "extra_forbidden": "there is no such argument",
    "dict_type": "write an object",
    "string_type": "write a text",
    "int_type": "write a whole number",
}
UNSAYABLE = Code("invalid")  # an error whose own words may quote what the call held


def answer(error: Exception) -> dict[str, Any]:
    """Return what the caller gets.

    Returns:
        `{"ok": False, "error": {"code": str, "message": str, "fields": [{"path": str, "message": str}]}}`.
    """
    code, field = _code_of(error)
    fields = _problems(error)[:MAX_FIELDS]
    message = "; ".join(_line(problem) for problem in fields[:3]) or _said(error)
    if field:
        fields = [Problem(path=field, message=message)]
    return {"ok": False, "error": {"code": code, "message": message, "fields": fields}}


def reason(error: Exception) -> str:
    """Return what the log says: never a value that the call held, which may be a secret."""
    if isinstance(error, InvalidInput):  # a message of JSON Schema quotes the value
        text = "does not fit: " + ", ".join(dict.fromkeys(problem["path"] for problem in error.errors))
    else:
        text = "; ".join(_line(problem) for problem in _problems(error)) or _said(error)
    return text[:MAX_REASON]


def _code_of(error: Exception) -> Code:
    if not isinstance(error, (ExecutionError, OrganizationError, Invalid, ValidationError)):
        return UNSAYABLE
    return next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), OTHER)


def _problems(error: Exception) -> list[Problem]:
    if isinstance(error, Invalid):
        return error.errors
    if isinstance(error, ValidationError):
        details = error.errors(include_input=False, include_url=False, include_context=False)
        return [
            Problem(path=dotted(detail["loc"]), message=MESSAGES.get(detail["type"], detail["msg"]))
            for detail in details
        ]
    return []


def _said(error: Exception) -> str:
    """Return an error's own words where they are ours, and its class where they may quote a value."""
    return str(error) if isinstance(error, (ExecutionError, OrganizationError)) else type(error).__name__


def _line(problem: Problem) -> str:
    return f"{problem['path']}: {problem['message']}".removeprefix(": ")
