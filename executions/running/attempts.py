"""Run the code of one claimed step, whatever it does, and say how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError

import horarium
from executions import circuits, queries
from executions.advancing import has_to_end
from executions.queries import Claim
from executions.rules.outcomes import (
    Cancelled,
    Completed,
    Expanded,
    Failed,
    Outcome,
    Released,
    Skipped,
    TooLate,
)
from executions.running import connections, failures, outputs
from executions.running.handles import Handle
from executions.running.hard_limits import table
from executions.running.heartbeat import Heartbeat
from executions.running.interrupts import Cause, Guard, Interrupted
from executions.running.variables import variables_of
from executions.steps import RUN, Call
from executions.steps.task import soft_timeout_of
from workflows.definition import Step
from workflows.errors import ExpressionError
from workflows.expressions import evaluate
from workflows.services import definition_of
from workflows.steps import MAX_ITEMS

log = structlog.get_logger(__name__)


def run(held: Claim, *, guard: Guard, heartbeat: Heartbeat, lease: timedelta) -> Outcome | None:
    """Run the step's code and return how it ended, or None where the lease was lost meanwhile.

    Leaves the database connections as the step found them.
    """
    definition = definition_of(held.version_id)
    step = definition.step(held.step)
    if _is_too_late(held):
        return TooLate()
    call = _call(held, step)
    if call is None:
        return Released(was_interrupted=False)
    handle = Handle(held, key=call.idempotency_key, timeout=step.timeout, guard=guard)
    heeds_cancel = has_to_end(definition, step.id)
    before = connections.snapshot()
    heartbeat.watch(held, lease=lease, handle=handle, heeds_cancel=heeds_cancel)
    try:
        with _guarded(held, step, guard=guard, handle=handle, heeds_cancel=heeds_cancel):
            outcome: Outcome | None = _attempt(step, call)
    except Interrupted as interrupted:
        outcome = _interrupted(step, interrupted.cause)
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it raises is its outcome
        outcome = _failed(error)
    finally:
        heartbeat.release()
        connections.restore(before)
        handle.write()
    circuits.note(step, call, outcome)
    return outcome


def _is_too_late(held: Claim) -> bool:
    """Return whether this would be the execution's first step, after its start deadline."""
    if held.start_by is None or held.started_at <= held.start_by or held.attempt > 1:
        return False
    return not queries.has_begun(held.execution_id, beside=held.id, by=held.start_by)


def _call(held: Claim, step: Step) -> Call | None:
    """Return what the step's code is given, or None where the database does not tell."""
    try:
        variables = variables_of(step, held)
    except (OperationalError, InterfaceError) as error:
        log.warning(
            "step handed back: its variables cannot be read", step_run_id=str(held.id), error=str(error)
        )
        return None
    return Call(
        execution_id=held.execution_id,
        organization_id=held.organization_id,
        step_run_id=held.id,
        step=held.step,
        item_index=held.item_index,
        attempt=held.attempt,
        failures=held.failures,
        crashes=held.crashes,
        queue=held.queue,
        now=held.started_at,
        resume_at=held.resume_at,
        created_at=held.created_at,
        depth=held.depth,
        variables=variables,
        kept=held.kept,
    )


@contextmanager
def _guarded(held: Claim, step: Step, *, guard: Guard, handle: Handle, heeds_cancel: bool) -> Iterator[None]:
    """Let the code inside be interrupted, and its process be killed where that does not help."""
    token = horarium.current_step.set(handle)
    try:
        with guard.armed(held, timeout=step.timeout, soft_timeout=soft_timeout_of(step)):
            table.begin(held.id, held.attempt, ends=guard.ends, heeds_cancel=heeds_cancel)
            yield
    finally:
        table.release()
        horarium.current_step.reset(token)


def _attempt(step: Step, call: Call) -> Outcome:
    is_whole = call.item_index < 0
    if is_whole and not _is_wanted(step, call.variables):
        return Skipped()
    if is_whole and step.items_template is not None:
        return _expanded(step.items_template.render(call.variables))
    return circuits.guard(step, call) or outputs.storable(RUN[step.kind](step, call))


def _is_wanted(step: Step, variables: Any) -> bool:
    if step.guard is None:
        return True
    wanted = evaluate(step.guard, variables)
    if not isinstance(wanted, bool):
        raise ExpressionError(step.guard.source, f"`if` must be true or false, not {type(wanted).__name__}")
    return wanted


def _expanded(items: Any) -> Outcome:
    kept = outputs.storable(Completed(items))
    if isinstance(kept, Failed):
        return Failed(error=f"`for_each`: {kept.error}", error_class="InvalidItems")
    assert isinstance(kept, Completed)  # noqa: S101 - what else
    if not isinstance(kept.output, list):
        found = "null" if kept.output is None else type(kept.output).__name__
        return Failed(error=f"`for_each` must give a list, not {found}", error_class="InvalidItems")
    if len(kept.output) > MAX_ITEMS:
        error = f"`for_each` gave {len(kept.output):,} items; at most {MAX_ITEMS:,} are allowed"
        return Failed(error=error, error_class="InvalidItems")
    return Expanded(kept.output)


def _interrupted(step: Step, cause: Cause) -> Outcome | None:
    match cause:
        case Cause.LOST:
            return None
        case Cause.CANCEL:
            return Cancelled()
        case Cause.STOP:
            return Released()
        case Cause.TIMEOUT:
            return failures.timed_out(step)


def _failed(error: BaseException) -> Failed:
    if isinstance(error, ExpressionError):
        return Failed(error=str(error), error_class="ExpressionError")
    return failures.of_exception(error)
