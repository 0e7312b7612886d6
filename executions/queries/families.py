"""Executions that steps of others have started."""

from typing import NamedTuple
from uuid import UUID

from organizations.statements import executed

# By primary keys.
_DEPTH = """
WITH RECURSIVE up (parent_step_id, depth) AS (
    SELECT parent_step_id, 1 FROM executions_execution WHERE id = %(id)s
    UNION ALL
    SELECT e.parent_step_id, up.depth + 1
    FROM up JOIN executions_steprun AS s ON s.id = up.parent_step_id
    JOIN executions_execution AS e ON e.id = s.execution_id
    WHERE up.depth < %(most)s
)
SELECT max(depth) FROM up
"""


def depth(execution_id: UUID, *, most: int) -> int:
    """Return how many executions stand one above the other, the given one included; counts to `most`."""
    with executed(_DEPTH, {"id": execution_id, "most": most}) as cursor:
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


class Child(NamedTuple):
    """An execution that runs, and whose end nobody has requested, with the step that waits for it.

    Attributes:
        is_orphan: nobody waits for it any more, whatever the step.
    """

    id: UUID
    step: str
    version_id: UUID
    is_orphan: bool


_RUNNING_CHILD = """
SELECT c.id, s.step, p.version_id,
    p.finished_at IS NOT NULL OR s.finished_at IS NOT NULL
        OR c.idempotency_key <> 'step:' || s.id || ':' || s.failures
FROM executions_steprun AS s
JOIN executions_execution AS p ON p.id = s.execution_id
JOIN executions_execution AS c ON c.parent_step_id = s.id
WHERE c.state IN ('pending', 'running') AND c.cancel_requested_at IS NULL
"""
# Index: step_run_once_per_execution, then execution_of_parent.
_OF = _RUNNING_CHILD + " AND s.execution_id = %s AND s.kind = 'workflow' LIMIT %s"
# Index: execution_running_child.
_LEFT = (
    _RUNNING_CHILD
    + """ AND c.parent_step_id IS NOT NULL AND (
    p.finished_at IS NOT NULL OR p.cancel_requested_at IS NOT NULL OR s.finished_at IS NOT NULL
    OR c.idempotency_key <> 'step:' || s.id || ':' || s.failures) AND c.id > %s ORDER BY c.id LIMIT %s"""
)


def running_children(execution_id: UUID, *, limit: int) -> list[Child]:
    """Return running children of an execution, at most `limit`."""
    with executed(_OF, [execution_id, limit]) as cursor:
        return [Child(*row) for row in cursor]


def children_left(limit: int, *, after: UUID) -> list[Child]:
    """Return running children whose parent has ended, is to end, or waits for another one, in the order of ids."""
    with executed(_LEFT, [after, limit]) as cursor:
        return [Child(*row) for row in cursor]


# Index: step_run_waits_for_child, then execution_of_parent for each.
_UNTOLD = """
SELECT s.id FROM executions_steprun AS s
WHERE s.state = 'waiting' AND s.waits_for = 'execution' AND EXISTS (
    SELECT FROM executions_execution AS c
    WHERE c.parent_step_id = s.id AND c.finished_at IS NOT NULL
        AND c.idempotency_key = 'step:' || s.id || ':' || s.failures)
LIMIT %s
"""


def untold_parents(limit: int) -> list[UUID]:
    """Return step runs that wait for a child which has ended."""
    with executed(_UNTOLD, [limit]) as cursor:
        return [row[0] for row in cursor]
