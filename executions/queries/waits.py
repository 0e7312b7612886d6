"""Step runs that wait: until an instant, or for something that happens elsewhere."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from organizations.statements import executed

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
WITH woken AS MATERIALIZED (
    SELECT id FROM executions_steprun
    WHERE id = ANY(%s::uuid[]) AND state = 'waiting' AND waits_for NOT IN ('items', 'turn')
    FOR UPDATE SKIP LOCKED
)
UPDATE executions_steprun AS s SET state = 'ready', waits_for = '', waits_key = '', available_at = %s
FROM woken WHERE s.id = woken.id RETURNING s.queue
"""


def make_ready(step_run_ids: Collection[UUID], *, now: datetime) -> Counter[str]:
    """Make ready those of `step_run_ids` that wait, and return how many of each queue.

    One that somebody else holds is left to the sweep: to wait for it could deadlock with who holds several.
    """
    with executed(_MAKE_READY, [list(step_run_ids), now]) as cursor:
        return Counter(row[0] for row in cursor)
