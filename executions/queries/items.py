"""The items of a step that runs once for each entry of a list; the caller has locked the execution.

Index of all: step_run_once_per_execution (execution, step, item). `items_left` and `items_next` of the whole
step's row save each item that ends from looking at all the others.
"""

from datetime import datetime
from uuid import UUID

from organizations.statements import executed

_COUNT = "UPDATE executions_steprun SET items_left = %s, items_next = %s WHERE id = %s"


def count_items(step_run_id: UUID, *, left: int, following: int | None) -> None:
    """Note how many items a step has, and which one is the first that waits for its turn."""
    with executed(_COUNT, [left, following, step_run_id]):
        pass


_LEFT = """
UPDATE executions_steprun SET items_left = greatest(items_left - 1, 0)
WHERE execution_id = %s AND step = %s AND item_index = -1 RETURNING items_left
"""


def item_left(execution_id: UUID, step: str) -> int:
    """Count an item that has ended and return how many have not."""
    with executed(_LEFT, [execution_id, step]) as cursor:
        row = cursor.fetchone()
    return int(row[0] or 0) if row else 0


_BEGIN = """
WITH whole AS (
    SELECT id, items_next FROM executions_steprun
    WHERE execution_id = %(execution_id)s AND step = %(step)s AND item_index = -1 AND items_next IS NOT NULL
), turn AS MATERIALIZED (
    -- Items that a redrive has taken over stand between those that wait.
    SELECT i.id, i.item_index FROM executions_steprun AS i, whole
    WHERE i.execution_id = %(execution_id)s AND i.step = %(step)s AND i.item_index >= whole.items_next
        AND i.state = 'waiting' AND i.waits_for = 'turn'
    ORDER BY i.item_index LIMIT %(count)s
), begun AS (
    UPDATE executions_steprun AS i SET state = 'ready', waits_for = '', available_at = horarium_now()
    FROM turn WHERE i.id = turn.id RETURNING i.item_index
), moved AS (
    UPDATE executions_steprun AS w SET items_next = (SELECT max(item_index) + 1 FROM turn)
    FROM whole WHERE w.id = whole.id
)
SELECT count(*) FROM begun
"""


def begin_items(execution_id: UUID, step: str, *, count: int) -> int:
    """Make the next items ready whose turn it is, at most `count`, and return how many there were."""
    values = {"execution_id": execution_id, "step": step, "count": count}
    with executed(_BEGIN, values) as cursor:
        row = cursor.fetchone()
    return int(row[0]) if row else 0


_COUNTED = """
SELECT count(*), count(*) FILTER (WHERE waits_for <> 'turn'),
    count(*) FILTER (WHERE state = 'completed'),
    count(*) FILTER (WHERE state IN ('failed', 'timed_out', 'ambiguous')),
    count(*) FILTER (WHERE state IN ('cancelled', 'skipped'))
FROM executions_steprun WHERE execution_id = %s AND step = %s AND item_index >= 0
"""


def counted_items(execution_id: UUID, step: str) -> dict[str, int]:
    """Return the counts that `items.Items` is made of."""
    with executed(_COUNTED, [execution_id, step]) as cursor:
        row = cursor.fetchone() or (0, 0, 0, 0, 0)
    return dict(zip(("total", "begun", "completed", "failed", "cancelled"), row, strict=True))


_CANCEL = """
UPDATE executions_steprun SET state = 'cancelled', waits_for = '', waits_key = '', output = NULL, finished_at = %s
WHERE execution_id = %s AND step = %s AND item_index >= 0
    AND (state = 'ready' OR state = 'waiting' AND waits_for <> 'execution')
"""


# Counted anew, by a statement that sees what the cancel has done: those that run are all that is left.
_RECOUNT = """
UPDATE executions_steprun AS w SET items_next = NULL, waits_key = 'stopping', items_left = (
    SELECT count(*) FROM executions_steprun AS i
    WHERE i.execution_id = w.execution_id AND i.step = w.step AND i.item_index >= 0
        AND i.state IN ('ready', 'waiting', 'running'))
WHERE w.execution_id = %s AND w.state = 'waiting' AND w.waits_for = 'items'
"""


