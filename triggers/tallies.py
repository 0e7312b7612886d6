"""Counters of triggers and webhooks, and what a rate limit has left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from organizations.statements import array, executed


@dataclass(slots=True, kw_only=True)
class Count:
    """What to add to one tally. Count in the order of the owners, last in a transaction: the row stays locked."""

    organization_id: UUID
    matched: int = 0
    started: int = 0
    skipped: int = 0
    rejected: int = 0
    execution_id: UUID | None = None
    problem: str = ""


_ADD = """
INSERT INTO triggers_tally AS t (owner_id, organization_id, matched, started, skipped, rejected,
    last_execution_id, last_problem, last_problem_at, last_matched_at, last_started_at, window_count)
SELECT n.owner_id, n.organization_id, n.matched, n.started, n.skipped, n.rejected, n.execution_id, n.problem,
    CASE WHEN n.problem <> '' THEN n.at END, CASE WHEN n.matched > 0 THEN n.at END,
    CASE WHEN n.started > 0 THEN n.at END, 0
FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::uuid[], %s::text[],
    %s::timestamptz[])
    AS n (owner_id, organization_id, matched, started, skipped, rejected, execution_id, problem, at)
ORDER BY n.owner_id
ON CONFLICT (owner_id) DO UPDATE SET
    matched = t.matched + excluded.matched, started = t.started + excluded.started,
    skipped = t.skipped + excluded.skipped, rejected = t.rejected + excluded.rejected,
    last_execution_id = coalesce(excluded.last_execution_id, t.last_execution_id),
    last_matched_at = coalesce(excluded.last_matched_at, t.last_matched_at),
    last_started_at = coalesce(excluded.last_started_at, t.last_started_at),
    last_problem = CASE WHEN excluded.last_problem <> '' THEN excluded.last_problem ELSE t.last_problem END,
    last_problem_at = coalesce(excluded.last_problem_at, t.last_problem_at)
"""


def add(counts: dict[UUID, Count], *, now: datetime) -> None:
    """Add to the tallies of several owners with one statement."""
    if not counts:
        return
    ordered = [(owner_id, counts[owner_id]) for owner_id in sorted(counts)]
    columns = [
        (owner_id for owner_id, _ in ordered),
        (one.organization_id for _, one in ordered),
        (one.matched for _, one in ordered),
        (one.started for _, one in ordered),
        (one.skipped for _, one in ordered),
        (one.rejected for _, one in ordered),
        (one.execution_id for _, one in ordered),
        (one.problem[:500] for _, one in ordered),
        (now for _ in ordered),
    ]
    with executed(_ADD, [array(column) for column in columns]):
        pass


# The window is fixed: it begins with the first start after the last one is over.
_TAKE = """
WITH held AS MATERIALIZED (
    SELECT owner_id, window_at > %(now)s::timestamptz - %(period)s::interval AS goes_on, window_count
    FROM triggers_tally WHERE owner_id = %(owner_id)s FOR UPDATE
), room AS (
    SELECT owner_id, goes_on,
        CASE WHEN goes_on THEN window_count ELSE 0 END AS used,
        greatest(0, least(%(wanted)s::int, %(limit)s::int - CASE WHEN goes_on THEN window_count ELSE 0 END)) AS taken
    FROM held
)
UPDATE triggers_tally AS t
SET window_count = room.used + room.taken,
    window_at = CASE WHEN room.goes_on THEN t.window_at ELSE %(now)s::timestamptz END
FROM room WHERE t.owner_id = room.owner_id
RETURNING room.taken
"""


def take(owner_id: UUID, *, wanted: int, limit: int, period: timedelta, now: datetime) -> int:
    """Take up to `wanted` starts of what a rate limit allows in its period, and return how many there were.

    A statement of its own, before the transaction that starts: no lock is held
    meanwhile, and what a crash in between has taken is not given back. The
    owner has a tally: `begin` has made it.
    """
    values = {"owner_id": owner_id, "wanted": wanted, "limit": limit, "now": now}
    with executed(_TAKE, {**values, "period": f"{period.total_seconds()} seconds"}) as cursor:
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def begin(owner_id: UUID, *, organization_id: UUID, now: datetime) -> None:
    """Make the tally of a new trigger or webhook. Safe to repeat."""
    add({owner_id: Count(organization_id=organization_id)}, now=now)
