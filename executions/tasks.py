"""The Celery tasks of executions. Each may run twice, late, or at the same time."""

import time
from typing import Any

import structlog
from celery import Task, shared_task
from celery.exceptions import Reject
from celery.signals import task_prerun, worker_process_shutdown
from django.db import DataError, InterfaceError, OperationalError, close_old_connections
from pydantic import BaseModel, ConfigDict, ValidationError

import clock
from events import announcements
from executions import services, sweeps, worker
from executions.errors import ExecutionError, InvalidStart
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, Source
from organizations.errors import NoSuchOrganization
from organizations.services import organization_for
from workflows.errors import InvalidInput, dotted
from workflows.models import Workflow

log = structlog.get_logger(__name__)

MAX_REASON = 500  # characters of the log line of a refused call; it names the caller's own keywords


@task_prerun.connect
def _heal_connections(**_: Any) -> None:
    """Drop a broken database connection before a task needs it, and keep a good one."""
    close_old_connections()


@worker_process_shutdown.connect
def _send_last_hints(**_: Any) -> None:
    """Publish what was announced: a pool process ends without Python's own clean-up."""
    announcements.flush()


@shared_task(name="executions.work", bind=True)
def work(self: "Task[Any, Any]", queue: str) -> None:
    """Drain `queue` for about a second. A wake-up: it carries nothing, so a lost one costs only latency."""
    worker.drain(queue, node=self.request.hostname or "worker")


class StartCall(BaseModel):
    """The keyword arguments of `executions.start`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    workflow: str
    """Name of the workflow."""
    organization: str | None = None
    """Slug; may be left out while there is only one."""
    input: dict[str, Any] = {}
    idempotency_key: str | None = None
    priority: int = DEFAULT_PRIORITY
    """0 to 9, 9 first."""
    queue: str = DEFAULT_QUEUE


@shared_task(name="executions.start", bind=True, acks_late=True, reject_on_worker_lost=True)
def start(self: "Task[Any, Any]", /, **call: Any) -> None:
    """Start a workflow for another application; `StartCall` has the arguments.

    A repeated delivery starts nothing new: without a key of its own the call
    is known by its Celery task id. A call that arrives while the database is
    away goes back to the broker. One that is wrong is logged and dropped.
    """
    try:
        started = _start(StartCall.model_validate(call), task_id=str(self.request.id))
    except (OperationalError, InterfaceError) as error:
        time.sleep(1)  # the database is away; do not spin between it and the broker
        raise Reject(error, requeue=True) from error
    except (ValueError, DataError, ExecutionError, NoSuchOrganization, Workflow.DoesNotExist) as error:
        log.warning("call refused", task_id=self.request.id, error=_reason(error)[:MAX_REASON])
        return
    log.info("call accepted", execution_id=str(started.id), created=started.created)


def _start(call: StartCall, *, task_id: str) -> services.Started:
    workflow = Workflow.objects.get(organization=organization_for(call.organization), name=call.workflow)
    cause = services.Start(
        workflow=workflow,
        source=Source.CALL,
        input=call.input,
        idempotency_key=call.idempotency_key or f"celery:{task_id}",
        priority=call.priority,
        queue=call.queue,
        by="celery",
    )
    return services.start(cause, now=clock.now())


def _reason(error: Exception) -> str:
    """Return what is wrong with a call, without the values that it came with: they may be secrets."""
    match error:
        case ValidationError():
            problems = error.errors(include_input=False, include_url=False, include_context=False)
            return "; ".join(f"{dotted(problem['loc'])}: {problem['msg']}" for problem in problems)
        case InvalidInput():  # a message of JSON Schema quotes the value
            return "does not fit: " + ", ".join(dict.fromkeys(problem["path"] for problem in error.errors))
        case InvalidStart() | ExecutionError() | NoSuchOrganization() | Workflow.DoesNotExist():
            return str(error)
        case _:
            return type(error).__name__


@shared_task(name="executions.sweep.wake")
def sweep_wake() -> None:
    """Wake queues with steps that wait too long. Wake-ups are empty, so doubling them is harmless."""
    sweeps.wake_overdue()


@shared_task(name="executions.sweep.admit")
def sweep_admit() -> None:
    """End what was not begun in time, and admit or drop what waits for a place, each under its own lock."""
    now = clock.now()
    sweeps.expire_unstarted(now=now)
    sweeps.admit_waiting(now=now)


@shared_task(name="executions.sweep.rescue")
def sweep_rescue() -> None:
    """Rescue expired leases. Each rescue is guarded by attempt and lease."""
    sweeps.rescue_expired(now=clock.now())
