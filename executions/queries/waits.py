"""Step runs that wait: until an instant, or for something that happens elsewhere."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from events.statements import executed

# Index: step_run_due (available_at) where waiting and not null.
_RELEASE_DUE = """
WITH due AS MATERIALIZED (
    SELECT id FROM executions_steprun
    WHERE state = 'waiting' AND available_at <= horarium_now()
    ORDER BY available_at LIMIT %s FOR UPDATE SKIP LOCKED
)
UPDATE executions_steprun AS s SET state = 'ready', waits_for = '', waits_key = ''
FROM due WHERE s.id = due.id RETURNING s.queue
"""


def release_due(limit: int) -> Counter[str]:
    """Make ready what has waited until now, at most `limit`, and return how many of each queue. Safe to repeat."""
    with executed(_RELEASE_DUE, [limit]) as cursor:
        return Counter(row[0] for row in cursor)


_MAKE_READY = """
UPDATE executions_steprun SET state = 'ready', waits_for = '', waits_key = '', available_at = %s
WHERE id = ANY(%s::uuid[]) AND state = 'waiting' AND waits_for NOT IN ('items', 'turn')
RETURNING queue
"""


def make_ready(step_run_ids: Collection[UUID], *, now: datetime) -> Counter[str]:
    """Make ready those of `step_run_ids` that wait, and return how many of each queue."""
    with executed(_MAKE_READY, [now, list(step_run_ids)]) as cursor:
        return Counter(row[0] for row in cursor)
