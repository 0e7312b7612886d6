"""The roll-up table of the queues' statistics: one row for each organization, queue and minute with work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from executions.queries.claims import interval
from executions.queues.histogram import trimmed
from organizations.statements import array, executed

KEPT = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Minute:
    """What ended within one minute, or a part of it. `waits` and `runs` are histograms."""

    organization_id: UUID
    minute: int  # seconds since 1970 at its beginning
    queue: str
    attempts: int
    failed: int
    waited_seconds: float
    ran_seconds: float
    waits: Sequence[int]
    runs: Sequence[int]


# Rows in the order of their key, so that two processes never wait for each other.
_ADD = """
INSERT INTO executions_queueminute AS q
    (organization_id, minute_at, queue, attempts, failed, waited_seconds, ran_seconds, waits, runs)
SELECT new.organization_id, to_timestamp(new.minute), new.queue, new.attempts, new.failed,
    new.waited, new.ran, new.waits::int[], new.runs::int[]
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::int[], %s::int[], %s::float[], %s::float[],
    %s::text[], %s::text[])
    AS new (organization_id, minute, queue, attempts, failed, waited, ran, waits, runs)
ORDER BY new.organization_id, new.minute, new.queue
ON CONFLICT (organization_id, minute_at, queue) DO UPDATE SET
    attempts = q.attempts + excluded.attempts, failed = q.failed + excluded.failed,
    waited_seconds = q.waited_seconds + excluded.waited_seconds,
    ran_seconds = q.ran_seconds + excluded.ran_seconds,
    waits = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
                  FROM unnest(q.waits, excluded.waits) WITH ORDINALITY AS pair (a, b, place) ORDER BY place),
    runs = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
                 FROM unnest(q.runs, excluded.runs) WITH ORDINALITY AS pair (a, b, place) ORDER BY place)
"""


def add(rows: Sequence[Minute]) -> None:
    """Add counts to their minutes with one statement."""
    if not rows:
        return
    columns = [[getattr(row, name) for row in rows] for name in Minute.__slots__]
    with executed(_ADD, [array(map(_literal, column)) for column in columns]):
        pass


def _literal(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return "{" + ",".join(map(str, trimmed(value))) + "}"


@dataclass(frozen=True, slots=True)
class Sums:
    """What ended in one queue within a time. `waits` and `runs` are histograms."""

    attempts: int = 0
    failed: int = 0
    waits: Sequence[int] = ()
    runs: Sequence[int] = ()


# Index: queue_minute_once (organization_id, minute_at, queue).
_SUMS = """
SELECT queue, sum(attempts), sum(failed) FROM executions_queueminute
WHERE organization_id = %s AND minute_at >= %s AND queue = ANY(%s) GROUP BY queue
"""
_HISTOGRAMS = """
SELECT queue, array_agg(waited ORDER BY place), array_agg(ran ORDER BY place) FROM (
    SELECT queue, place, coalesce(sum(wait), 0) AS waited, coalesce(sum(run), 0) AS ran
    FROM executions_queueminute CROSS JOIN LATERAL
        unnest(waits, runs) WITH ORDINALITY AS pair (wait, run, place)
    WHERE organization_id = %s AND minute_at >= %s AND queue = ANY(%s)
    GROUP BY queue, place
) AS places
GROUP BY queue
"""


def sums(organization_id: UUID, *, queues: Sequence[str], since: datetime) -> dict[str, Sums]:
    """Return the sums of the minutes that began at `since` or later, by queue."""
    wanted = [organization_id, since, list(queues)]
    with executed(_HISTOGRAMS, wanted) as cursor:
        histograms = {queue: (_ints(waits), _ints(runs)) for queue, waits, runs in cursor}
    with executed(_SUMS, wanted) as cursor:
        return {
            queue: Sums(attempts, failed, *histograms.get(queue, ((), ())))
            for queue, attempts, failed in cursor
        }


def _ints(values: Sequence[Any]) -> list[int]:
    return [int(value) for value in values]


def prune() -> int:
    """Delete what is older than `KEPT`, and return how many rows. Safe to repeat."""
    with executed(
        "DELETE FROM executions_queueminute WHERE minute_at < horarium_now() - %s::interval", [interval(KEPT)]
    ) as cursor:
        return cursor.rowcount
