"""Write how an attempt ended, and close its execution."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from executions.queries.claims import Claim
from executions.queries.items import recount_items
from organizations.statements import executed


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt leaves its step run: the columns that a finish writes."""

    state: str  # final, waiting, or ready for a later attempt
    output: Any = None
    error: str = ""
    failures: int = 0
    crashes: int = 0
    available_at: datetime | None = None  # since when it is ready, or when it will be
    resume_at: datetime | None = None
    waits_for: str = ""
    waits_key: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What a finish has written, and how its execution stands now.

    Attributes:
        ends_as: as what the execution is to end, or "".
        now: the database's time.
    """

    state: str
    ends_as: str
    execution_queue: str
    execution_priority: int
    now: datetime


# The execution is locked first: the update joins what the lock returned. What would go on, of an execution
# that is to end, ends cancelled instead; another execution that it waits for must end first.
_SETTLE = """
WITH e AS MATERIALIZED (
    SELECT id, ends_as, queue, priority, horarium_now() AS now,
        CASE WHEN %(may_be_cancelled)s::boolean AND cancel_requested_at IS NOT NULL
                  AND %(state)s::text IN ('ready', 'waiting') AND %(waits_for)s::text <> 'execution'
             THEN 'cancelled' ELSE %(state)s::text END AS to_state
    FROM executions_execution WHERE id = %(execution_id)s FOR UPDATE
)
UPDATE executions_steprun AS s
SET state = e.to_state, error = %(error)s, failures = %(failures)s, crashes = %(crashes)s,
    output = CASE WHEN e.to_state <> 'cancelled' THEN %(output)s::jsonb END,
    resume_at = %(resume_at)s, lease_expires_at = NULL,
    waits_for = CASE WHEN e.to_state = 'waiting' THEN %(waits_for)s ELSE '' END,
    waits_key = CASE WHEN e.to_state = 'waiting' THEN %(waits_key)s ELSE '' END,
    available_at = CASE WHEN e.to_state IN ('ready', 'waiting') THEN %(available_at)s::timestamptz
                        ELSE s.available_at END,
    finished_at = CASE WHEN e.to_state NOT IN ('ready', 'waiting') THEN e.now END
FROM e
WHERE s.id = %(id)s AND s.attempt = %(attempt)s AND s.execution_id = e.id
    AND (s.state = 'running' OR %(from_waiting)s::boolean AND s.state = 'waiting')
    AND (NOT %(expired_only)s::boolean OR s.lease_expires_at < e.now)
RETURNING e.to_state, e.ends_as, e.queue, e.priority, e.now
"""


def settle(
    held: Claim,
    settled: Settled,
    *,
    may_be_cancelled: bool = True,
    from_waiting: bool = False,
    expired_only: bool = False,
) -> Written | None:
    """Write the outcome of an attempt and lock its execution until the commit.

    Args:
        may_be_cancelled: False for a step that runs because its execution is to end.
        from_waiting: the outcome comes from elsewhere; the step run may wait, too.
        expired_only: change nothing if the lease was renewed meanwhile.

    Returns:
        None when the attempt no longer holds its step run and nothing was changed.
    """
    values = {name: getattr(settled, name) for name in settled.__slots__}
    values["output"] = None if settled.output is None else Jsonb(settled.output)
    values |= {"id": held.id, "execution_id": held.execution_id, "attempt": held.attempt}
    values |= {"may_be_cancelled": may_be_cancelled, "from_waiting": from_waiting}
    with executed(_SETTLE, {**values, "expired_only": expired_only}) as cursor:
        row = cursor.fetchone()
    return Written(*row) if row else None


# Index: step_run_once_per_execution. A step whose items or child run is as good as running.
_STATES = """
SELECT step, CASE WHEN state = 'waiting' AND waits_for IN ('items', 'execution') THEN 'running' ELSE state END
FROM executions_steprun WHERE execution_id = %s AND item_index = -1
"""


def step_states(execution_id: UUID) -> dict[str, str]:
    """Return the state of every step of a locked execution, by step id, without items."""
    with executed(_STATES, [execution_id]) as cursor:
        return dict(cursor.fetchall())


_FINISHED = """
SELECT step FROM executions_steprun AS s
WHERE execution_id = %(execution_id)s AND item_index = -1 AND step = ANY(%(steps)s::text[])
    AND (state = 'completed' OR EXISTS (
        SELECT FROM executions_steprun AS i
        WHERE i.execution_id = %(execution_id)s AND i.step = s.step AND i.item_index >= 0 AND i.state = 'completed'))
