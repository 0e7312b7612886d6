"""The finish of an attempt, and of a step run that waits for somebody else."""

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from events.services import NewEvent, append
from executions import queries, wakeups
from executions.advancing import MAX_ERROR, Advanced, advance, has_to_end
from executions.engine import fan_out, shortcuts
from executions.engine.passing_on import after_close, look_again
from executions.errors import LostLease
from executions.models import Attempt, WaitsFor
from executions.queries import Claim, NewStepRun, Settled, Slot
from executions.rules.outcomes import Completed, Expanded, Outcome
from executions.rules.verdicts import Record, Rules, judge
from executions.states import STEP_FINAL, StepState
from executions.subject import subject_of
from workflows.definition import Definition, Step
from workflows.services import definition_of

MAX_TRACEBACK = 20_000
EFFECTIVE = frozenset(
    {"task", "http", "remote_task"}
)  # a child is started once, however often it is asked for


def finish(
    held: Claim, outcome: Outcome, *, now: datetime, slot: Slot | None = None, expired_only: bool = False
) -> Claim | None:
    """Record the outcome of an attempt, start what follows or close the execution.

    Safe to repeat: the second call raises and changes nothing.

    Args:
        now: the database's time, at most a few milliseconds old.
        slot: the finishing worker's, when it goes on: it is given a single
            follow-up step of its queue, or else the best ready step, with the
            same commit.
        expired_only: change nothing if the lease was renewed meanwhile.

    Returns:
        The step run that the slot now holds.

    Raises:
        LostLease: the attempt no longer holds its step run; drop the work.
    """
    definition = definition_of(held.version_id)
    if isinstance(outcome, Expanded) and not outcome.items:
        outcome = Completed([])
    if isinstance(outcome, Completed):
        closed = shortcuts.take(held, outcome.output, definition, slot=slot)
        if closed.done:
            after_close(closed, now=now)
            return closed.claim
    finished = _finish(held, outcome, definition, now=now, slot=slot, expired_only=expired_only)
    _after(held, finished, now=now)
    return finished.claim


def settle_waiting(step_run_id: UUID, outcome: Outcome, *, now: datetime, attempt: int | None = None) -> bool:
    """End a step run that waits with an outcome from elsewhere: an answer, a decision, the end of a child.

    An answer may come before the worker has written that the step waits; it then
    ends the attempt in its place. Safe to repeat.

    Args:
        attempt: only while it is at this attempt.

    Returns:
        Whether it was changed; False means that it waits no more.
    """
    held = queries.held(step_run_id)
    if held is None or (attempt is not None and held.attempt != attempt):
        return False
    try:
        finished = _finish(held, outcome, definition_of(held.version_id), now=now, from_waiting=True)
    except LostLease:
        return False
    _after(held, finished, now=now)
    return True


def wake_waiting(step_run_ids: Collection[UUID], *, now: datetime) -> int:
    """Let workers look again at step runs that wait; return how many do wait. Safe to repeat."""
    with transaction.atomic():
        queues = queries.make_ready(step_run_ids, now=now)
        for queue, count in queues.items():
            wakeups.wake_on_commit(queue, count=count)
    return queues.total()


@dataclass(frozen=True, slots=True)
class _Finished:
    settled: Settled
    advanced: Advanced
    claim: Claim | None


@transaction.atomic
def _finish(
    held: Claim,
    outcome: Outcome,
    definition: Definition,
    *,
    now: datetime,
    slot: Slot | None = None,
    expired_only: bool = False,
    from_waiting: bool = False,
) -> _Finished:
    step = definition.step(held.step)
    rules = Rules(retry=step.retry, at_most_once=step.delivery == "at_most_once" and _has_effects(held, step))
    settled, record = judge(held, outcome, rules=rules, now=now, jitter=random.random)
    settled = replace(settled, error=settled.error[:MAX_ERROR])
    written = queries.settle(
        held,
        settled,
        may_be_cancelled=has_to_end(definition, held.step),
        from_waiting=from_waiting,
        expired_only=expired_only,
    )
    if written is None:
        raise LostLease(held.id, held.attempt)
    now = written.now
    settled = replace(settled, state=written.state)
    held = replace(
        held,
        execution_queue=written.execution_queue,
        priority=written.execution_priority,
        ends_as=written.ends_as,
    )
    if record is not None:
        _record_attempt(held, record, settled, now=now)
    events = _step_events(held, settled, record, now=now)
    advanced = _advance(held, settled, outcome, definition, ends_as=written.ends_as, slot=slot, now=now)
    append([*events, *advanced.events])
    return _Finished(settled, advanced, _next_claim(held, advanced.taken, slot=slot, now=now))


