"""How long executions took."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from organizations.statements import executed

RECENT = 50  # executions looked at for each schedule or workflow


class Measured(NamedTuple):
    """Mean and 95th percentile of the recent executions of one schedule or workflow, in seconds."""

    id: UUID
    mean: float
    p95: float


# Index: execution_one_fire (schedule_id, fire_kind, fire_at), read backwards.
_OF_SCHEDULES = """
SELECT source.id, took.mean, took.p95
FROM unnest(%(ids)s::uuid[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT avg(seconds)::float8 AS mean, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
    FROM (
        SELECT extract(epoch FROM finished_at - created_at)::float8 AS seconds
        FROM executions_execution
        WHERE schedule_id = source.id AND fire_kind = 'auto' AND state IN ('completed', 'failed', 'timed_out')
        ORDER BY fire_at DESC
        LIMIT %(recent)s
    ) AS recent
) AS took
WHERE took.mean IS NOT NULL
"""

# Index: execution_of_workflow (workflow_id, created_at DESC, id DESC).
_OF_WORKFLOWS = """
SELECT source.id, took.mean, took.p95
FROM unnest(%(ids)s::uuid[]) AS source (id)
CROSS JOIN LATERAL (
    SELECT avg(seconds)::float8 AS mean, percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
    FROM (
        SELECT extract(epoch FROM finished_at - created_at)::float8 AS seconds
        FROM executions_execution
        WHERE workflow_id = source.id AND state IN ('completed', 'failed', 'timed_out')
        ORDER BY created_at DESC, id DESC
        LIMIT %(recent)s
    ) AS recent
) AS took
WHERE took.mean IS NOT NULL
"""


def of_schedules(ids: Sequence[UUID]) -> Iterator[Measured]:
    """Yield what the newest fires of each schedule took; nothing for one that never ended an execution."""
    return _measured(_OF_SCHEDULES, ids)


def of_workflows(ids: Sequence[UUID]) -> Iterator[Measured]:
    """Yield what the newest executions of each workflow took; nothing for one that never ended one."""
    return _measured(_OF_WORKFLOWS, ids)


def _measured(statement: str, ids: Sequence[UUID]) -> Iterator[Measured]:
    with executed(statement, {"ids": list(ids), "recent": RECENT}) as cursor:
        yield from [Measured(*row) for row in cursor.fetchall()]
