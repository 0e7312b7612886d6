"""Move step runs that wait to another queue or priority. Lock order: execution, then step run."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from organizations.statements import executed

# A claim that is faster has made the row running, and this update passes over it.
_MOVE_STEPS = """
UPDATE executions_steprun
SET queue = coalesce(%(queue)s, queue), priority = coalesce(%(priority)s, priority)
WHERE execution_id = %(execution_id)s AND state IN ('ready', 'waiting')
RETURNING queue, state
"""


def move_steps(execution_id: UUID, *, queue: str | None, priority: int | None) -> Counter[str]:
    """Move the waiting step runs of a locked execution, and return how many are ready in each queue."""
    values = {"execution_id": execution_id, "queue": queue, "priority": priority}
    with executed(_MOVE_STEPS, values) as cursor:
        return Counter(queue for queue, state in cursor if state == "ready")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an organization is to be moved: from one queue to another, all or of one workflow."""

    organization_id: UUID
    queue: str
    to: str
    workflow_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """How many step runs were found to be moved, and how many were: a claim may have been faster."""

    found: int
    moved: int


# Indexes: step_run_claim, then step_run_waiting.
_PICK = """
SELECT id, execution_id FROM (
    (SELECT s.id, s.execution_id FROM executions_steprun AS s
     WHERE s.state = 'ready' AND s.queue = %(queue)s AND s.organization_id = %(organization_id)s {of_workflow}
     ORDER BY s.priority DESC, s.available_at, s.id LIMIT %(limit)s)
    UNION ALL
    (SELECT s.id, s.execution_id FROM executions_steprun AS s
     WHERE s.state = 'waiting' AND s.queue = %(queue)s AND s.organization_id = %(organization_id)s {of_workflow}
     LIMIT %(limit)s)
) AS found LIMIT %(limit)s
"""
_OF_WORKFLOW = """
AND EXISTS (SELECT FROM executions_execution AS e
            WHERE e.id = s.execution_id AND e.workflow_id = %(workflow_id)s)
"""
_PICK_ANY, _PICK_OF_WORKFLOW = _PICK.format(of_workflow=""), _PICK.format(of_workflow=_OF_WORKFLOW)
_LOCK = """
SELECT FROM executions_execution WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
"""
_MOVE_EXECUTIONS = """
UPDATE executions_execution SET queue = %(to)s
WHERE id = ANY(%(executions)s::uuid[]) AND queue = %(queue)s AND state = 'running'
"""
_MOVE_PICKED = """
UPDATE executions_steprun SET queue = %(to)s
WHERE id = ANY(%(steps)s::uuid[]) AND queue = %(queue)s AND state IN ('ready', 'waiting')
"""


def move_batch(wanted: Wanted, *, limit: int) -> Batch:
    """Move the next step runs in the order of the queue, ready ones first, with their executions."""
    values = {name: getattr(wanted, name) for name in wanted.__slots__}
    pick = _PICK_ANY if wanted.workflow_id is None else _PICK_OF_WORKFLOW
    with executed(pick, values | {"limit": limit}) as cursor:
        rows = cursor.fetchall()
    values |= {"steps": [row[0] for row in rows], "executions": list({row[1] for row in rows})}
    with executed(_LOCK, [values["executions"]]):
        pass
    with executed(_MOVE_EXECUTIONS, values):
        pass
    with executed(_MOVE_PICKED, values) as cursor:
        return Batch(found=len(rows), moved=cursor.rowcount)
