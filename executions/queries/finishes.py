"""Write how an attempt ended, and close its execution."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from events.statements import executed
from executions.queries.claims import PICK_AND_TAKE, Claim, Slot


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt leaves its step run: the columns that a finish writes."""

    state: str  # final, or ready for a later attempt
    output: Any = None
    error: str = ""
    failures: int = 0
    crashes: int = 0
    available_at: datetime | None = None  # set iff ready
    resume_at: datetime | None = None


# The execution is locked first: the update joins what the lock returned.
# A retry of a step whose execution is being cancelled ends cancelled instead.
_SETTLE = """
WITH e AS MATERIALIZED (
    SELECT id, cancel_requested_at, horarium_now() AS now,
        CASE WHEN %(state)s::text = 'ready' AND cancel_requested_at IS NOT NULL THEN 'cancelled'
             ELSE %(state)s::text END AS to_state
    FROM executions_execution WHERE id = %(execution_id)s FOR UPDATE
)
UPDATE executions_steprun AS s
SET state = e.to_state, output = %(output)s, error = %(error)s, failures = %(failures)s,
    crashes = %(crashes)s, resume_at = %(resume_at)s, lease_expires_at = NULL,
    available_at = coalesce(%(available_at)s::timestamptz, s.available_at),
    finished_at = CASE WHEN e.to_state <> 'ready' THEN e.now END
FROM e
WHERE s.id = %(id)s AND s.attempt = %(attempt)s AND s.state = 'running' AND s.execution_id = e.id
    AND (NOT %(expired_only)s::boolean OR s.lease_expires_at < e.now)
RETURNING e.to_state, e.cancel_requested_at IS NOT NULL, e.now
"""


def settle(held: Claim, settled: Settled, *, expired_only: bool = False) -> tuple[str, bool, datetime] | None:
    """Write the outcome of an attempt and lock its execution until the commit.

    Args:
        expired_only: change nothing if the lease was renewed meanwhile.

    Returns:
        (the state written, whether the execution is being cancelled, the
        database's time), or None when the attempt no longer holds its step
        run and nothing was changed.
    """
    values = {name: getattr(settled, name) for name in settled.__slots__}
    values["output"] = None if settled.output is None else Jsonb(settled.output)
    values |= {"id": held.id, "execution_id": held.execution_id, "attempt": held.attempt}
    with executed(_SETTLE, {**values, "expired_only": expired_only}) as cursor:
        row: tuple[str, bool, datetime] | None = cursor.fetchone()
    return row


# The common case in one statement: the only step of an execution has completed.
_COMPLETE = """
e AS MATERIALIZED (
    SELECT id, organization_id, workflow_id, schedule_id, horarium_now() AS now
    FROM executions_execution
    WHERE id = %(execution_id)s AND state = 'running' AND cancel_requested_at IS NULL
    FOR UPDATE
), s AS (
    UPDATE executions_steprun AS s
    SET state = 'completed', output = %(output)s, lease_expires_at = NULL, finished_at = e.now, error = ''
    FROM e
    WHERE s.id = %(id)s AND s.attempt = %(attempt)s AND s.state = 'running' AND s.execution_id = e.id
    RETURNING e.*, s.step, s.attempt
), closed AS (
    UPDATE executions_execution AS x SET state = 'completed', finished_at = s.now FROM s WHERE x.id = s.id
    RETURNING CASE WHEN x.has_waiting THEN x.group_key END AS freed
), told AS (
    INSERT INTO events_event (organization_id, type, at, workflow_id, schedule_id, execution_id, data)
    SELECT s.organization_id, new.type, s.now, s.workflow_id, s.schedule_id, s.id,
        CASE WHEN new.type = 'workflow.step.completed'
             THEN jsonb_build_object('step', s.step, 'attempt', s.attempt) ELSE '{}'::jsonb END
    FROM s, (VALUES (1, 'workflow.step.completed'), (2, 'workflow.completed')) AS new (place, type)
    ORDER BY new.place
)
"""
_COMPLETE_ONLY_STEP = f"WITH {_COMPLETE} SELECT freed FROM closed"  # noqa: S608 - constant text
_COMPLETE_AND_CLAIM = f"""
WITH {_COMPLETE}, {PICK_AND_TAKE.format(condition="EXISTS (SELECT FROM s) AND")}
SELECT EXISTS (SELECT FROM s), (SELECT freed FROM closed), taken.*
FROM (VALUES (1)) AS one LEFT JOIN taken ON true
"""  # noqa: S608 - constant text


@dataclass(frozen=True, slots=True)
class Closed:
    """What came of completing an execution's only step.

    Attributes:
        done: False means that nothing was changed or claimed: the attempt is not
            held any more, or the execution is being cancelled.
        freed: the group in which somebody waits for the place, if any.
        claim: the slot's next step run.
    """

    done: bool
    freed: UUID | None = None
    claim: Claim | None = None


def complete_only_step(held: Claim, output: Any, *, slot: Slot | None) -> Closed:
    """Complete a step that is its execution's only one, and the execution, and append both events.

    Args:
        slot: where given, the next step run is claimed for it by the same
            statement, and so with the same commit.
    """
    values = {
        "id": held.id,
        "execution_id": held.execution_id,
        "attempt": held.attempt,
        "output": None if output is None else Jsonb(output),
    }
    if slot is None:
        with executed(_COMPLETE_ONLY_STEP, values) as cursor:
            row = cursor.fetchone()
        return Closed(row is not None, freed=row[0] if row else None)
    with executed(_COMPLETE_AND_CLAIM, values | slot.parameters()) as cursor:
        done, freed, *taken = cursor.fetchone() or (False, None, None)
    return Closed(done, freed=freed, claim=Claim(*taken) if taken[0] else None)


_STATES = "SELECT step, state FROM executions_steprun WHERE execution_id = %s"


def step_states(execution_id: UUID) -> dict[str, str]:
    """Return the state of every step run of a locked execution, by step id."""
    with executed(_STATES, [execution_id]) as cursor:
        return dict(cursor.fetchall())


_CANCEL_READY = """
UPDATE executions_steprun SET state = 'cancelled', finished_at = %s
WHERE execution_id = %s AND state = 'ready' RETURNING step
"""


def cancel_ready_steps(execution_id: UUID, *, now: datetime) -> list[str]:
    """Cancel the unclaimed step runs of a locked execution and return their step ids."""
    with executed(_CANCEL_READY, [now, execution_id]) as cursor:
        return [row[0] for row in cursor.fetchall()]


_DISOWN = """
UPDATE executions_steprun SET state = 'cancelled', finished_at = %s, lease_expires_at = NULL
WHERE execution_id = %s AND state IN ('ready', 'running')
"""


def disown_steps(execution_id: UUID, *, now: datetime) -> None:
    """Cancel the step runs of a locked execution, the running ones too: their workers have lost the lease."""
    with executed(_DISOWN, [now, execution_id]):
        pass


_CLOSE = """
UPDATE executions_execution SET state = %s, error = %s, finished_at = %s, waits_until = NULL
WHERE id = %s AND state IN ('running', 'pending')
RETURNING CASE WHEN has_waiting THEN group_key END
"""


def close(execution_id: UUID, *, state: str, error: str, now: datetime) -> Closed:
    """Move an execution to a final state; not `done` when somebody else did."""
    with executed(_CLOSE, [state, error, now, execution_id]) as cursor:
        row = cursor.fetchone()
    return Closed(row is not None, freed=row[0] if row else None)