def _has_effects(held: Claim, step: Step) -> bool:
    """Return whether an attempt may change something elsewhere; to expand a list, or to wait, does not."""
    return step.kind in EFFECTIVE and (held.is_item or step.for_each is None)


def _advance(
    held: Claim,
    settled: Settled,
    outcome: Outcome,
    definition: Definition,
    *,
    ends_as: str,
    slot: Slot | None,
    now: datetime,
) -> Advanced:
    goes_on = settled.state not in STEP_FINAL
    if goes_on:
        _announce_later(held, settled)
        if isinstance(outcome, Expanded):
            fan_out.expand(held, outcome.items, definition, now=now)
    if held.is_item:
        return _advance_item(held, settled, definition, ends_as=ends_as, slot=slot, now=now)
    is_alone = len(definition.steps_by_id) == 1
    if goes_on and is_alone:
        return Advanced()
    # What goes on ends here, where another step has broken the section while it ran.
    # Of an execution with only this step no row needs to be read.
    states = {held.step: settled.state} if is_alone else None
    error = settled.error if settled.state == StepState.CANCELLED else ""
    return advance(
        subject_of(held), definition, ends_as=ends_as, states=states, slot=slot, now=now, error=error
    )


def _advance_item(
    held: Claim, settled: Settled, definition: Definition, *, ends_as: str, slot: Slot | None, now: datetime
) -> Advanced:
    if settled.state in STEP_FINAL:
        ended = fan_out.item_ended(held, settled, definition, ends_as=ends_as, now=now)
    else:
        ended = fan_out.item_goes_on(held, definition, ends_as=ends_as, now=now)
    if not ended.whole_ended:
        return Advanced(events=ended.events)
    following = advance(subject_of(held), definition, ends_as=ends_as, slot=slot, now=now)
    following.events[:0] = ended.events
    return following


def _announce_later(held: Claim, settled: Settled) -> None:
    if settled.state == StepState.READY:
        wakeups.wake_on_commit(held.queue)
    elif settled.available_at is not None:
        wakeups.tell_beat()


def _next_claim(held: Claim, taken: NewStepRun | None, *, slot: Slot | None, now: datetime) -> Claim | None:
    if taken is not None:
        return shortcuts.claim_of(held, taken, now=now)
    return queries.claim(slot) if slot else None


def _after(held: Claim, finished: _Finished, *, now: datetime) -> None:
    """Do what follows a commit and must not be part of it; the sweeps repeat what is lost here."""
    if finished.settled.state == StepState.WAITING:
        look_again(held.id, finished.settled.waits_for, now=now)
    after_close(finished.advanced.closed, now=now)


def _record_attempt(held: Claim, record: Record, settled: Settled, *, now: datetime) -> None:
    goes_on = settled.state in {StepState.READY, StepState.WAITING}
    attempt = Attempt(
        step_run_id=held.id,
        number=held.attempt,
        outcome=record.outcome,
        error=record.error[:MAX_ERROR],
        traceback=record.traceback[-MAX_TRACEBACK:],
        worker=held.worker,
        started_at=held.started_at,
        finished_at=now,
        retry_at=settled.available_at if goes_on else None,
    )
    # One that was lost may be answered all the same, before the next one begins.
    Attempt.objects.bulk_create(
        [attempt], update_conflicts=True, unique_fields=["step_run", "number"], update_fields=_OF_AN_ATTEMPT
    )


_OF_AN_ATTEMPT = ("outcome", "error", "traceback", "finished_at", "retry_at")


def _step_events(held: Claim, settled: Settled, record: Record | None, *, now: datetime) -> list[NewEvent]:
    tell = subject_of(held).event
    facts: dict[str, Any] = {"step": held.step, "attempt": held.attempt}
    if held.is_item:
        facts["item"] = held.item_index
    if settled.state == StepState.COMPLETED:
        # Of a thousand items only their step tells that it has completed.
        return [] if held.is_item else [tell("workflow.step.completed", now=now, data=facts)]
    if settled.state in {StepState.FAILED, StepState.TIMED_OUT, StepState.AMBIGUOUS}:
        return [tell("workflow.step.failed", now=now, data=facts | {"state": settled.state})]
    if settled.waits_for == WaitsFor.APPROVAL:
        return [tell("workflow.step.waiting_for_approval", now=now, data=facts | {"step_run": str(held.id)})]
    if settled.state in {StepState.READY, StepState.WAITING} and record is not None:
        retry_at = settled.available_at.isoformat() if settled.available_at else None
        facts |= {"outcome": record.outcome, "retry_at": retry_at}
        return [tell("workflow.step.retrying", now=now, data=facts)]
    return []
