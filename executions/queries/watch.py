"""What the sweeps and the health endpoints look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from executions.queries.claims import interval
from organizations.statements import executed

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
    with executed(_OVERDUE_QUEUES, [interval(by)]) as cursor:
        return [row[0] for row in cursor.fetchall()]


_PULSE = """
INSERT INTO executions_pulse (name, role, seen_at) VALUES (%s, %s, horarium_now())
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, role = excluded.role
"""


def pulse(name: str, *, role: str) -> None:
    """Record that a beat passed, or that a worker asked for work."""
    with executed(_PULSE, [name, role]):
        pass


@dataclass(frozen=True, slots=True)
class Ended:
    """How a watched execution ended."""

    id: UUID
    schedule_id: UUID
    state: str
    error: str
    created_at: datetime
    finished_at: datetime


# Index: execution_end_to_tell (finished_at, id) where watched and finished.
_TO_TELL = """
SELECT DISTINCT schedule_id FROM (
    SELECT schedule_id FROM executions_execution
    WHERE is_watched AND finished_at IS NOT NULL ORDER BY finished_at, id LIMIT %s
) AS oldest
"""
_TAKE_ENDED = """
WITH taken AS (
    UPDATE executions_execution SET is_watched = false
    WHERE is_watched AND finished_at IS NOT NULL AND schedule_id = ANY(%s::uuid[])
    RETURNING id, schedule_id, state, error, created_at, finished_at
)
SELECT * FROM taken ORDER BY finished_at, id
"""


def schedules_to_tell(limit: int) -> list[UUID]:
    """Return the schedules of the watched executions that ended first. Locks nothing."""
    with executed(_TO_TELL, [limit]) as cursor:
        return [row[0] for row in cursor]


def take_ended(schedule_ids: Sequence[UUID]) -> list[Ended]:
    """Take the ends that schedules, locked by the caller, have not been told of, in order. Each is taken once."""
    with executed(_TAKE_ENDED, [list(schedule_ids)]) as cursor:
        return [Ended(*row) for row in cursor]


_BEGUN = """
SELECT EXISTS (SELECT FROM executions_steprun
               WHERE execution_id = %s AND id <> %s AND (attempt > 1 OR attempt = 1 AND started_at <= %s))
"""


def has_begun(execution_id: UUID, *, beside: UUID, by: datetime) -> bool:
    """Return whether a step run of an execution, other than `beside`, was claimed at `by` or before."""
    with executed(_BEGUN, [execution_id, beside, by]) as cursor:
        row = cursor.fetchone()
    return bool(row and row[0])


# Indexes: execution_start_deadline (start_by) where running; step_run_once_per_execution.
_OVERDUE_STARTS = """
SELECT e.id FROM executions_execution AS e
WHERE e.state = 'running' AND e.start_by < horarium_now()
    AND NOT EXISTS (SELECT FROM executions_steprun AS s WHERE s.execution_id = e.id AND s.attempt > 0)
ORDER BY e.start_by LIMIT %s
"""


def overdue_starts(limit: int) -> list[UUID]:
    """Return executions whose first step nobody took before the start deadline, the oldest first. Locks nothing."""
    with executed(_OVERDUE_STARTS, [limit]) as cursor:
        return [row[0] for row in cursor]


# Index: execution_deadline (deadline_at) where running.
_OVERDUE_EXECUTIONS = """
SELECT id FROM executions_execution
WHERE state = 'running' AND deadline_at < horarium_now() AND cancel_requested_at IS NULL
ORDER BY deadline_at LIMIT %s
"""


def overdue_executions(limit: int) -> list[UUID]:
    """Return executions whose deadline has passed and whose end nobody has requested. Locks nothing."""
    with executed(_OVERDUE_EXECUTIONS, [limit]) as cursor:
        return [row[0] for row in cursor]
