"""The statements of backfills."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from organizations.statements import executed
from schedules.models import Backfill


@dataclass(frozen=True, slots=True)
class Run:
    """The newest execution of a nominal time."""

    fire_at: datetime
    id: UUID
    state: str


# Indexes: execution_one_fire (schedule_id, fire_at, fire_kind); the unique keys of dead letters by
# execution and of step runs by (execution, step). A redrive carries no schedule: its dead letter leads
# to it. What was ended while it waited has no step run, and counts as never run.
_NEWEST_RUNS = """
WITH RECURSIVE run AS (
    SELECT fire_at, id, state, created_at FROM executions_execution
    WHERE schedule_id = %(schedule_id)s AND fire_at = ANY(%(times)s::timestamptz[])
        AND fire_kind NOT LIKE 'manual:%%'
        AND (state <> 'cancelled'
             OR EXISTS (SELECT FROM executions_steprun AS s WHERE s.execution_id = executions_execution.id))
    UNION ALL
    SELECT run.fire_at, again.id, again.state, again.created_at
    FROM run
    JOIN executions_deadletter AS letter ON letter.execution_id = run.id
    JOIN executions_execution AS again ON again.id = letter.redriven_as_id
)
SELECT DISTINCT ON (fire_at) fire_at, id, state FROM run ORDER BY fire_at, created_at DESC, id DESC
"""


def newest_runs(schedule_id: UUID, times: Collection[datetime]) -> dict[datetime, Run]:
    """Return the newest execution of each nominal time that has one, by its rules, a backfill or a redrive."""
    with executed(_NEWEST_RUNS, {"schedule_id": schedule_id, "times": list(times)}) as cursor:
        return {row[0]: Run(*row) for row in cursor}


# Index: execution_in_group (group_key, fire_at, id) where running or pending.
_IN_FLIGHT = """
SELECT count(*) FROM executions_execution
WHERE group_key = %s AND state IN ('running', 'pending') AND fire_kind = %s
"""


def in_flight(group: UUID, *, kind: str) -> int:
    """Return how many executions of one fire kind in a group have not ended."""
    with executed(_IN_FLIGHT, [group, kind]) as cursor:
        (count,) = cursor.fetchone() or (0,)
    return int(count)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many executions of a backfill are in each state."""

    waiting: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0


# Index: execution_one_fire (schedule_id, fire_at, fire_kind).
_PROGRESS = """
SELECT b.id, count(*) FILTER (WHERE e.state = 'pending'), count(*) FILTER (WHERE e.state = 'running'),
    count(*) FILTER (WHERE e.state = 'completed'), count(*) FILTER (WHERE e.state IN ('failed', 'timed_out')),
    count(*) FILTER (WHERE e.state = 'cancelled')
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS b (id, schedule_id, from_at, to_at, kind)
JOIN executions_execution AS e
    ON e.schedule_id = b.schedule_id AND e.fire_at BETWEEN b.from_at AND b.to_at AND e.fire_kind = b.kind
GROUP BY b.id
"""


def progress(backfills: Sequence[Backfill]) -> dict[UUID, Progress]:
    """Return how far the executions of each backfill are."""
    names = ("pk", "schedule_id", "from_at", "to_at", "fire_kind")
    columns = [[getattr(backfill, name) for backfill in backfills] for name in names]
    with executed(_PROGRESS, columns) as cursor:
        found = {row[0]: Progress(*row[1:]) for row in cursor}
    return {backfill.pk: found.get(backfill.pk, Progress()) for backfill in backfills}
