"""Places in a group: who is active, who waits, who may start.

A place is the execution's row itself. Whoever counts and then inserts or admits
holds the group's advisory lock until its commit; a closer holds only its own
row. What couples them is `has_waiting`: it is set, by an update that waits for a
concurrent close, on every active row of a group in which something waits, and
the close returns it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from executions.admitting.overlap import Occupancy
from organizations.statements import executed

_LOCK = """
SELECT pg_advisory_xact_lock(hashtextextended(key::text, 0))
FROM unnest(%s::uuid[]) AS new (key) ORDER BY hashtextextended(key::text, 0)
"""


def lock(groups: Iterable[UUID]) -> None:
    """Serialize whoever admits into `groups` until the transaction ends, in an order that cannot deadlock."""
    with executed(_LOCK, [list(set(groups))]):
        pass


# Index: execution_in_group (group_key, fire_at, id) where running or pending.
_OCCUPANCY = """
SELECT group_key, count(*) FILTER (WHERE state = 'running'),
    count(*) FILTER (WHERE state = 'pending' AND (waits_until IS NULL OR waits_until > horarium_now()))
FROM executions_execution
WHERE group_key = ANY(%s::uuid[]) AND state IN ('running', 'pending')
GROUP BY group_key
"""


def occupancy(groups: Collection[UUID]) -> dict[UUID, Occupancy]:
    """Return what each of the locked `groups` holds, without what has waited too long to start."""
    with executed(_OCCUPANCY, [list(groups)]) as cursor:
        held = {key: Occupancy(active, waiting) for key, active, waiting in cursor}
    return {key: held.get(key, Occupancy()) for key in groups}


_MARK = """
UPDATE executions_execution SET has_waiting = true
WHERE group_key = ANY(%s::uuid[]) AND state = 'running' RETURNING group_key
"""


def mark(groups: Collection[UUID]) -> list[UUID]:
    """Tell the active executions of locked groups that something waits for them.

    Returns:
        The group of each that is still active; one that closed meanwhile is left out.
    """
    with executed(_MARK, [list(groups)]) as cursor:
        return [row[0] for row in cursor]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A waiting execution that has got its place, with what its first steps need."""

    id: UUID
    organization_id: UUID
    workflow_id: UUID
    version_id: UUID
    source: str
    schedule_id: UUID | None
    fire_at: datetime | None
    priority: int
    queue: str


ADMITTED = ", ".join(f"e.{name}" for name in Admitted.__slots__)
# What has places in limits as well is admitted by `queries.places`; here it keeps its place in the order.
_ADMIT = f"""
WITH held AS (
    SELECT group_key, count(*) AS active FROM executions_execution
    WHERE group_key = ANY(%(groups)s::uuid[]) AND state = 'running' GROUP BY group_key
), waiting AS (
    SELECT id, group_key, group_limit, has_places,
        row_number() OVER (PARTITION BY group_key ORDER BY coalesce(fire_at, created_at), id) AS place
    FROM executions_execution WHERE group_key = ANY(%(groups)s::uuid[]) AND state = 'pending'
)
UPDATE executions_execution AS e SET state = 'running', waits_until = NULL
FROM waiting LEFT JOIN held USING (group_key)
WHERE e.id = waiting.id AND e.state = 'pending' AND NOT waiting.has_places
    AND waiting.place <= waiting.group_limit - coalesce(held.active, 0)
RETURNING {ADMITTED}
"""  # noqa: S608 - constant text