ORDER BY finished_at, id
"""


def finished_steps(execution_id: UUID, steps: Collection[str]) -> list[str]:
    """Return those of `steps` that have completed, or of whose items one has, in the order in which they ended."""
    with executed(_FINISHED, {"execution_id": execution_id, "steps": list(steps)}) as cursor:
        return [row[0] for row in cursor]


_CANCEL_OPEN = """
UPDATE executions_steprun
SET state = 'cancelled', waits_for = '', waits_key = '', output = NULL, finished_at = %(now)s
WHERE execution_id = %(execution_id)s
    AND (state = 'ready' OR state = 'waiting' AND waits_for NOT IN ('items', 'execution'))
"""
# An own statement: it must see what the one before it has left open.
_CANCEL_WHOLE = """
UPDATE executions_steprun AS s
SET state = 'cancelled', waits_for = '', waits_key = '', items_left = 0, finished_at = %(now)s
WHERE execution_id = %(execution_id)s AND state = 'waiting' AND waits_for = 'items'
    AND NOT EXISTS (
        SELECT FROM executions_steprun AS i
        WHERE i.execution_id = %(execution_id)s AND i.step = s.step AND i.item_index >= 0
            AND i.state IN ('ready', 'waiting', 'running'))
"""


def cancel_open_steps(execution_id: UUID, *, now: datetime) -> None:
    """Cancel what nobody runs of a locked execution, items included.

    What waits for another execution is left: that must end first.
    """
    values = {"execution_id": execution_id, "now": now}
    for statement in (_CANCEL_OPEN, _CANCEL_WHOLE):
        with executed(statement, values):
            pass
    recount_items(execution_id)


_DISOWN = """
UPDATE executions_steprun
SET state = 'cancelled', output = NULL, finished_at = %s, lease_expires_at = NULL, waits_for = '', waits_key = ''
WHERE execution_id = %s AND state IN ('ready', 'waiting', 'running')
"""


def disown_steps(execution_id: UUID, *, now: datetime) -> None:
    """Cancel the step runs of a locked execution, the running ones too: their workers have lost the lease."""
    with executed(_DISOWN, [now, execution_id]):
        pass


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of closing an execution.

    Attributes:
        done: False means that nothing was changed or claimed: the attempt is not
            held any more, or the execution has ended or is to end otherwise.
        freed: the groups in which somebody may wait for the place.
        parent_step_id: the step run that waits for this end.
        claim: the slot's next step run.
    """

    done: bool
    freed: tuple[UUID, ...] = ()
    parent_step_id: UUID | None = None
    claim: Claim | None = None


_CLOSE = """
UPDATE executions_execution SET state = %s, error = %s, finished_at = %s, waits_until = NULL
WHERE id = %s AND state IN ('running', 'pending')
RETURNING CASE WHEN has_waiting THEN group_key END, has_places, parent_step_id
"""
# Index: place_once_per_execution. Whether somebody waits is looked at after the commit: one who has decided
# to wait, and has not committed yet, would not be seen here. A limit of starts frees nothing by an end.
_RELEASE_PLACES = """
UPDATE executions_place SET released_at = %(now)s WHERE execution_id = %(execution_id)s AND released_at IS NULL
RETURNING CASE WHEN per_seconds IS NULL AND admitted_at IS NOT NULL THEN group_key END
"""


def close(execution_id: UUID, *, state: str, error: str, now: datetime) -> Closed:
    """Move an execution to a final state and give its places back; not `done` when somebody else did."""
    with executed(_CLOSE, [state, error, now, execution_id]) as cursor:
        row = cursor.fetchone()
    if row is None:
        return Closed(done=False)
    group, has_places, parent_step_id = row
    freed = [group]
    if has_places:
        with executed(_RELEASE_PLACES, {"execution_id": execution_id, "now": now}) as cursor:
            freed += [key for (key,) in cursor]
    return Closed(
        done=True, freed=tuple(key for key in freed if key is not None), parent_step_id=parent_step_id
    )
