"""The statements that give a new execution the step runs of the one that it takes over."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from executions.queries import step_states
from organizations.statements import executed

__all__ = ["begin_items", "copy_finished", "copy_items", "step_states"]

_FINISHED = """
SELECT id FROM executions_steprun
WHERE execution_id = %s AND step = ANY(%s::text[]) AND finished_at IS NOT NULL
ORDER BY finished_at, id
"""
_COPY = """
INSERT INTO executions_steprun
    (id, execution_id, organization_id, step, item_index, item, items_left, kind, state, queue, priority,
     available_at, attempt, failures, crashes, worker, waits_for, waits_key, progress, progress_note,
     output, error, created_at, started_at, finished_at)
SELECT new.id, %(to)s, s.organization_id, s.step, s.item_index, s.item, s.items_left, s.kind, s.state, s.queue,
    s.priority, s.available_at, s.attempt, s.failures, s.crashes, s.worker, '', '', s.progress, s.progress_note,
    s.output, s.error, s.created_at, s.started_at, s.finished_at
FROM executions_steprun AS s JOIN unnest(%(old)s::uuid[], %(new)s::uuid[]) AS new (old_id, id) ON new.old_id = s.id
"""


def copy_finished(source: UUID, to: UUID, *, steps: Collection[str]) -> int:
    """Copy the step runs of finished steps, their items included, and return how many.

    They keep their instants, and so their order. Outputs do not leave the database.
    """
    with executed(_FINISHED, [source, list(steps)]) as cursor:
        old = [row[0] for row in cursor]
    if old:
        with executed(_COPY, {"to": to, "old": old, "new": [uuid7() for _ in old]}):
            pass
    return len(old)


# Of a list of which nothing has completed, or everything, all is done again.
_ITEMS = """
SELECT step, array_agg(id ORDER BY item_index), count(*) FILTER (WHERE state <> 'completed')
FROM executions_steprun WHERE execution_id = %s AND step = ANY(%s::text[]) AND item_index >= 0
GROUP BY step HAVING count(*) FILTER (WHERE state = 'completed') NOT IN (0, count(*))
"""
_COPY_ITEMS = """
WITH old AS MATERIALIZED (
    SELECT s.*, new.id AS new_id, s.state = 'completed' AS is_done FROM executions_steprun AS s
    JOIN unnest(%(old)s::uuid[], %(new)s::uuid[]) AS new (old_id, id) ON new.old_id = s.id
), items AS (
    INSERT INTO executions_steprun
        (id, execution_id, organization_id, step, item_index, item, kind, state, queue, priority, available_at,
         attempt, failures, crashes, worker, waits_for, waits_key, progress_note, output, error, created_at,
         started_at, finished_at)
    SELECT new_id, %(to)s, organization_id, step, item_index, item, kind, state, queue, priority, available_at,
        attempt, failures, crashes, worker, '', '', progress_note, output, '', created_at, started_at, finished_at
    FROM old WHERE is_done
    UNION ALL
    SELECT new_id, %(to)s, organization_id, step, item_index, item, kind, 'waiting', queue, priority, NULL,
        0, 0, 0, '', 'turn', '', '', NULL, '', %(now)s, NULL, NULL
    FROM old WHERE NOT is_done
)
INSERT INTO executions_steprun
    (id, execution_id, organization_id, step, item_index, items_left, items_next, kind, state, queue, priority,
     attempt, failures, crashes, worker, waits_for, waits_key, progress_note, error, created_at, started_at)
SELECT %(whole)s, %(to)s, organization_id, step, -1, %(left)s,
    (SELECT min(item_index) FROM old WHERE NOT is_done), kind, 'waiting', queue, priority,
    attempt, 0, 0, '', 'items', '', '', '', %(now)s, %(now)s
FROM executions_steprun WHERE execution_id = %(source)s AND step = %(step)s AND item_index = -1
"""


def copy_items(source: UUID, to: UUID, *, steps: Collection[str], now: datetime) -> None:
    """Copy lists of which some items have completed; the others wait for their turn, as if nothing had been tried."""
    with executed(_ITEMS, [source, list(steps)]) as cursor:
        found = cursor.fetchall()
    for step, old, left in found:
        values = {"source": source, "to": to, "step": step, "old": old, "left": left, "now": now}
        with executed(_COPY_ITEMS, {**values, "new": [uuid7() for _ in old], "whole": uuid7()}):
            pass


_BEGIN = """
WITH turn AS MATERIALIZED (
    SELECT id, queue, item_index, row_number() OVER (ORDER BY item_index) <= %(count)s::int IS NOT FALSE AS is_next
    FROM executions_steprun
    WHERE execution_id = %(execution_id)s AND step = %(step)s AND state = 'waiting' AND waits_for = 'turn'
), begun AS (
    UPDATE executions_steprun AS i SET state = 'ready', waits_for = '', available_at = %(now)s
    FROM turn WHERE i.id = turn.id AND is_next
), moved AS (
    UPDATE executions_steprun SET items_next = (SELECT min(item_index) FROM turn WHERE NOT is_next)
    WHERE execution_id = %(execution_id)s AND step = %(step)s AND item_index = -1
)
SELECT queue FROM turn WHERE is_next
"""


def begin_items(execution_id: UUID, step: str, *, count: int | None, now: datetime) -> Counter[str]:
    """Make the first items ready that wait for their turn, all where `count` is None; return how many of each queue."""
    values = {"execution_id": execution_id, "step": step, "count": count, "now": now}
    with executed(_BEGIN, values) as cursor:
        return Counter(queue for (queue,) in cursor)
