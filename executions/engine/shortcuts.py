"""Recognize the common completions that one statement can make, and make them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from events.announcements import announce_on_commit
from events.services import HINT
from executions import queries
from executions.advancing import may_follow, new_step_run, taken_by, wake
from executions.queries import Claim, Closed, NewStepRun, Slot
from executions.queues import special
from executions.subject import subject_of
from workflows.definition import OUTPUT, Definition
from workflows.services import definition_of

NOTHING_DONE = Closed(done=False)


def take(held: Claim, output: Any, definition: Definition, *, slot: Slot | None) -> Closed:
    """Complete a step by a shortcut; not `done` where there is none, and then nothing was changed."""
    if held.is_item:
        return _complete_item(held, output, definition, slot=slot) if slot else NOTHING_DONE
    chain = _chain(held.version_id)
    if held.step not in chain:
        return NOTHING_DONE
    following = chain[held.step]
    if following is None:
        closed = queries.complete_last_step(held, output, slot=slot)
    else:
        closed = _go_on(held, output, definition, following, slot=slot)
    if closed.done:
        announce_on_commit(HINT, str(held.organization_id))
    return closed


def _complete_item(held: Claim, output: Any, definition: Definition, *, slot: Slot) -> Closed:
    takes_turns = definition.step(held.step).max_parallel is not None
    if takes_turns and held.queue == slot.queue and special.is_free(held.organization_id, held.queue):
        closed = queries.complete_item_and_begin(held, output, slot=slot)
        if closed.done:
            return closed
    return queries.complete_item(held, output, slot=slot)


def _go_on(held: Claim, output: Any, definition: Definition, following: str, *, slot: Slot | None) -> Closed:
    if slot is None:
        return NOTHING_DONE
    now = held.started_at  # the statement writes the database's time
    row = new_step_run(subject_of(held), definition.step(following), state="ready", now=now)
    if may_follow(row, slot):
        row = taken_by(slot, row, now=now)
    began = queries.complete_and_go_on(held, output, following=row, slot=slot)
    if began is None:
        return NOTHING_DONE
    if row.state == "ready":
        wake([row])
        return Closed(done=True, claim=queries.claim(slot))
    return Closed(done=True, claim=claim_of(held, row, now=began))


def claim_of(held: Claim, row: NewStepRun, *, now: datetime) -> Claim:
    """Return the claim of a row that was inserted as the worker's own, beside one that it has finished."""
    return replace(
        held,
        id=row.id,
        step=row.step,
        item_index=row.item_index,
        item_json=None,
        kept_json=None,
        queue=row.queue,
        attempt=1,
        failures=0,
        crashes=0,
        created_at=now,
        available_at=now,
        started_at=now,
        resume_at=None,
        worker=row.worker,
    )


@lru_cache(maxsize=1024)  # versions never change
def _chain(version_id: UUID) -> Mapping[str, str | None]:
    """Return what follows each step where the steps follow each other one by one; None after the last.

    Empty where they do not; without the last where something else runs after it.
    """
    definition = definition_of(version_id)
    ids = [step.id for step in definition.steps]
    needs = [step.needs for step in definition.steps]
    if needs != [[], *([before] for before in ids[:-1])]:
        return {}
    if definition.output is not None:
        ids.append(OUTPUT)
    chain: dict[str, str | None] = dict(zip(ids, [*ids[1:], None], strict=True))
    if definition.always:
        del chain[ids[-1]]
    return chain
