"""The answers to calls of `remote_task`: Celery callbacks that the other application's worker sends.

A call is one publication that counts as one attempt, whatever became of the worker that made it: it is named by
the step run and the number of its failures so far. So a repeat after a crash is the same call, and the answer to
one that was given up is refused.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple, ParamSpec
from uuid import UUID, uuid5

import structlog
from celery import Signature, current_app, shared_task
from celery.exceptions import Reject
from django.core.signing import BadSignature, Signer
from django.db import InterfaceError, OperationalError

import clock
from executions import engine, queries
from executions.models import StepRun
from executions.rules.outcomes import Completed, Failed, Outcome
from executions.running.failures import storable_text
from executions.running.outputs import storable
from executions.states import StepState

log = structlog.get_logger(__name__)

QUEUE = "horarium-calls"  # the broker queue that every worker of ours serves
SUCCEEDED = "executions.remote.succeeded"
FAILED = "executions.remote.failed"
MAX_ERROR = 2_000  # characters that the history keeps of what the other application says
NO_REASON = "it failed in the other application, whose log has the reason"

P = ParamSpec("P")


class RemoteCall(NamedTuple):
    """What an answer answers."""

    step_run_id: UUID
    failures: int

    @property
    def task_id(self) -> str:
        """Return the Celery task id, the same for every repeat, by which the other side knows one."""
        return str(uuid5(self.step_run_id, str(self.failures)))

    def token(self) -> str:
        """Return what an answer must bring: others on the broker cannot make it."""
        return _signer().sign(f"{self.step_run_id}:{self.failures}")

    def callback(self, task: str) -> "Signature[Any]":
        """Return a signature of a task of ours, to be sent by an application that does not know it."""
        return current_app.signature(task, kwargs={"token": self.token()}, queue=QUEUE, serializer="json")


def call_of(token: str) -> RemoteCall:
    """Return the call that a token was made for.

    Raises:
        BadSignature: it is none of ours.
    """
    step_run_id, _, failures = _signer().unsign(token).partition(":")
    return RemoteCall(UUID(step_run_id), int(failures))


def _signer() -> Signer:
    return Signer(salt="executions.remote")


def _again_when_the_database_is_back(task: Callable[P, None]) -> Callable[P, None]:
    @wraps(task)
    def patient(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            task(*args, **kwargs)
        except (OperationalError, InterfaceError) as error:
            time.sleep(1)  # do not spin between the broker and a database that is away
            raise Reject(error, requeue=True) from error

    return patient


@shared_task(name=SUCCEEDED, acks_late=True, reject_on_worker_lost=True)
@_again_when_the_database_is_back
def succeeded(result: Any = None, *, token: str) -> None:
    """Complete a step with what the other application's task has returned. A repeated answer changes nothing."""
    answer(token, storable(Completed(result)), now=clock.now())


@shared_task(name=FAILED, acks_late=True, reject_on_worker_lost=True)
@_again_when_the_database_is_back
def failed(task_id: str, error: str = "", error_class: str = "", *, token: str) -> None:
    """Fail an attempt; its retry policy decides. A repeated answer changes nothing.

    Celery sends no more than the task's id. An application that registers an
    errback of this name may send the error with it.
    """
    reason = error[:MAX_ERROR] or f"{NO_REASON} (task id {task_id[:100]})"
    outcome = Failed(error=storable_text(reason), error_class=error_class[:200] or "RemoteFailure")
    answer(token, outcome, now=clock.now())


def answer(token: str, outcome: Outcome, *, now: datetime) -> bool:
    """Settle the step that has made a call; return False for an answer that nobody waits for any more."""
    try:
        call = call_of(token)
    except BadSignature:
        log.warning("answer refused: not to a call of ours")
        return False
    # Twice: a worker may take the step, or leave it, between one look and the other.
    if _settle(call, outcome, now=now) or _settle(call, outcome, now=now):
        return True
    log.info("answer refused: nobody waits for it", step_run_id=str(call.step_run_id))
    return False


def _settle(call: RemoteCall, outcome: Outcome, *, now: datetime) -> bool:
    held = queries.held(call.step_run_id)
    if held is None or held.failures != call.failures:
        return False
    return engine.settle_waiting(held.id, outcome, attempt=held.attempt, now=now) or _keep(call, outcome)


def _keep(call: RemoteCall, outcome: Outcome) -> bool:
    """Leave the answer to the worker that takes the step next: its deadline is over, or its worker was lost."""
    ready = StepRun.objects.filter(pk=call.step_run_id, failures=call.failures, state=StepState.READY)
    match outcome:
        case Completed(output):
            kept: Any = {"completed": output}
        case Failed():
            kept = {"failed": outcome.error, "error_class": outcome.error_class}
        case _:
            raise AssertionError(outcome)
    return bool(ready.update(output=kept))


def kept_answer(kept: Mapping[str, Any]) -> Outcome:
    """Return the answer that came while nobody held the step."""
    if "failed" in kept:
        return Failed(error=kept["failed"], error_class=kept["error_class"])
    return Completed(kept["completed"])
