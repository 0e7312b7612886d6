"""Cancel, terminate, redrive and discard: what people and programs may do to executions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from executions import admission, closing
from executions.errors import AlreadyRedriven, IllegalMove
from executions.models import DeadLetter, Execution, Source
from executions.services.starting import Start, Started, start
from executions.states import EXECUTION_FINAL, ExecutionState


def cancel(execution: Execution, *, by: str, now: datetime) -> Execution:
    """Request the end of an execution: ready steps never run, running ones are interrupted.

    Safe to repeat while the execution is running.

    Raises:
        IllegalMove: the execution has already ended.
    """
    with transaction.atomic():
        ended = closing.request_cancel(execution.pk, by=by, now=now)
    _let_others_in(ended, now=now)
    return ended


def terminate(execution: Execution, *, by: str, now: datetime) -> Execution:
    """End an execution at once: a step that still runs is disowned and finds its lease lost.

    Raises:
        IllegalMove: the execution has already ended.
    """
    with transaction.atomic():
        ended = closing.terminate(execution.pk, by=by, now=now)
    _let_others_in(ended, now=now)
    return ended


def _let_others_in(ended: Execution, *, now: datetime) -> None:
    if ended.group_key is not None and ended.has_waiting and ended.state in EXECUTION_FINAL:
        admission.let_others_in(ended.group_key, now=now)


@transaction.atomic
def redrive(
    execution: Execution, *, by: str, now: datetime, new_input: Mapping[str, Any] | None = None
) -> Started:
    """Start a failed or cancelled execution again, from the beginning, with the current version.

    Args:
        new_input: replaces the old input where given.

    Raises:
        IllegalMove: the execution is running or has completed.
        AlreadyRedriven: its dead letter was redriven or discarded before.
        InvalidInput: the input does not fit the current version.
    """
    locked = Execution.objects.select_for_update().get(pk=execution.pk)
    if locked.state not in EXECUTION_FINAL or locked.state == ExecutionState.COMPLETED:
        raise IllegalMove("the execution", state=locked.state, to="redriven")
    again = Start(
        workflow=locked.workflow,
        source=Source.REDRIVE,
        input=locked.input if new_input is None else new_input,
        schedule_id=None,
        priority=locked.priority,
        queue=locked.queue,
        redrive_of_id=locked.pk,
        by=by,
    )
    started = start(again, now=now)
    _settle_dead_letter(locked, DeadLetter.Resolution.REDRIVEN, by=by, now=now, redriven_as_id=started.id)
    return started


@transaction.atomic
def discard(dead_letter: DeadLetter, *, by: str, now: datetime, note: str = "") -> None:
    """Close a dead letter without starting anything.

    Raises:
        AlreadyRedriven: it was redriven or discarded before.
    """
    _settle_dead_letter(dead_letter.execution, DeadLetter.Resolution.DISCARDED, by=by, now=now, note=note)


def _settle_dead_letter(
    execution: Execution, resolution: DeadLetter.Resolution, *, by: str, now: datetime, **changes: Any
) -> None:
    letter = DeadLetter.objects.filter(execution=execution)
    as_read = letter.filter(resolution=DeadLetter.Resolution.OPEN)
    settled = as_read.update(resolution=resolution, resolved_by=by, resolved_at=now, **changes)
    if not settled and (earlier := letter.first()) is not None:
        raise AlreadyRedriven(
            f"the dead letter was {earlier.resolution} by {earlier.resolved_by or 'somebody'} before"
        )
