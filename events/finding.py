"""Find events of the log by type, source, subject and time, in its order; what it costs is bounded.

A question reads along one index, from the cursor on, and stops when it has
enough. Two things would read the whole log, and do not:

- A prefix of types has no index in the log's order. The types that an
  organization has are few and are found by jumping along the index from one to
  the next; then each is read on its own, and the pieces are merged.
- A time has no index either. Ids are given nearly in the order of time, so the
  place in the log where a time begins is found by bisection over the primary
  key, 20 to 40 steps. Nearly: an event has the time and the id of its
  statement and its place by the beginning of its transaction, so the search
  leaves room for transactions of `SLACK`, and each row's own time decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from events import log
from events.models import BEGINNING, Event, Position
from events.patterns import EVERY, matches

SLACK = timedelta(minutes=1)  # how long a transaction may take that tells of something


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for; what is given must all apply.

    Attributes:
        type: exact, or `prefix.*`, or `*`.
        since, until: when it came, in [since, until).
    """

    type: str = EVERY
    source: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def find(organization_id: UUID, wanted: Wanted, *, after: Position, limit: int) -> list[Event]:
    """Return up to `limit` settled events after a position, in the log's order, sent ones without their data."""
    ids = [row[0] for row in _rows(*question(organization_id, wanted, after=after, limit=limit))]
    return sorted(log.bare(Event.objects.filter(pk__in=ids)), key=lambda event: event.position)


def question(
    organization_id: UUID, wanted: Wanted, *, after: Position, limit: int
) -> tuple[str, dict[str, Any]]:
    """Return the statement that finds the ids, and its values."""
    start = max(after, _start(wanted.since))
    return _statement(wanted), {
        "organization_id": organization_id,
        "types": _types(organization_id, wanted.type),
        "source": wanted.source,
        "subject": wanted.subject,
        "since": wanted.since,
        "until": wanted.until,
        "transaction_id": start.transaction_id,
        "id": start.id,
        "last": _last(wanted.until),
        "limit": limit,
    }


_IN_ORDER = """
SELECT e.id, e.transaction_id FROM events_event AS e
WHERE e.organization_id = %(organization_id)s
    AND (e.transaction_id, e.id) > (%(transaction_id)s, %(id)s)
    AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    {conditions}
ORDER BY e.transaction_id, e.id LIMIT %(limit)s
"""
_MERGED = """
SELECT found.id FROM unnest(%(types)s::text[]) AS one (type) CROSS JOIN LATERAL ({in_order}) AS found
ORDER BY found.transaction_id, found.id LIMIT %(limit)s
"""
# Indexes: event_log_order, event_of_type, event_of_source, event_about. The last two are partial.
_CONDITIONS: Mapping[str, str] = {
    "source": "AND e.source = %(source)s AND e.source <> ''",
    "subject": "AND e.subject = %(subject)s AND e.subject <> ''",
    "since": "AND e.at >= %(since)s",
    "until": "AND e.at < %(until)s AND e.transaction_id <= %(last)s",
}


def _statement(wanted: Wanted) -> str:
    conditions = [text for name, text in _CONDITIONS.items() if getattr(wanted, name)]
    if wanted.type == EVERY:
        return _IN_ORDER.format(conditions=" ".join(conditions))
    if wanted.source or wanted.subject:
        return _IN_ORDER.format(conditions=" ".join([*conditions, "AND e.type = ANY(%(types)s::text[])"]))
    return _MERGED.format(
        in_order=_IN_ORDER.format(conditions=" ".join([*conditions, "AND e.type = one.type"]))
    )


# Index: event_of_type. One descent for each type that the organization has ever had.
_TYPES = """
WITH RECURSIVE types AS (
    (SELECT type FROM events_event WHERE organization_id = %(organization_id)s ORDER BY type LIMIT 1)
    UNION ALL
    SELECT (SELECT e.type FROM events_event AS e
            WHERE e.organization_id = %(organization_id)s AND e.type > types.type ORDER BY e.type LIMIT 1)
    FROM types WHERE types.type IS NOT NULL
)
SELECT type FROM types WHERE type IS NOT NULL
"""


def _types(organization_id: UUID, pattern: str) -> list[str]:
    if not pattern.endswith(".*"):
        return [pattern]
    found = _rows(_TYPES, {"organization_id": organization_id})
    return [type_ for (type_,) in found if matches(pattern, type_)]


# Index: the primary key. Yields the first event by id that came at %(at)s or later, and the one before it.
_BISECTION = """
WITH RECURSIVE search (low, high) AS (
    SELECT min(id), max(id) + 1 FROM events_event
    UNION ALL
    SELECT CASE WHEN probe.at < %(at)s THEN probe.id + 1 ELSE low END,
        CASE WHEN probe.at < %(at)s THEN high ELSE middle END
    FROM search, LATERAL (SELECT (low + high) / 2) AS halved (middle),
        LATERAL (SELECT id, at FROM events_event WHERE id >= middle ORDER BY id LIMIT 1) AS probe
    WHERE low < high
)
SELECT
    (SELECT transaction_id FROM events_event WHERE id < place.low ORDER BY id DESC LIMIT 1),
    (SELECT transaction_id FROM events_event WHERE id >= place.low ORDER BY id LIMIT 1)
FROM (SELECT max(low) FROM search WHERE low >= high) AS place (low)
"""


def _start(since: datetime | None) -> Position:
    """Return a position in front of everything that came at `since` or later, by a minute or so."""
    before = _around(since - SLACK)[0] if since else None
    return Position(before, 0) if before else BEGINNING


def _last(until: datetime | None) -> int:
    """Return the id of a transaction that began after everything that came before `until` was told."""
    return (_around(until + 2 * SLACK)[1] if until else None) or 2**63 - 1


def _around(at: datetime) -> tuple[int | None, int | None]:
    """Return the transactions of the event before and of the event after an instant."""
    before, after = _rows(_BISECTION, {"at": at})[0]
    return before, after


def _rows(statement: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    # Not prepared: a plan that is made without the values cannot choose between the indexes.
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
