"""The statements of the hot paths: record, claim, renew, finish.

Each is guarded on what was read, so that of two racing writers one changes the
row and the other learns that it did not. Lock order: execution, then step run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from events.services import INSERT_EVENTS, NewEvent, event_columns
from events.statements import executed


@dataclass(frozen=True, slots=True)
class NewExecution:
    """A row of `executions_execution`, in state running."""

    id: UUID
    organization_id: UUID
    workflow_id: UUID
    version_id: UUID
    source: str
    schedule_id: UUID | None
    fire_kind: str
    fire_at: datetime | None
    idempotency_key: str | None
    input: Jsonb
    priority: int
    queue: str
    redrive_of_id: UUID | None
    started_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewStepRun:
    """A row of `executions_steprun`; `worker` is set where the inserting worker runs it at once."""

    execution_id: UUID
    step: str
    kind: str
    state: str  # ready, running (leased at once) or skipped
    queue: str
    priority: int
    created_at: datetime
    lease_expires_at: datetime | None = None
    worker: str = ""
    id: UUID = field(default_factory=uuid7)


_INSERT_STEP_RUNS = """
INSERT INTO executions_steprun
    (execution_id, step, kind, state, queue, priority, created_at, lease_expires_at, worker, id,
     available_at, attempt, started_at, finished_at, failures, crashes, error)
SELECT new.*, new.created_at,
    (new.state = 'running')::int,
    CASE WHEN new.state = 'running' THEN new.created_at END,
    CASE WHEN new.state = 'skipped' THEN new.created_at END,
    0, 0, ''
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[],
    %s::timestamptz[], %s::text[], %s::uuid[])
    AS new (execution_id, step, kind, state, queue, priority, created_at, lease_expires_at, worker, id)
"""


def insert_step_runs(rows: Sequence[NewStepRun]) -> None:
    """Insert step runs; the unique key (execution, step) makes a second insert of one fail loudly."""
    with executed(_INSERT_STEP_RUNS, _columns(NewStepRun, rows)):
        pass


# One statement, so that a start costs one round trip and one commit. Rows of
# the other two tables are kept only for executions that no unique key held back.
_RECORD = f"""
WITH born AS (
    INSERT INTO executions_execution
        (id, organization_id, workflow_id, version_id, source, schedule_id, fire_kind, fire_at,
         idempotency_key, input, priority, queue, redrive_of_id, started_by, created_at, state, error)
    SELECT *, 'running', '' FROM unnest(
        %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::timestamptz[],
        %s::text[], %s::jsonb[], %s::smallint[], %s::text[], %s::uuid[], %s::text[], %s::timestamptz[])
    ON CONFLICT DO NOTHING
    RETURNING id
), steps AS (
    {_INSERT_STEP_RUNS} JOIN born ON born.id = new.execution_id
), told AS (
    {INSERT_EVENTS} JOIN born ON born.id = new.execution_id
)
SELECT id FROM born
"""  # noqa: S608 - constant text


def record(
    executions: Sequence[NewExecution], step_runs: Sequence[NewStepRun], events: Sequence[NewEvent]
) -> set[UUID]:
    """Insert executions with their first step runs and their events.

    Returns:
        The ids of the executions that no unique key held back; of the others
        nothing is inserted.
    """
    values = [*_columns(NewExecution, executions), *_columns(NewStepRun, step_runs), *event_columns(events)]
    with executed(_RECORD, values) as cursor:
        return {row[0] for row in cursor}


@dataclass(frozen=True, slots=True)
class Claim:
    """A step run that this worker holds, with what running and finishing it needs."""

    id: UUID
    step: str
    queue: str
    attempt: int
    failures: int
    crashes: int
    worker: str
    created_at: datetime
    started_at: datetime
    resume_at: datetime | None
    execution_id: UUID
    organization_id: UUID
    workflow_id: UUID
    version_id: UUID
    source: str
    schedule_id: UUID | None
    fire_at: datetime | None
    priority: int
    execution_queue: str
    execution_created_at: datetime
    input_json: str


_CLAIM_COLUMNS = """
s.id, s.step, s.queue, s.attempt, s.failures, s.crashes, s.worker, s.created_at, s.started_at, s.resume_at,
e.id, e.organization_id, e.workflow_id, e.version_id, e.source, e.schedule_id, e.fire_at,
s.priority, e.queue, e.created_at, e.input::text
"""

# Index: step_run_claim (queue, priority DESC, available_at, id) where ready.
_PICK_AND_TAKE = f"""
picked AS MATERIALIZED (
    SELECT id FROM executions_steprun
    WHERE state = 'ready' AND queue = %(queue)s AND available_at <= horarium_now()
    ORDER BY priority DESC, available_at, id
    LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE executions_steprun AS s
    SET state = 'running', attempt = s.attempt + 1, worker = %(worker)s,
        started_at = horarium_now(), lease_expires_at = horarium_now() + %(lease)s::interval
    FROM picked, executions_execution AS e
    WHERE s.id = picked.id AND e.id = s.execution_id
    RETURNING {_CLAIM_COLUMNS}
)
"""  # noqa: S608 - constant text
_CLAIM = f"WITH {_PICK_AND_TAKE} SELECT * FROM taken"  # noqa: S608 - constant text


@dataclass(frozen=True, slots=True)
class Slot:
    """A worker that is ready to run one step of a queue."""

    queue: str
    worker: str
    lease: timedelta

    def parameters(self) -> dict[str, str]:
        """Return what the claim's statement takes."""
        seconds = self.lease.total_seconds()
        return {"queue": self.queue, "worker": self.worker, "lease": f"{seconds} seconds"}


