"""What went wrong, as HTTP: one table from exception to status, one shape of body.

`{"error": {"code": "invalid", "message": "…", "fields": [{"path": "rules[0].expression", "message": "…"}]}}`
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from events.errors import EventConflict, EventTooLarge, InvalidEvent
from executions.errors import (
    AlreadyDecided,
    AlreadyRedriven,
    IdempotencyConflict,
    IllegalMove,
    LimitReached,
    NotAsked,
    NotStartable,
    Overlapping,
    QueueFull,
    TooManyWaiting,
)
from organizations.errors import (
    DuplicateSecret,
    InvalidSecretName,
    InvalidSecretValue,
    NoSuchSecret,
    NotAMember,
    OrganizationUnnamed,
    RoleTooLow,
)
from schedules.calendars import InvalidCalendar
from schedules.errors import (
    CalendarInUse,
    DuplicateCalendar,
    DuplicateSchedule,
    IllegalBackfillMove,
    IllegalScheduleMove,
    NoSuchVersion,
    NoVersionToTake,
    OverlappingBackfill,
    StaleSchedule,
)
from schedules.recurrence import InvalidRule
from triggers.errors import DuplicateTrigger, StaleTrigger, TooManyTrials
from triggers.webhooks.errors import (
    DeliveryConflict,
    DeliveryTooLarge,
    LastSecret,
    MalformedDelivery,
    NoSuchWebhookSecret,
    TooDeep,
    Unproven,
    UnsupportedType,
    WebhookGone,
    WebhookPaused,
)
from workflows.errors import (
    ArchivedWorkflow,
    DuplicateWorkflow,
    Invalid,
    InvalidDefinition,
    NoEarlierVersion,
    Problem,
    StaleWorkflow,
    dotted,
)

log = structlog.get_logger(__name__)

RETRY_SECONDS = 1  # after which a client may ask again while the database is away
PROGRAMS = ("/api/", "/hooks/")  # where programs ask, and read JSON
FULL_SECONDS = 5  # after which a place or a queue may have room


class Answer(NamedTuple):
    """How an exception is told: the field it is about stands before the paths of its problems."""

    status: int
    code: str
    field: str = ""


ANSWERS: Mapping[type[Exception], Answer] = {
    InvalidDefinition: Answer(400, "invalid", "definition"),
    Invalid: Answer(400, "invalid"),
    OrganizationUnnamed: Answer(400, "invalid", "X-Organization"),
    InvalidSecretName: Answer(400, "invalid", InvalidSecretName.field),
    InvalidSecretValue: Answer(400, "invalid", InvalidSecretValue.field),
    MalformedDelivery: Answer(400, "parse_error"),
    Unproven: Answer(401, "unproven"),
    NotAMember: Answer(403, "not_a_member"),
    RoleTooLow: Answer(403, "role_too_low"),
    PermissionDenied: Answer(403, "permission_denied"),
    WebhookPaused: Answer(403, "paused"),
    Http404: Answer(404, "not_found"),
    NoSuchSecret: Answer(404, "not_found"),
    NoSuchWebhookSecret: Answer(404, "not_found"),
    WebhookGone: Answer(404, "not_found"),
    DuplicateSecret: Answer(409, "duplicate", "name"),
    DuplicateWorkflow: Answer(409, "duplicate", "name"),
    NoEarlierVersion: Answer(409, "illegal_move"),
    StaleWorkflow: Answer(409, "stale", "version"),
    DuplicateSchedule: Answer(409, "duplicate", "name"),
    DuplicateCalendar: Answer(409, "duplicate", "name"),
    CalendarInUse: Answer(409, "in_use"),
    OverlappingBackfill: Answer(409, "overlapping", "from_at"),
    IllegalBackfillMove: Answer(409, "illegal_move"),
    NoVersionToTake: Answer(404, "not_found", "to"),
    NoSuchVersion: Answer(404, "not_found"),
    StaleSchedule: Answer(409, "stale", "version"),
    DuplicateTrigger: Answer(409, "duplicate", "name"),
    StaleTrigger: Answer(409, "stale", "version"),
    DeliveryConflict: Answer(409, "delivery_conflict"),
    TooDeep: Answer(409, "too_deep"),
    LastSecret: Answer(409, "in_use"),
    Overlapping: Answer(409, "overlapping", "overlap"),
    IllegalMove: Answer(409, "illegal_move"),
    IllegalScheduleMove: Answer(409, "illegal_move"),
    AlreadyRedriven: Answer(409, "illegal_move"),
    LimitReached: Answer(409, "limit_reached"),
    AlreadyDecided: Answer(409, "already_decided"),
    NotAsked: Answer(409, "illegal_move"),
    EventConflict: Answer(409, "duplicate", "id"),
    NotStartable: Answer(409, "not_startable"),
    ArchivedWorkflow: Answer(409, "illegal_move"),
    InvalidCalendar: Answer(409, "not_computable", "calendars"),  # of a stored calendar
    InvalidRule: Answer(409, "not_computable", "rules"),  # of a stored schedule: nobody sent it just now
    RequestDataTooBig: Answer(413, "too_large"),
    EventTooLarge: Answer(413, "too_large", "data"),
    DeliveryTooLarge: Answer(413, "too_large"),
    UnsupportedType: Answer(415, "unsupported_media_type"),
    QueueFull: Answer(429, "queue_full", "queue"),
    TooManyTrials: Answer(429, "throttled"),
    TooManyWaiting: Answer(429, "too_many_waiting"),
    IdempotencyConflict: Answer(422, "idempotency_conflict", "idempotency_key"),
    OperationalError: Answer(503, "unavailable"),
    InterfaceError: Answer(503, "unavailable"),
}


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the answer to `error`, or None for a bug, which must reach the log."""
    del context
    if isinstance(error, ValidationError | InvalidEvent):
        detail = error.detail if isinstance(error, ValidationError) else error.errors
        return _invalid(list(_problems(detail, ())))
    if isinstance(error, APIException):
        return _of_framework(error)
    answer = next((ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS), None)
    if answer is None:
        return None
    if answer.status == 503:
        return _unavailable(error)
    if isinstance(error, Invalid):
        return _invalid([_below(answer.field, problem) for problem in error.errors])
    fields = [Problem(path=_field(answer, error), message=str(error))] if answer.field else []
    headers = {"Retry-After": str(FULL_SECONDS)} if answer.status == 429 else {}
    return Response(body(answer.code, str(error), fields=fields), status=answer.status, headers=headers)


