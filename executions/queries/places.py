"""Places in the limits of workflows: who holds one, who waits, who may start.

Whoever decides holds the advisory locks of all groups concerned until its
commit. A close holds none: it looks for others after its commit, and so does
whoever was made to wait. Of two that look after their own commits, one sees both.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from executions.admitting.limits.rooms import Other, Room, Waiter
from executions.queries.groups import ADMITTED, Admitted
from organizations.statements import array, executed


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A row of `executions_place`, admitted at once or waiting."""

    group_key: UUID
    execution_id: UUID
    limit: int
    per_seconds: int | None
    is_admitted: bool


_INSERT = """
INSERT INTO executions_place (group_key, execution_id, "limit", per_seconds, admitted_at)
SELECT group_key, execution_id, "limit", per_seconds, CASE WHEN is_admitted THEN horarium_now() END
FROM unnest(%s::uuid[], %s::uuid[], %s::int[], %s::int[], %s::boolean[])
    AS new (group_key, execution_id, "limit", per_seconds, is_admitted)
"""


def insert(rows: Collection[NewPlace]) -> None:
    """Insert the places of executions that the same transaction has inserted."""
    columns = [array(map(attrgetter(column.name), rows)) for column in fields(NewPlace)]
    with executed(_INSERT, columns):
        pass


# Indexes: place_held, place_wanted, place_of_a_rate.
_TAKEN = """
CASE WHEN g.per_seconds IS NULL
    THEN (SELECT count(*) FROM executions_place AS p
          WHERE p.group_key = g.group_key AND p.released_at IS NULL AND p.admitted_at IS NOT NULL)
    ELSE (SELECT count(*) FROM executions_place AS p
          WHERE p.group_key = g.group_key AND p.per_seconds IS NOT NULL
              AND p.admitted_at > horarium_now() - make_interval(secs => g.per_seconds))
END
"""
_ROOMS = f"""
SELECT g.group_key, {_TAKEN},
    (SELECT count(*) FROM executions_place AS p
     WHERE p.group_key = g.group_key AND p.released_at IS NULL AND p.admitted_at IS NULL)
FROM unnest(%s::uuid[], %s::int[]) AS g (group_key, per_seconds)
"""  # noqa: S608 - constant text


def rooms(groups: Mapping[UUID, int | None]) -> dict[UUID, Room]:
    """Return what each of the locked `groups`, with its period if it has one, holds."""
    with executed(_ROOMS, [array(groups), array(groups.values())]) as cursor:
        return {key: Room(taken, waiting) for key, taken, waiting in cursor}


_IN_GROUPS = """
SELECT execution_id AS id FROM executions_place
WHERE group_key = ANY(%(groups)s::uuid[]) AND released_at IS NULL AND admitted_at IS NULL
UNION
SELECT id FROM executions_execution
WHERE group_key = ANY(%(groups)s::uuid[]) AND state IN ('pending', 'running') AND state = 'pending' AND has_places
"""
_AMONG = "SELECT unnest(%(ids)s::uuid[]) AS id"
_ANYWHERE = "SELECT DISTINCT execution_id AS id FROM executions_place WHERE released_at IS NULL AND admitted_at IS NULL"
# The groups of what waits are counted once each. Index of the last condition: execution_in_group;
# a schedule keeps a place for whoever waits before.
_STARTABLE = f"""
WITH waiting AS MATERIALIZED ({{which}}), wanted AS MATERIALIZED (
    SELECT p.execution_id, p.group_key, p."limit", p.per_seconds
    FROM waiting JOIN executions_place AS p ON p.execution_id = waiting.id
    WHERE p.released_at IS NULL AND p.admitted_at IS NULL
), held AS MATERIALIZED (
    SELECT g.group_key, {_TAKEN} AS taken FROM (SELECT DISTINCT group_key, per_seconds FROM wanted) AS g
), open AS MATERIALIZED (
    SELECT w.execution_id AS id, bool_and(h.taken < w."limit") AS has_room, array_agg(w.group_key) AS keys,
        array_agg(w."limit") AS limits, array_agg(h.taken) AS taken
    FROM wanted AS w JOIN held AS h ON h.group_key = w.group_key GROUP BY w.execution_id
)
SELECT e.id, e.group_key, coalesce(e.waits_until <= horarium_now(), false), open.keys, open.limits, open.taken
FROM open JOIN executions_execution AS e ON e.id = open.id
WHERE e.state = 'pending' AND (e.waits_until <= horarium_now() OR open.has_room AND (
    e.group_key IS NULL OR e.group_limit >= (
        SELECT count(*) FROM executions_execution AS s
        WHERE s.group_key = e.group_key AND s.state IN ('pending', 'running')
            AND (s.state = 'running'
                OR (coalesce(s.fire_at, s.created_at), s.id) <= (coalesce(e.fire_at, e.created_at), e.id)))))
ORDER BY coalesce(e.fire_at, e.created_at), e.id LIMIT %(most)s
"""  # noqa: S608 - constant text


