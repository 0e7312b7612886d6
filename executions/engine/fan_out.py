"""A step that runs once for each entry of a list: one step run for the whole, and one for each item."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from events.services import NewEvent
from executions import queries, wakeups
from executions.advancing import has_to_end, new_step_run, planned, wake
from executions.queries import Claim, NewStepRun, Settled
from executions.rules import items
from executions.running.outputs import MAX_BYTES
from executions.states import StepState
from executions.subject import subject_of
from workflows.definition import Definition, Step


@dataclass(slots=True)
class ItemEnded:
    """What came of the end of an item, and whether the step itself has ended."""

    whole_ended: bool = False
    events: list[NewEvent] = field(default_factory=list)


def expand(held: Claim, values: Sequence[Any], definition: Definition, *, now: datetime) -> None:
    """Insert the items of a step, as many of them ready as may run at once."""
    step = definition.step(held.step)
    at_once = len(values) if step.max_parallel is None else step.max_parallel
    rows = [_item(held, step, place, value, at_once=at_once, now=now) for place, value in enumerate(values)]
    queries.insert_step_runs(rows)
    queries.count_items(held.id, left=len(rows), following=at_once if at_once < len(rows) else None)
    wake(rows)


def _item(held: Claim, step: Step, place: int, value: Any, *, at_once: int, now: datetime) -> NewStepRun:
    has_turn = place < at_once
    row = new_step_run(subject_of(held), step, state="ready" if has_turn else "waiting", now=now)
    return NewStepRun(
        **{name: getattr(row, name) for name in _SAME},
        item_index=place,
        item=Jsonb(value),
        waits_for="" if has_turn else "turn",
    )


_SAME = ("execution_id", "organization_id", "step", "kind", "state", "queue", "priority", "created_at")


def item_ended(
    held: Claim,
    settled: Settled,
    definition: Definition,
    *,
    ends_as: str,
    now: datetime,
) -> ItemEnded:
    """Count an item that has ended in the caller's transaction; begin another one, or end the step."""
    step = definition.step(held.step)
    left = queries.item_left(held.execution_id, held.step)
    stops = (ends_as and has_to_end(definition, held.step)) or (
        step.fail_when == "first_item" and settled.state != StepState.COMPLETED
    )
    if left > 0 and not stops:
        _begin_next(held, count=1)
        return ItemEnded()
    plan = planned(held.execution_id, definition, ends_as=ends_as)
    return _look_at_all(held, step, is_stopping=plan.is_stopping, now=now)


def item_goes_on(held: Claim, definition: Definition, *, ends_as: str, now: datetime) -> ItemEnded:
    """End an item that would wait or be tried again, where its list has begun to stop while it ran."""
    if not queries.begins_no_more(held.execution_id, held.step):
        return ItemEnded()
    plan = planned(held.execution_id, definition, ends_as=ends_as)
    return _look_at_all(held, definition.step(held.step), is_stopping=plan.is_stopping, now=now)


def _look_at_all(held: Claim, step: Step, *, is_stopping: bool, now: datetime) -> ItemEnded:
    following = _follow(held, step, is_stopping=is_stopping)
    if following.cancel:
        queries.cancel_items(held.execution_id, held.step, now=now)
        following = _follow(held, step, is_stopping=is_stopping)
    if following.begin:
        _begin_next(held, count=following.begin)
    if following.outcome is None:
        return ItemEnded()
    ended = queries.end_whole(
        held.execution_id, held.step, state=following.outcome, most_bytes=MAX_BYTES, now=now
    )
    if ended is None or ended == StepState.CANCELLED:  # of others that are cancelled no event tells either
        return ItemEnded(whole_ended=True)
    return ItemEnded(whole_ended=True, events=[_told(held, ended, now=now)])


def _follow(held: Claim, step: Step, *, is_stopping: bool) -> items.Next:
    counted = queries.counted_items(held.execution_id, held.step)
    return items.follow(
        items.Items(**counted),
        max_parallel=step.max_parallel,
        fail_when=step.fail_when,
        is_stopping=is_stopping,
    )


def _begin_next(held: Claim, *, count: int) -> None:
    begun = queries.begin_items(held.execution_id, held.step, count=count)
    if begun:
        wakeups.wake_on_commit(held.queue, count=begun)


def _told(held: Claim, state: str, *, now: datetime) -> NewEvent:
    facts: dict[str, Any] = {"step": held.step, "state": state}
    type_ = "workflow.step.completed" if state == StepState.COMPLETED else "workflow.step.failed"
    return subject_of(held).event(type_, now=now, data=facts)
