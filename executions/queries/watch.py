"""What the sweeps and the health endpoints look at."""

from datetime import timedelta

from events.statements import executed
from executions.queries.claims import interval

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