def claim(slot: Slot) -> Claim | None:
    """Take the best ready step run of the slot's queue, or return None. One statement."""
    with executed(_CLAIM, slot.parameters()) as cursor:
        row = cursor.fetchone()
    return Claim(*row) if row else None


# Index: step_run_lease (lease_expires_at) where running.
_EXPIRED = f"""
SELECT {_CLAIM_COLUMNS}
FROM executions_steprun AS s JOIN executions_execution AS e ON e.id = s.execution_id
WHERE s.state = 'running' AND s.lease_expires_at < horarium_now()
ORDER BY s.lease_expires_at LIMIT %s
"""  # noqa: S608 - constant text


def expired(limit: int) -> list[Claim]:
    """Return held step runs whose lease has ended, the oldest first. Locks nothing."""
    with executed(_EXPIRED, [limit]) as cursor:
        return [Claim(*row) for row in cursor.fetchall()]


_RENEW = """
UPDATE executions_steprun AS s SET lease_expires_at = horarium_now() + %s::interval
FROM executions_execution AS e
WHERE s.id = %s AND s.attempt = %s AND s.state = 'running' AND e.id = s.execution_id
RETURNING e.cancel_requested_at IS NOT NULL
"""


class Renewal(Enum):
    """What a heartbeat learns."""

    HELD = "held"
    CANCELLING = "cancelling"  # held, but its execution is to end
    LOST = "lost"  # the attempt is no longer this worker's


def renew(claimed: Claim, *, lease: timedelta) -> Renewal:
    """Extend the lease of a claim that is still held."""
    with executed(_RENEW, [_interval(lease), claimed.id, claimed.attempt]) as cursor:
        row = cursor.fetchone()
    if row is None:
        return Renewal.LOST
    return Renewal.CANCELLING if row[0] else Renewal.HELD


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
), told AS (
    INSERT INTO events_event (organization_id, type, at, workflow_id, schedule_id, execution_id, data)
    SELECT s.organization_id, new.type, s.now, s.workflow_id, s.schedule_id, s.id,
        CASE WHEN new.type = 'workflow.step.completed'
             THEN jsonb_build_object('step', s.step, 'attempt', s.attempt) ELSE '{}'::jsonb END
    FROM s, (VALUES (1, 'workflow.step.completed'), (2, 'workflow.completed')) AS new (place, type)
    ORDER BY new.place
)
"""
_COMPLETE_ONLY_STEP = f"WITH {_COMPLETE} SELECT true FROM s"  # noqa: S608 - constant text
_COMPLETE_AND_CLAIM = f"""
WITH {_COMPLETE}, {_PICK_AND_TAKE}
SELECT EXISTS (SELECT FROM s), taken.* FROM (VALUES (1)) AS one LEFT JOIN taken ON true
"""  # noqa: S608 - constant text


def complete_only_step(held: Claim, output: Any, *, slot: Slot | None) -> tuple[bool, Claim | None]:
    """Complete a step that is its execution's only one, and the execution, and append both events.

    Args:
        slot: where given, the next step run is claimed for it by the same
            statement, and so with the same commit.

    Returns:
        (whether it was completed, the claim). Not completed means that nothing
        of it was changed: the attempt is not held any more, or the execution
        is being cancelled. The claim counts in any case.
    """
    values = {
        "id": held.id,
        "execution_id": held.execution_id,
        "attempt": held.attempt,
        "output": None if output is None else Jsonb(output),
    }
    if slot is None:
        with executed(_COMPLETE_ONLY_STEP, values) as cursor:
            return cursor.fetchone() is not None, None
    with executed(_COMPLETE_AND_CLAIM, values | slot.parameters()) as cursor:
        completed, *taken = cursor.fetchone() or (False, None)
    return completed, Claim(*taken) if taken[0] else None


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


_CLOSE = """
UPDATE executions_execution SET state = %s, error = %s, finished_at = %s
WHERE id = %s AND state = 'running'
"""


def close(execution_id: UUID, *, state: str, error: str, now: datetime) -> bool:
    """Move a running execution to a final state; False when somebody else did."""
    with executed(_CLOSE, [state, error, now, execution_id]) as cursor:
        return bool(cursor.rowcount == 1)


# Indexes: step_run_claim, walked once per queue, then probed for an old row.
_OVERDUE_QUEUES = """
WITH RECURSIVE queues AS (
    (SELECT queue FROM executions_steprun WHERE state = 'ready' ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT s.queue FROM executions_steprun AS s
            WHERE s.state = 'ready' AND s.queue > queues.queue ORDER BY s.queue LIMIT 1)
    FROM queues WHERE queues.queue IS NOT NULL
)
SELECT queue FROM queues
WHERE EXISTS (SELECT FROM executions_steprun AS s
              WHERE s.state = 'ready' AND s.queue = queues.queue AND s.available_at < horarium_now() - %s::interval)
"""


def overdue_queues(by: timedelta) -> list[str]:
    """Return the queues with a step run that could have been claimed for longer than `by`."""
    with executed(_OVERDUE_QUEUES, [_interval(by)]) as cursor:
        return [row[0] for row in cursor.fetchall()]


_PULSE = """
INSERT INTO executions_pulse (name, role, seen_at) VALUES (%s, %s, horarium_now())
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, role = excluded.role
"""


def pulse(name: str, *, role: str) -> None:
    """Record that a beat passed, or that a worker asked for work."""
    with executed(_PULSE, [name, role]):
        pass


def _interval(duration: timedelta) -> str:
    return f"{duration.total_seconds()} seconds"


def _columns(kind: type, rows: Sequence[Any]) -> list[list[Any]]:
    """Turn rows into one array per column, for `unnest`."""
    return [[getattr(row, name) for row in rows] for name in (column.name for column in fields(kind))]
