"""Aging: what has waited long gains priority, so that no stream of more urgent work keeps it waiting for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from executions.queries.claims import interval
from organizations.statements import array, executed
from workflows.services import definition_of

HIGHEST = 9
BATCH = 1_000  # of the oldest rows of each priority; those behind them are claimed later anyway


@dataclass(frozen=True, slots=True)
class _Old:
    """A ready step run that has waited for at least one step of aging."""

    id: UUID
    step: str
    version_id: UUID
    execution_priority: int
    priority: int
    waited_seconds: float


_AGING = (
    "SELECT organization_id, name, aging_seconds FROM executions_queuesetting WHERE aging_seconds IS NOT NULL"
)

# Index: step_run_claim, read from the oldest row of each priority on.
_OLD = """
SELECT old.id, old.step, e.version_id, e.priority, old.priority,
    extract(epoch FROM horarium_now() - old.available_at)::float
FROM generate_series(0, 8) AS level (priority) CROSS JOIN LATERAL (
    SELECT s.id, s.step, s.execution_id, s.priority, s.available_at FROM executions_steprun AS s
    WHERE s.state = 'ready' AND s.queue = %(queue)s AND s.organization_id = %(organization_id)s
        AND s.priority = level.priority AND s.available_at <= horarium_now() - %(step)s::interval
    ORDER BY s.available_at LIMIT %(limit)s
) AS old JOIN executions_execution AS e ON e.id = old.execution_id
"""

# Rows that somebody holds are claimed or changed just now: the next pass sees what became of them.
_RAISE = """
WITH held AS MATERIALIZED (
    SELECT s.id, new.priority FROM executions_steprun AS s
    JOIN unnest(%s::uuid[], %s::smallint[], %s::smallint[]) AS new (id, as_read, priority) ON new.id = s.id
    WHERE s.state = 'ready' AND s.priority = new.as_read
    FOR UPDATE OF s SKIP LOCKED
)
UPDATE executions_steprun AS s SET priority = held.priority FROM held WHERE s.id = held.id
"""


def age() -> int:
    """Raise the priority of what has waited long in the queues that age, and return how many rows.

    Safe to repeat, and to run twice at once: a row's priority follows from its
    wait and from its original, which stays on the execution or in the definition.
    """
    with executed(_AGING) as cursor:
        aging = cursor.fetchall()
    return sum(_age(organization_id, queue, seconds=seconds) for organization_id, queue, seconds in aging)


def _age(organization_id: UUID, queue: str, *, seconds: int) -> int:
    values = {"queue": queue, "organization_id": organization_id, "limit": BATCH}
    with executed(_OLD, values | {"step": interval(timedelta(seconds=seconds))}) as cursor:
        rows = [_Old(*row) for row in cursor]
    raised = [(row, wanted) for row in rows if (wanted := _wanted(row, seconds)) > row.priority]
    return _raise(raised) if raised else 0


def _wanted(row: _Old, seconds: int) -> int:
    own = definition_of(row.version_id).step(row.step).priority
    original = row.execution_priority if own is None else own
    return aged(original, waited_seconds=row.waited_seconds, aging_seconds=seconds)


def aged(original: int, *, waited_seconds: float, aging_seconds: int) -> int:
    """Return the priority that a step has after waiting: one more for each whole `aging_seconds`."""
    return min(HIGHEST, original + int(waited_seconds // aging_seconds))


def _raise(rows: Sequence[tuple[_Old, int]]) -> int:
    columns = (
        [row.id for row, _ in rows],
        [row.priority for row, _ in rows],
        [wanted for _, wanted in rows],
    )
    with executed(_RAISE, [array(column) for column in columns]) as cursor:
        return cursor.rowcount