def startable(groups: Collection[UUID], *, most: int) -> list[Waiter]:
    """Return what waits in `groups` and has room in all of its groups, or is late, in order of arrival."""
    return _startable(_IN_GROUPS, most=most, groups=list(groups))


def startable_among(ids: Collection[UUID]) -> list[Waiter]:
    """Return which of these executions wait and have room in all of their groups, or are late."""
    return _startable(_AMONG, most=len(ids), ids=list(ids))


def startable_anywhere(*, most: int) -> list[Waiter]:
    """Return what waits and has room in all of its groups, or is late, in order of arrival."""
    return _startable(_ANYWHERE, most=most)


def _startable(which: str, **values: object) -> list[Waiter]:
    with executed(_STARTABLE.format(which=which), values) as cursor:
        return [
            Waiter(id_, group_key, is_late, tuple(keys), tuple(limits), tuple(taken))
            for id_, group_key, is_late, keys, limits, taken in cursor
        ]


_ADMIT = f"""
WITH admitted AS (
    UPDATE executions_execution AS e SET state = 'running', waits_until = NULL
    WHERE e.id = ANY(%(ids)s::uuid[]) AND e.state = 'pending'
    RETURNING {ADMITTED}
), taken AS (
    UPDATE executions_place AS p SET admitted_at = horarium_now() FROM admitted
    WHERE p.execution_id = admitted.id AND p.admitted_at IS NULL AND p.released_at IS NULL
)
SELECT admitted.* FROM admitted JOIN unnest(%(ids)s::uuid[]) WITH ORDINALITY AS new (id, place) USING (id)
ORDER BY new.place
"""  # noqa: S608 - constant text


def admit(ids: Collection[UUID]) -> list[Admitted]:
    """Give these executions, all of whose groups are locked, their places; one that was ended meanwhile gets none."""
    with executed(_ADMIT, {"ids": list(ids)}) as cursor:
        return [Admitted(*row) for row in cursor]


_OTHERS = """
SELECT e.id, e.state = 'pending', e.cancel_requested_at IS NOT NULL
FROM executions_place AS p JOIN executions_execution AS e ON e.id = p.execution_id
WHERE p.group_key = %s AND p.released_at IS NULL AND e.state IN ('pending', 'running')
ORDER BY p.id
"""


def others(group: UUID) -> list[Other]:
    """Return who holds a place in a locked group or waits for one, in order of arrival."""
    with executed(_OTHERS, [group]) as cursor:
        return [Other(*row) for row in cursor]


@dataclass(frozen=True, slots=True)
class Standing:
    """How an execution that waits stands in one limit.

    Attributes:
        before: how many arrived earlier and wait as well.
        free_at: of a limit of starts that is used up, when the next one is allowed.
    """

    group_key: UUID
    limit: int
    per_seconds: int | None
    taken: int
    before: int
    free_at: datetime | None


_STANDING = f"""
SELECT g.group_key, g."limit", g.per_seconds, {_TAKEN},
    (SELECT count(*) FROM executions_place AS p JOIN executions_execution AS o ON o.id = p.execution_id
     WHERE p.group_key = g.group_key AND p.released_at IS NULL AND p.admitted_at IS NULL
         AND (coalesce(o.fire_at, o.created_at), o.id) < (coalesce(e.fire_at, e.created_at), e.id)),
    (SELECT p.admitted_at + make_interval(secs => g.per_seconds) FROM executions_place AS p
     WHERE p.group_key = g.group_key AND p.per_seconds IS NOT NULL AND p.admitted_at IS NOT NULL
     ORDER BY p.admitted_at DESC OFFSET g."limit" - 1 LIMIT 1)
FROM executions_place AS g JOIN executions_execution AS e ON e.id = g.execution_id
WHERE g.execution_id = %s AND g.released_at IS NULL AND g.admitted_at IS NULL
ORDER BY g.id
"""  # noqa: S608 - constant text


def standing(execution_id: UUID) -> list[Standing]:
    """Return how an execution that waits stands in each of its limits, in their order."""
    with executed(_STANDING, [execution_id]) as cursor:
        return [Standing(*row) for row in cursor]
