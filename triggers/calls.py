"""`triggers.publish`, for other applications: tell of an event by a Celery task.

It may be delivered twice, late, or at the same time: without an id of its own
an event is known by its Celery task id. One that arrives while the database is
away goes back to the broker; one that is refused is answered with the reason.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog
from celery import shared_task
from celery.exceptions import Reject
from django.db import InterfaceError, OperationalError

import clock
from events import sending
from events.cloud_events.envelope import enveloped, opened
from events.errors import EventConflict, EventError, EventTooLarge, InvalidEvent
from executions.calls import refusals
from executions.calls.access import caller_of
from executions.calls.answering import Answering
from executions.calls.messages import Call
from executions.calls.tasks import AWAY_SECONDS
from organizations.roles import Role

if TYPE_CHECKING:
    from celery import Task

log = structlog.get_logger(__name__)

CODES: Mapping[type[EventError], tuple[str, str]] = {
    EventConflict: ("duplicate", "id"),
    EventTooLarge: ("too_large", "data"),
}


class PublishCall(Call):
    """The arguments of `triggers.publish`."""

    type: str
    """What happened, such as `order.paid`."""
    data: Any = None
    source: str = "celery"
    id: str | None = None
    """Unique at the source."""
    subject: str | None = None
    time: str | None = None
    """RFC 3339."""
    extensions: dict[str, Any] = {}
    """By their names: text, true, false or whole numbers of 32 bits."""


@shared_task(name="triggers.publish", bind=True, base=Answering)
def publish(self: "Task[Any, Any]", /, **call: Any) -> dict[str, Any]:
    """Tell of an event; `PublishCall` has the arguments."""
    bound = log.bind(call=self.name, task_id=self.request.id)
    try:
        sent = _record(PublishCall.model_validate(call), task_id=str(self.request.id))
    except (OperationalError, InterfaceError) as error:
        time.sleep(AWAY_SECONDS)
        raise Reject(error, requeue=True) from error
    except EventError as error:
        answer = _refusal(error)
        wrong = ", ".join(field["path"] for field in answer["error"]["fields"])
        bound.warning("call refused", error=f"{answer['error']['code']}: {wrong}"[: refusals.MAX_REASON])
        return answer
    except refusals.REFUSED as error:
        bound.warning("call refused", error=refusals.reason(error))
        return refusals.answer(error)
    bound.info("call accepted", event_id=sent.id)
    return {"ok": True, "id": sent.id, "result": "created" if sent.created else "replayed"}


def _record(call: PublishCall, *, task_id: str) -> sending.Sent:
    now = clock.now()
    caller = caller_of(call, needs=Role.OPERATOR, now=now)
    given = {
        "type": call.type,
        "source": call.source,
        "id": f"celery:{task_id}" if call.id is None else call.id,
        "subject": call.subject,
        "time": call.time,
    }
    envelope = enveloped(given, data=call.data, extensions=call.extensions)
    return sending.send(opened(envelope, organization_id=caller.organization.pk), now=now)


def _refusal(error: EventError) -> dict[str, Any]:
    """Return the answer to an event that cannot be recorded, in the shape of `refusals.answer`."""
    if isinstance(error, InvalidEvent):
        code, errors = "invalid", error.errors
    else:
        code, field = CODES[type(error)]
        errors = {field: str(error)}
    fields = [{"path": path, "message": message} for path, message in errors.items()]
    return {"ok": False, "error": {"code": code, "message": str(error), "fields": fields}}
