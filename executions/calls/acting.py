"""What each call does, and what it answers when it may."""

from datetime import datetime
from typing import Any

from executions import services
from executions.calls.access import Caller
from executions.calls.errors import NoSuchExecution, NoSuchWorkflow
from executions.calls.messages import ExecutionCall, StartCall
from executions.errors import IllegalMove
from executions.models import Execution, Source, StepRun
from executions.models.step_run import WHOLE
from executions.running import outputs
from executions.states import ExecutionState
from workflows.models import Workflow

Answer = dict[str, Any]


def start(call: StartCall, caller: Caller, *, task_id: str, now: datetime) -> Answer:
    """Start a workflow. Safe to repeat: without a key of its own the call is known by its Celery task id."""
    workflow = Workflow.objects.filter(organization=caller.organization, name=call.workflow).first()
    if workflow is None:
        raise NoSuchWorkflow(call.workflow)
    cause = services.Start(
        workflow=workflow,
        source=Source.CALL,
        input=call.input,
        idempotency_key=call.idempotency_key or f"celery:{task_id}",
        priority=call.priority,
        queue=call.queue,
        by=caller.by,
    )
    started = services.start(cause, now=now)
    return {"ok": True, "id": str(started.id), "result": "created" if started.created else "replayed"}


def cancel(call: ExecutionCall, caller: Caller, *, now: datetime) -> Answer:
    """Request the end of an execution. Safe to repeat: one that is cancelled already is answered alike."""
    execution = _execution(call, caller)
    try:
        services.cancel(execution, by=caller.by, now=now)
    except IllegalMove:
        if _state_of(execution) != ExecutionState.CANCELLED:
            raise
    return {"ok": True, "id": str(execution.pk), "state": _state_of(execution)}


def status(call: ExecutionCall, caller: Caller, *, now: datetime) -> Answer:
    """Tell where an execution is, with its output once it has completed, and its steps without theirs."""
    del now
    execution = _execution(call, caller)
    return {
        "ok": True,
        "id": str(execution.pk),
        "workflow": execution.workflow.name,
        "state": execution.state,
        "created_at": execution.created_at.isoformat(),
        "finished_at": _iso(execution.finished_at),
        "error": execution.error,
        "output": outputs.of_execution(execution),
        "steps": [_step(step) for step in execution.step_runs.filter(item_index=WHOLE)],
    }


def _execution(call: ExecutionCall, caller: Caller) -> Execution:
    known = Execution.objects.select_related("workflow").defer("input")
    execution = known.filter(organization=caller.organization, pk=call.execution).first()
    if execution is None:
        raise NoSuchExecution(call.execution)
    return execution


def _state_of(execution: Execution) -> str:
    return Execution.objects.values_list("state", flat=True).get(pk=execution.pk)


def _step(step: StepRun) -> dict[str, Any]:
    return {
        "step": step.step,
        "kind": step.kind,
        "state": step.state,
        "waits_for": step.waits_for,
        "attempt": step.attempt,
        "progress": step.progress,
        "progress_note": step.progress_note,
        "error": step.error,
        "started_at": _iso(step.started_at),
        "finished_at": _iso(step.finished_at),
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
