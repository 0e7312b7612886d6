"""Start a failed execution again, as a new one: from the beginning, or from the step that failed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from executions import engine
from executions.dead_letters import resuming
from executions.dead_letters.settling import Resolution, settle
from executions.errors import IllegalMove
from executions.models import Execution, Source
from executions.services.causes import Start, Started
from executions.services.starting import start
from executions.states import EXECUTION_FINAL, ExecutionState


def redrive(
    execution: Execution,
    *,
    by: str,
    now: datetime,
    from_failed: bool = False,
    new_input: Mapping[str, Any] | None = None,
) -> Started:
    """Start a failed, timed out or cancelled execution again.

    Args:
        from_failed: with its own version, and with the results of the steps that have finished, but for those
            that were compensated, and for what needs them; of a list, with those of the finished items.
            Otherwise from the beginning, with the current version.
        new_input: replaces the old input where given; results that are kept stay as they are.

    Raises:
        IllegalMove: the execution is running or has completed.
        AlreadyRedriven: its dead letter was redriven or discarded before.
        NotStartable: the workflow is archived.
        Overlapping: a limit of the workflow refuses it.
        InvalidInput: the input does not fit the version.
    """
    with transaction.atomic():
        locked = Execution.objects.select_for_update().select_related("workflow").get(pk=execution.pk)
        if locked.state not in EXECUTION_FINAL or locked.state == ExecutionState.COMPLETED:
            raise IllegalMove("the execution", state=locked.state, to="redriven")
        started = start(_again(locked, by=by, from_failed=from_failed, new_input=new_input), now=now)
        closed = resuming.take_over(locked, started.id, now=now) if from_failed else None
        settle(locked.pk, Resolution.REDRIVEN, by=by, now=now, redriven_as_id=started.id)
    if closed is not None:
        engine.after_close(closed, now=now)
    return started


def _again(locked: Execution, *, by: str, from_failed: bool, new_input: Mapping[str, Any] | None) -> Start:
    again = Start(
        workflow=locked.workflow,
        source=Source.REDRIVE,
        input=locked.input if new_input is None else new_input,
        priority=locked.priority,
        queue=locked.queue,
        fire_at=locked.fire_at,
        redrive_of_id=locked.pk,
        by=by,
        depth=locked.depth,
    )
    return replace(again, version_id=locked.version_id, takes_over=True) if from_failed else again
