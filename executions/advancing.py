"""Apply what follows from the states of a locked execution: start steps, cancel them, close it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from events.services import NewEvent
from executions import queries, wakeups
from executions.models import DeadLetter, Execution, StepRun
from executions.queries import Closed, NewStepRun, Slot
from executions.queues import special
from executions.rules import graph
from executions.rules.verdicts import MAX_CRASHES
from executions.states import StepState
from executions.subject import Subject
from workflows.definition import Definition, Section, Step

MAX_ERROR = 2_000  # characters of an error that the history keeps
NOT_CLOSED = Closed(done=False)


@dataclass(slots=True)
class Advanced:
    """What became of it.

    Attributes:
        taken: the step run that the slot holds now.
        closed: of the execution, if it has ended.
        events: to append in the same transaction.
    """

    taken: NewStepRun | None = None
    closed: Closed = NOT_CLOSED
    events: list[NewEvent] = field(default_factory=list)


def advance(
    subject: Subject,
    definition: Definition,
    *,
    now: datetime,
    ends_as: str = "",
    states: dict[str, str] | None = None,
    slot: Slot | None = None,
    error: str = "",
) -> Advanced:
    """Do what `graph.plan` says of a locked execution, in the caller's transaction.

    Args:
        ends_as: as what its end was requested, or "".
        states: where the caller knows them.
        slot: a worker that would run a single step that follows.
        error: why it ends, where that is not for a step that failed.
    """
    plan = _stopped(subject, definition, states, ends_as=ends_as, now=now)
    done = Advanced()
    _start_steps(subject, definition, plan, slot=slot, now=now, done=done)
    if plan.end:
        _close(subject, plan.end, error=error, now=now, done=done)
    return done


def planned(
    execution_id: UUID, definition: Definition, *, ends_as: str = "", states: dict[str, str] | None = None
) -> graph.Plan:
    """Return what follows for an execution as it stands. Changes nothing."""
    states = queries.step_states(execution_id) if states is None else states
    finished: list[str] = []
    if definition.undoable and (ends_as or not graph.BROKEN.isdisjoint(states.values())):
        finished = queries.finished_steps(execution_id, definition.undoable)
    ending: graph.Ending | None = ends_as or None  # type: ignore[assignment]
    return graph.plan(definition, states, finished=finished, ending=ending)


def _stopped(
    subject: Subject, definition: Definition, states: dict[str, str] | None, *, ends_as: str, now: datetime
) -> graph.Plan:
    """Return what follows once nothing is left open that can be ended at once."""
    plan = planned(subject.execution_id, definition, ends_as=ends_as, states=states)
    if not plan.is_stopping:
        return plan
    queries.cancel_open_steps(subject.execution_id, now=now)
    return planned(subject.execution_id, definition, ends_as=ends_as)


def _start_steps(
    subject: Subject,
    definition: Definition,
    plan: graph.Plan,
    *,
    slot: Slot | None,
    now: datetime,
    done: Advanced,
) -> None:
    rows = [new_step_run(subject, definition.step(step), state="skipped", now=now) for step in plan.skip]
    rows += [new_step_run(subject, definition.step(step), state="ready", now=now) for step in plan.start]
    if slot and len(plan.start) == 1 and may_follow(rows[-1], slot):
        done.taken = rows[-1] = taken_by(slot, rows[-1], now=now)
    if rows:
        queries.insert_step_runs(rows)
    wake(rows)


def new_step_run(subject: Subject, step: Step, *, state: str, now: datetime) -> NewStepRun:
    """Return the row with which a step begins."""
    return NewStepRun(
        execution_id=subject.execution_id,
        organization_id=subject.organization_id,
        step=step.id,
        kind=step.kind,
        state=state,
        queue=step.queue or subject.queue,
        priority=subject.priority if step.priority is None else step.priority,
        created_at=now,
    )


def may_follow(row: NewStepRun, slot: Slot) -> bool:
    """Return whether the slot may run a new row at once: its queue is the same, and nothing holds it back."""
    return row.queue == slot.queue and special.is_free(row.organization_id, row.queue)


def taken_by(slot: Slot, row: NewStepRun, *, now: datetime) -> NewStepRun:
    """Return a new row as the slot's own, which runs it at once."""
    return replace(row, state="running", attempt=1, worker=slot.worker, lease_expires_at=now + slot.lease)


def wake(rows: Iterable[NewStepRun]) -> None:
    """Wake workers for new ready rows, once the transaction has committed."""
    for queue, count in Counter(row.queue for row in rows if row.state == StepState.READY).items():
        wakeups.wake_on_commit(queue, count=count)


def _close(subject: Subject, end: graph.End, *, error: str, now: datetime, done: Advanced) -> None:
    cause = DeadLetter.Cause.FAILED
    if end == "failed":
        error, cause = _failure(subject.execution_id)
    elif end == "timed_out":
        error, cause = error or "took longer than its timeout", DeadLetter.Cause.TIMED_OUT
    elif end == "cancelled":
        error = _why_cancelled(subject.execution_id) or error
    done.closed = queries.close(subject.execution_id, state=end, error=error[:MAX_ERROR], now=now)
    if not done.closed.done:
        return
    # The end of a child is its parent's to judge.
    if end in {"failed", "timed_out"} and done.closed.parent_step_id is None:
        DeadLetter.objects.create(
            organization_id=subject.organization_id,
            execution_id=subject.execution_id,
            cause=cause,
            reason=error,
            created_at=now,
        )
    done.events.append(
        subject.event(f"workflow.{end}", now=now, data={"error": error[:300]} if error else {})
    )


def _why_cancelled(execution_id: UUID) -> str:
    """Return what `closing.request_cancel` left there, if that was asked for."""
    return Execution.objects.values_list("error", flat=True).get(pk=execution_id)


def _failure(execution_id: UUID) -> tuple[str, DeadLetter.Cause]:
    """Return why an execution failed: what its first failed step says."""
    failed = StepRun.objects.filter(execution_id=execution_id, state__in=sorted(graph.FAILED), item_index=-1)
    first = failed.order_by("finished_at", "id").only("step", "error", "state", "crashes").first()
    if first is None:
        return "", DeadLetter.Cause.FAILED
    return f"{first.step}: {first.error}", _cause(first)


def _cause(failed: StepRun) -> DeadLetter.Cause:
    if failed.state == StepState.AMBIGUOUS:
        return DeadLetter.Cause.AMBIGUOUS
    if failed.state == StepState.TIMED_OUT:
        return DeadLetter.Cause.TIMED_OUT
    return DeadLetter.Cause.CRASHED if failed.crashes >= MAX_CRASHES else DeadLetter.Cause.FAILED


def has_to_end(definition: Definition, step_id: str) -> bool:
    """Return whether a step is given up when the end of its execution is requested."""
    return definition.section_of(step_id) in {Section.MAIN, Section.OUTPUT}
