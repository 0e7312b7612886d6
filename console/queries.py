"""The statements of the overview, each bounded however large the tables are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

MOST_COUNTED = 20_000  # executions of the last day that the overview looks at
_V7_TIME_BITS = 80  # a UUIDv7 begins with its milliseconds; the rest is random


@dataclass(frozen=True, slots=True)
class Hour:
    """How many executions started within an hour, by state."""

    start: datetime
    state: str
    count: int


# Index: the primary key, whose ids grow with time; with organizations `execution_newest`.
_BY_HOUR = """
SELECT date_trunc('hour', created_at, 'UTC'), state, count(*) FROM (
    SELECT created_at, state FROM executions_execution
    WHERE id >= %(first)s AND (%(everything)s OR organization_id = ANY(%(organizations)s))
    ORDER BY id DESC LIMIT %(most)s
) AS newest
GROUP BY 1, 2
"""


def executions_by_hour(*, since: datetime, organizations: Sequence[UUID] | None) -> list[Hour]:
    """Return counts of the newest executions since then, of these organizations, or of all."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BY_HOUR,
            {
                "first": first_id_at(since),
                "everything": organizations is None,
                "organizations": list(organizations or ()),
                "most": MOST_COUNTED,
            },
        )
        return [Hour(*row) for row in cursor.fetchall()]


# Index: step_run_claim. Beyond so many the oldest is that of those looked at.
_WAITING = """
SELECT count(*), min(available_at) FROM (
    SELECT s.available_at FROM executions_steprun AS s
    JOIN executions_execution AS e ON e.id = s.execution_id
    WHERE s.state = 'ready' AND s.available_at <= %(now)s
        AND (%(everything)s OR e.organization_id = ANY(%(organizations)s))
    LIMIT %(most)s
) AS waiting
"""


def waiting_steps(*, now: datetime, organizations: Sequence[UUID] | None) -> tuple[int, datetime | None]:
    """Return how many steps could be claimed, and since when the oldest could."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING,
            {
                "now": now,
                "everything": organizations is None,
                "organizations": list(organizations or ()),
                "most": MOST_COUNTED,
            },
        )
        count, oldest = cursor.fetchone()
    return count, oldest


def first_id_at(instant: datetime) -> UUID:
    """Return the least UUIDv7 of an instant."""
    return UUID(int=int(instant.timestamp() * 1000) << _V7_TIME_BITS)
