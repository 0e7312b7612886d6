"""Take over the results of a failed execution, and go on from there."""

from datetime import datetime
from uuid import UUID

from events.services import append
from executions import wakeups
from executions.advancing import advance
from executions.dead_letters import copies, keeping
from executions.models import Execution
from executions.queries import Closed
from executions.states import ExecutionState
from executions.subject import subject_of
from workflows.services import definition_of


def take_over(source: Execution, new_id: UUID, *, now: datetime) -> Closed | None:
    """Give a new execution, which has no steps yet, the finished ones of `source`, in the caller's transaction.

    One that waits for its place is resumed when it gets it.
    """
    new = Execution.objects.get(pk=new_id)
    steps, states = definition_of(source.version_id).steps, copies.step_states(source.pk)
    copies.copy_finished(source.pk, new.pk, steps=keeping.kept(steps, states))
    copies.copy_items(source.pk, new.pk, steps=keeping.begun(steps, states), now=now)
    return resume(new, now=now) if new.state == ExecutionState.RUNNING else None


def resume(execution: Execution, *, now: datetime) -> Closed:
    """Start what follows from the results that an execution has taken over, in the caller's transaction."""
    definition = definition_of(execution.version_id)
    for step in definition.steps:
        if step.for_each is None:
            continue
        ready = copies.begin_items(execution.pk, step.id, count=step.max_parallel, now=now)
        for queue, count in ready.items():
            wakeups.wake_on_commit(queue, count=count)
    done = advance(subject_of(execution), definition, now=now)
    append(done.events)
    return done.closed