def cancel_items(execution_id: UUID, step: str, *, now: datetime) -> None:
    """Cancel the items that nobody works on."""
    with executed(_CANCEL, [now, execution_id, step]):
        pass
    recount_items(execution_id)


_BEGINS_NO_MORE = """
SELECT EXISTS (SELECT FROM executions_steprun
               WHERE execution_id = %s AND step = %s AND item_index = -1 AND waits_key = 'stopping')
"""


def begins_no_more(execution_id: UUID, step: str) -> bool:
    """Return whether items of a step were cancelled, so that what does not run of it is to end."""
    with executed(_BEGINS_NO_MORE, [execution_id, step]) as cursor:
        row = cursor.fetchone()
    return bool(row and row[0])


def recount_items(execution_id: UUID) -> None:
    """Note how many items are left of steps some of whose items were cancelled; no other begins."""
    with executed(_RECOUNT, [execution_id]):
        pass


# First by what the rows take, which reads none of the outputs: a thousand of 1 MB take a second to read.
# As text JSON has at least a sixteenth of that, unless it compresses well, and then reading it is cheap.
_END_WHOLE = """
WITH stored AS MATERIALIZED (
    SELECT coalesce(sum(pg_column_size(output)), 0) <= 16 * %(most_bytes)s AS may_fit
    FROM executions_steprun WHERE execution_id = %(execution_id)s AND step = %(step)s AND item_index >= 0
), i AS MATERIALIZED (
    SELECT (SELECT may_fit FROM stored) AND (
            SELECT coalesce(sum(octet_length(coalesce(o.output::text, 'null')) + 1), 0) <= %(most_bytes)s
            FROM executions_steprun AS o, stored
            WHERE stored.may_fit AND o.execution_id = %(execution_id)s AND o.step = %(step)s AND o.item_index >= 0
        ) AS fits,
        count(*) AS total, count(*) FILTER (WHERE state IN ('failed', 'timed_out', 'ambiguous')) AS failed,
        (array_agg(item_index || ': ' || error ORDER BY finished_at, id)
            FILTER (WHERE state IN ('failed', 'timed_out', 'ambiguous')))[1] AS first_error
    FROM executions_steprun WHERE execution_id = %(execution_id)s AND step = %(step)s AND item_index >= 0
)
UPDATE executions_steprun AS w
SET state = CASE WHEN i.fits OR %(state)s::text <> 'completed' THEN %(state)s::text ELSE 'failed' END,
    waits_for = '', waits_key = '', items_left = 0, items_next = NULL, finished_at = %(now)s,
    error = CASE
        WHEN %(state)s::text = 'failed' THEN i.failed || ' of ' || i.total || ' items failed; item ' || i.first_error
        WHEN %(state)s::text = 'completed' AND NOT i.fits
            THEN 'the outputs of its items are larger than ' || %(most_bytes)s || ' bytes of JSON together'
        ELSE '' END,
    output = CASE WHEN i.fits THEN (
        SELECT jsonb_agg(CASE WHEN o.state = 'completed' THEN o.output END ORDER BY o.item_index)
        FROM executions_steprun AS o
        WHERE o.execution_id = %(execution_id)s AND o.step = %(step)s AND o.item_index >= 0) END
FROM i
WHERE w.execution_id = %(execution_id)s AND w.step = %(step)s AND w.item_index = -1 AND w.state = 'waiting'
RETURNING w.state
"""


def end_whole(execution_id: UUID, step: str, *, state: str, most_bytes: int, now: datetime) -> str | None:
    """End a step whose items have all ended; its output is the list of theirs, null for those that have none.

    Returns:
        The state written, which is failed where the outputs are too large together,
        or None where the step had ended before.
    """
    values = {
        "execution_id": execution_id,
        "step": step,
        "state": state,
        "most_bytes": most_bytes,
        "now": now,
    }
    with executed(_END_WHOLE, values) as cursor:
        row = cursor.fetchone()
    return row[0] if row else None