def body(code: str, message: str, *, fields: list[Problem] | None = None) -> dict[str, Any]:
    """Return the body of an error."""
    return {"error": {"code": code, "message": message, "fields": fields or []}}


def _field(answer: Answer, error: Exception) -> str:
    """Return the field that an error is about, with its place where it is one of a list."""
    place: int | None = getattr(error, "place", None)
    return answer.field if place is None else f"[{place}].{answer.field}"


def _invalid(problems: list[Problem]) -> Response:
    lines = [f"{problem['path']}: {problem['message']}".removeprefix(": ") for problem in problems]
    return Response(body("invalid", "; ".join(lines[:3]), fields=problems), status=400)


def _of_framework(error: APIException) -> Response:
    headers = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = f"{wait:.0f}"
    code, message = error.default_code, str(error.detail)
    return Response(body(code, message), status=error.status_code, headers=headers)


def _unavailable(error: Exception) -> Response:
    log.error("request failed: the database is away", error=str(error))
    message = "the database does not answer in time; try again"
    return Response(body("unavailable", message), status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def _below(field: str, problem: Problem) -> Problem:
    return Problem(
        path=dotted([problem["path"]] if problem["path"] else [], start=field), message=problem["message"]
    )


def _problems(detail: Any, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Yield the problems in the nested detail of a ValidationError."""
    if isinstance(detail, Mapping):
        for name, part in detail.items():
            yield from _problems(part, path if name in {"", "non_field_errors"} else (*path, name))
    elif isinstance(detail, list | tuple):
        for index, part in enumerate(detail):
            yield from _problems(part, (*path, index) if isinstance(part, Mapping) else path)
    else:
        yield Problem(path=dotted(path), message=str(detail))


@csrf_exempt  # it does nothing, and says so to whoever asks, by whichever method
def not_found(request: HttpRequest, path: str = "") -> JsonResponse:
    """Answer for a path of the API that leads nowhere."""
    del path
    return JsonResponse(body("not_found", f"there is nothing at {request.path[:200]}"), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django refuses before a view sees it, such as an unknown host name."""
    if not request.path.startswith(PROGRAMS):
        return defaults.bad_request(request, exception)
    return JsonResponse(body("bad_request", "the request was refused; is its host name allowed?"), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a bug; the log has the reason."""
    if not request.path.startswith(PROGRAMS):
        return defaults.server_error(request)
    return JsonResponse(body("bug", "something is wrong in the server; its log says what"), status=500)
