"""Run the code of one claimed step, whatever it does, and say how it ended."""

import traceback
from datetime import timedelta
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError

from executions import connections, queries
from executions.heartbeat import Heartbeat
from executions.interrupts import Cause, Guard, Interrupted
from executions.outcomes import Cancelled, Failed, Outcome, Released, Skipped, TooLate
from executions.outputs import storable
from executions.queries import Claim
from executions.steps import RUN, Call
from executions.variables import variables_of
from workflows.definition import Step
from workflows.errors import ExpressionError
from workflows.expressions import evaluate
from workflows.services import definition_of

log = structlog.get_logger(__name__)


def run(held: Claim, *, guard: Guard, heartbeat: Heartbeat, lease: timedelta) -> Outcome | None:
    """Run the step's code and return how it ended, or None where the lease was lost meanwhile.

    Leaves the database connections as the step found them.
    """
    step = definition_of(held.version_id).step(held.step)
    if _is_too_late(held):
        return TooLate()
    try:
        variables = variables_of(step, held)
    except (OperationalError, InterfaceError) as error:
        log.warning(
            "step handed back: its variables cannot be read", step_run_id=str(held.id), error=str(error)
        )
        return Released()
    before = connections.snapshot()
    heartbeat.watch(held, lease=lease, timeout=step.timeout)
    try:
        with guard.armed(held, timeout=step.timeout):
            return _attempt(step, held, variables)
    except Interrupted as interrupted:
        return _interrupted(step, interrupted.cause)
    except ExpressionError as error:
        return Failed(error=str(error), error_class="ExpressionError")
    except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it raises is its outcome
        return _failed(error)
    finally:
        heartbeat.release()
        connections.restore(before)


def _is_too_late(held: Claim) -> bool:
    """Return whether this would be the execution's first step, after its start deadline."""
    if held.start_by is None or held.started_at <= held.start_by or held.attempt > 1:
        return False
    return not queries.has_begun(held.execution_id, beside=held.id, by=held.start_by)


def _attempt(step: Step, held: Claim, variables: dict[str, Any]) -> Outcome:
    call = Call(
        execution_id=held.execution_id,
        step=held.step,
        attempt=held.attempt,
        now=held.started_at,
        resume_at=held.resume_at,
        variables=variables,
    )
    if not _is_wanted(step, variables):
        return Skipped()
    return storable(RUN[step.kind](step, call))


def _is_wanted(step: Step, variables: dict[str, Any]) -> bool:
    if step.guard is None:
        return True
    wanted = evaluate(step.guard, variables)
    if not isinstance(wanted, bool):
        raise ExpressionError(step.guard.source, f"`if` must be true or false, not {type(wanted).__name__}")
    return wanted


def _interrupted(step: Step, cause: Cause) -> Outcome | None:
    match cause:
        case Cause.LOST:
            return None
        case Cause.CANCEL:
            return Cancelled()
        case Cause.STOP:
            return Released()
        case Cause.TIMEOUT:
            seconds = step.timeout.total_seconds()
            return Failed(
                error=f"took longer than its timeout of {seconds:g} s", error_class="Timeout", timed_out=True
            )


def _failed(error: BaseException) -> Failed:
    return Failed(
        error=storable_text(_described(error)),
        error_class=f"{type(error).__module__}.{type(error).__qualname__}",
        traceback=storable_text("".join(traceback.format_exception(error))),
    )


def _described(error: BaseException) -> str:
    name = type(error).__name__
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the `__str__` of a foreign class
        return name
    return f"{name}: {text}" if text else name


def storable_text(text: str) -> str:
    """Return `text` without what PostgreSQL refuses: U+0000 and halves of surrogate pairs."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