def admit(groups: Collection[UUID]) -> list[Admitted]:
    """Give the free places of locked groups to what waits, in order of nominal time."""
    with executed(_ADMIT, {"groups": list(groups)}) as cursor:
        return [Admitted(*row) for row in cursor]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A waiting execution that will not start."""

    id: UUID
    organization_id: UUID
    workflow_id: UUID
    schedule_id: UUID | None
    fire_at: datetime | None
    parent_step_id: UUID | None


_DROPPED = ", ".join(f"e.{name}" for name in Dropped.__slots__)
_DROP = f"""
WITH dropped AS (
    UPDATE executions_execution AS e
    SET state = 'cancelled', error = %(why)s, finished_at = %(now)s, waits_until = NULL
    WHERE {{which}} AND state = 'pending' RETURNING {_DROPPED}
), released AS (
    UPDATE executions_place AS p SET released_at = %(now)s FROM dropped
    WHERE p.execution_id = dropped.id AND p.released_at IS NULL
), disowned AS ( -- what a redrive has taken over
    UPDATE executions_steprun AS s SET state = 'cancelled', waits_for = '', finished_at = %(now)s FROM dropped
    WHERE s.execution_id = dropped.id AND s.state = 'waiting'
)
SELECT * FROM dropped
"""  # noqa: S608 - constant text
# Index: execution_in_group.
_DROP_IN_GROUPS = _DROP.format(
    which="""group_key = ANY(%(groups)s::uuid[]) AND (NOT %(only_late)s::boolean OR waits_until <= %(now)s)
        AND (%(kind)s::text = '' OR fire_kind = %(kind)s)"""
)
_DROP_THESE = _DROP.format(which="id = ANY(%(ids)s::uuid[])")


def drop_waiting(
    groups: Collection[UUID], *, why: str, now: datetime, only_late: bool = False, kind: str = ""
) -> list[Dropped]:
    """End what waits in locked groups, all or one of it.

    Args:
        only_late: only what has waited too long.
        kind: only what is of this fire kind.
    """
    values = {"groups": list(groups), "why": why, "now": now, "only_late": only_late, "kind": kind}
    with executed(_DROP_IN_GROUPS, values) as cursor:
        return [Dropped(*row) for row in cursor]


def drop_these(ids: Collection[UUID], *, why: str, now: datetime) -> list[Dropped]:
    """End those of these executions that still wait."""
    with executed(_DROP_THESE, {"ids": list(ids), "why": why, "now": now}) as cursor:
        return [Dropped(*row) for row in cursor]


# Index: execution_in_group.
_HOLDERS = """
SELECT id FROM executions_execution WHERE group_key = %s AND state = 'running' ORDER BY id
"""


def holders(group: UUID) -> list[UUID]:
    """Return the active executions of a locked group."""
    with executed(_HOLDERS, [group]) as cursor:
        return [row[0] for row in cursor]


# Index: execution_in_group.
_WAITING = """
SELECT id FROM (
    SELECT id, fire_kind, group_limit, row_number() OVER (ORDER BY coalesce(fire_at, created_at), id) AS place
    FROM executions_execution WHERE group_key = %(group)s AND state = 'pending'
) AS waiting
WHERE fire_kind = %(kind)s AND place > group_limit - (
    SELECT count(*) FROM executions_execution WHERE group_key = %(group)s AND state = 'running')
ORDER BY place
"""


def waiting(group: UUID, *, kind: str) -> list[UUID]:
    """Return what of one fire kind waits for a place in a locked group, in order of nominal time.

    What has its place there, and waits for a limit of its workflow, is left out.
    """
    with executed(_WAITING, {"group": group, "kind": kind}) as cursor:
        return [row[0] for row in cursor]


# Index: execution_in_group. Reads whatever is active or waits: a long queue must not hide another group.
_STUCK = """
SELECT group_key FROM executions_execution
WHERE group_key IS NOT NULL AND state IN ('pending', 'running')
GROUP BY group_key
HAVING count(*) FILTER (WHERE state = 'running') < max(group_limit) FILTER (WHERE state = 'pending' AND NOT has_places)
    OR min(waits_until) FILTER (WHERE state = 'pending') <= horarium_now()
ORDER BY min(waits_until) FILTER (WHERE state = 'pending') LIMIT %s
"""


def stuck_groups(limit: int) -> list[UUID]:
    """Return groups with a free place for what waits, or in which something has waited too long."""
    with executed(_STUCK, [limit]) as cursor:
        return [row[0] for row in cursor]


_REGROUP = """
UPDATE executions_execution SET group_limit = %(limit)s
WHERE group_key = %(group)s AND state = 'pending' AND fire_kind = %(kind)s
"""


def set_limit(group: UUID, *, kind: str, limit: int) -> None:
    """Change how many may be active beside what waits of one fire kind in a locked group."""
    with executed(_REGROUP, {"group": group, "kind": kind, "limit": limit}):
        pass
