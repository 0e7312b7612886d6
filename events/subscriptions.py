"""Who wants which events: looked up by index, so that those who cannot match cost nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from events.models import Subscription
from events.patterns import ANY_SUBJECT, MISSING, at_path, digest, patterns_of
from organizations.statements import array, executed

MOST_COUNTED = 1_000  # others that are told apart when the rarest condition is chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What somebody wants: a pattern of types and, where `path` is given, only events with `value` there.

    Attributes:
        subject_id: of what Horarium tells itself only what is about this workflow or schedule.
    """

    pattern: str
    path: str = ""
    value: Any = None
    subject_id: UUID = ANY_SUBJECT


def subscribe(consumer: str, owner_id: UUID, *, organization_id: UUID, interests: Iterable[Interest]) -> None:
    """Let `owner_id` want exactly these, in the caller's transaction. What it wanted before is forgotten."""
    Subscription.objects.filter(owner_id=owner_id).delete()
    Subscription.objects.bulk_create(
        Subscription(
            consumer=consumer,
            owner_id=owner_id,
            organization_id=organization_id,
            pattern=one.pattern,
            path=one.path,
            digest=digest(one.value) if one.path else 0,
            subject_id=one.subject_id,
        )
        for one in interests
    )


def rarest(
    consumer: str, *, organization_id: UUID, pattern: str, conditions: Mapping[str, Any]
) -> tuple[str, Any]:
    """Return the path and value, of conditions that must all hold, by which fewest others are found; "" without any."""
    known = Subscription.objects.filter(consumer=consumer, organization_id=organization_id, pattern=pattern)

    def others(one: tuple[str, Any]) -> int:
        return known.filter(path=one[0], digest=digest(one[1]))[:MOST_COUNTED].count()

    return min(conditions.items(), key=others, default=("", None))


@dataclass(frozen=True, slots=True)
class Offered:
    """An event of an organization, as `shown` to those who may want it."""

    organization_id: UUID
    shown: Mapping[str, Any]


# At which paths anybody looks, of each pattern: from one to the next in the index, however many look there.
# Index of both: subscription_candidates.
_PATHS = """
SELECT k.place, p.path
FROM unnest(%s::int[], %s::uuid[], %s::text[]) AS k (place, organization_id, pattern), LATERAL (
    WITH RECURSIVE paths (path) AS (
        (SELECT s.path FROM events_subscription AS s
         WHERE s.consumer = %s AND s.organization_id = k.organization_id AND s.pattern = k.pattern
         ORDER BY s.path LIMIT 1)
        UNION ALL
        SELECT (SELECT s.path FROM events_subscription AS s
                WHERE s.consumer = %s AND s.organization_id = k.organization_id AND s.pattern = k.pattern
                    AND s.path > paths.path
                ORDER BY s.path LIMIT 1)
        FROM paths WHERE paths.path IS NOT NULL
    )
    SELECT path FROM paths WHERE path IS NOT NULL
) AS p
"""
_CANDIDATES = """
SELECT k.place, s.owner_id
FROM unnest(%s::int[], %s::uuid[], %s::text[], %s::text[], %s::bigint[])
    AS k (place, organization_id, pattern, path, digest)
JOIN events_subscription AS s
    ON s.consumer = %s AND s.organization_id = k.organization_id AND s.pattern = k.pattern
    AND s.path = k.path AND s.digest = k.digest
"""

Key = tuple[UUID, str]  # organization and pattern


def candidates(consumer: str, offered: Sequence[Offered]) -> list[list[UUID]]:
    """Return for each event the owners that may want it, each once, in the order of their ids.

    Those who look at a value of which the event has another one are not among them.
    """
    keys = {(one.organization_id, pattern) for one in offered for pattern in patterns_of(one.shown["type"])}
    paths = _paths(consumer, keys)
    wanted = [
        (place, one.organization_id, pattern, path, hashed)
        for place, one in enumerate(offered)
        for pattern in patterns_of(one.shown["type"])
        for path in paths.get((one.organization_id, pattern), ())
        if (hashed := _digest_at(one.shown, path)) is not None
    ]
    found: list[set[UUID]] = [set() for _ in offered]
    if wanted:
        with executed(
            _CANDIDATES, [*(array(column) for column in zip(*wanted, strict=True)), consumer]
        ) as cursor:
            for place, owner_id in cursor:
                found[place].add(owner_id)
    return [sorted(owners) for owners in found]


def _paths(consumer: str, keys: Collection[Key]) -> dict[Key, list[str]]:
    ordered = list(keys)
    if not ordered:
        return {}
    columns = [range(len(ordered)), *zip(*ordered, strict=True)]
    found: dict[Key, list[str]] = {}
    with executed(_PATHS, [*(array(column) for column in columns), consumer, consumer]) as cursor:
        for place, path in cursor:
            found.setdefault(ordered[place], []).append(path)
    return found


def _digest_at(shown: Mapping[str, Any], path: str) -> int | None:
    """Return the digest of the value at a path, 0 for no path, or None where the event has no such value."""
    if not path:
        return 0
    value = at_path(shown, path)
    return None if value is MISSING else digest(value)
