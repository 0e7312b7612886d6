"""`executions.start`, `executions.cancel` and `executions.status`, for other applications.

Each may be delivered twice, late, or at the same time. A call that arrives
while the database is away goes back to the broker. One that is refused is
answered with the reason and logged without its values.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from celery import shared_task
from celery.exceptions import Reject
from django.db import InterfaceError, OperationalError

import clock
from executions.calls import acting, refusals
from executions.calls.access import caller_of
from executions.calls.acting import Answer
from executions.calls.answering import Answering
from executions.calls.messages import Call, ExecutionCall, StartCall
from organizations.roles import Role

if TYPE_CHECKING:
    from celery import Task

log = structlog.get_logger(__name__)

AWAY_SECONDS = 1  # do not spin between the broker and a database that is away


@shared_task(name="executions.start", bind=True, base=Answering)
def start(self: "Task[Any, Any]", /, **call: Any) -> Answer:
    """Start a workflow; `StartCall` has the arguments.

    A repeated delivery starts nothing new: without a key of its own the call
    is known by its Celery task id.
    """
    act = partial(acting.start, task_id=str(self.request.id))
    return _answer(self, call, shape=StartCall, act=act, needs=Role.OPERATOR)


@shared_task(name="executions.cancel", bind=True, base=Answering)
def cancel(self: "Task[Any, Any]", /, **call: Any) -> Answer:
    """Request the end of an execution; a repeat finds that requested or done."""
    return _answer(self, call, shape=ExecutionCall, act=acting.cancel, needs=Role.OPERATOR)


@shared_task(name="executions.status", bind=True, base=Answering)
def status(self: "Task[Any, Any]", /, **call: Any) -> Answer:
    """Tell where an execution is. Changes nothing, and waits for nothing: a waiting call would hold a slot."""
    return _answer(self, call, shape=ExecutionCall, act=acting.status, needs=Role.VIEWER)


def _answer(
    task: "Task[Any, Any]",
    arguments: Mapping[str, Any],
    *,
    shape: type[Call],
    act: Callable[..., Answer],
    needs: Role,
) -> Answer:
    bound = log.bind(call=task.name, task_id=task.request.id)
    try:
        call = shape.model_validate(arguments)
        now = clock.now()
        answer = act(call, caller_of(call, needs=needs, now=now), now=now)
    except (OperationalError, InterfaceError) as error:
        time.sleep(AWAY_SECONDS)
        raise Reject(error, requeue=True) from error
    except refusals.REFUSED as error:
        bound.warning("call refused", error=refusals.reason(error))
        return refusals.answer(error)
    if needs is not Role.VIEWER:  # what only reads may come every second
        bound.info("call accepted", execution_id=answer["id"])
    return answer
