"""What people decide about `approval` steps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from executions import engine
from executions.errors import AlreadyDecided, NotAsked
from executions.models import StepRun
from executions.models.step_run import WaitsFor
from executions.running.outputs import storable
from executions.states import STEP_FINAL, StepState
from executions.steps.approval import asked_in, decision_of
from workflows.definition import ApprovalStep
from workflows.inputs import check_value
from workflows.services import definition_of

MAX_NOTE = 500  # characters


def decide(
    asked: StepRun,
    *,
    approved: bool,
    by: str,
    now: datetime,
    note: str = "",
    form: Mapping[str, Any] | None = None,
) -> StepRun:
    """Approve or reject, once: of two who decide at the same time exactly one does.

    Args:
        asked: a step run, as read; it is read again.
        form: must fit the step's schema; with a rejection it may be left empty.

    Returns:
        The step run as it is then.

    Raises:
        InvalidInput: the form does not fit; paths begin with `form`.
        AlreadyDecided: somebody was faster; the error names them.
        NotAsked: the step does not ask (any more).
    """
    row = _waiting(asked)
    step = cast("ApprovalStep", definition_of(row.execution.version_id).step(row.step))
    filled = check_value(step.form, form or {}, start="form") if approved or form else {}
    outcome = decision_of(
        step,
        approved=approved,
        message=asked_in(row.output),
        by=by,
        at=now.isoformat(),
        note=note,
        form=filled,
    )
    if not engine.settle_waiting(row.pk, storable(outcome), attempt=row.attempt, now=now):
        _waiting(asked)  # says who was faster
        raise NotAsked
    return _read(asked)


def _waiting(asked: StepRun) -> StepRun:
    """Return the row while it asks.

    Raises:
        AlreadyDecided, NotAsked: it does not.
    """
    row = _read(asked)
    if row.state == StepState.WAITING and row.waits_for == WaitsFor.APPROVAL:
        return row
    if row.kind == "approval" and row.state in STEP_FINAL:
        raise AlreadyDecided(_said(row))
    raise NotAsked


def _read(asked: StepRun) -> StepRun:
    return StepRun.objects.select_related("execution").defer("execution__input").get(pk=asked.pk)


def _said(row: StepRun) -> str:
    """Return who decided what, in words."""
    if row.state != StepState.COMPLETED:
        return row.error or row.state
    decided = row.output or {}
    verb = "approved" if decided.get("approved") else "rejected"
    return f"{verb} by {decided['by']}" if decided.get("by") else f"{verb}: nobody answered in time"
