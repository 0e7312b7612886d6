"""Events that were sent, as the steps that wait for them read them.

Order is that of the log, by transaction: ids are assigned before commits, so what is not yet settled may
still get a predecessor.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from events.models import BEGINNING, Position
from organizations.statements import executed

LONGEST_SEND = timedelta(minutes=1)  # from reading the clock to the insert; statement timeouts end it before


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events count. `since`: those that came earlier do not."""

    organization_id: UUID
    type: str
    source: str | None
    since: datetime


class Arrival(NamedTuple):
    """An event that was sent; `data` is `{"data": …, "time": "…" | null}`."""

    position: Position
    external_id: str
    source: str
    at: datetime
    data: dict[str, Any]


class Page(NamedTuple):
    """Some arrivals in order.

    Attributes:
        settled: in the statement's snapshot all transactions below this id had ended.
    """

    arrivals: Sequence[Arrival]
    settled: int


# Index of all: event_of_type (organization, type, transaction_id, id).
_START = """
SELECT transaction_id, id FROM events_event
WHERE organization_id = %s AND type = %s AND source <> '' AND at < %s
ORDER BY transaction_id DESC, id DESC LIMIT 1
"""


def start(wanted: Wanted) -> Position:
    """Return a place in the log before which nothing is that counts. Reads what came since, backwards."""
    values = [wanted.organization_id, wanted.type, wanted.since - LONGEST_SEND]
    with executed(_START, values) as cursor:
        row = cursor.fetchone()
    return Position(*row) if row else BEGINNING


_READ = """
SELECT mark.settled, v.transaction_id, v.id, v.external_id, v.source, v.at, v.data::text
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled) AS mark
LEFT JOIN LATERAL (
    SELECT * FROM events_event AS e
    WHERE e.organization_id = %s AND e.type = %s AND e.source <> '' AND e.at >= %s
        AND (%s::text IS NULL OR e.source = %s) AND (e.transaction_id, e.id) > (%s, %s)
    ORDER BY e.transaction_id, e.id LIMIT %s
) AS v ON true
ORDER BY v.transaction_id, v.id
"""


def read(wanted: Wanted, *, after: Position, limit: int) -> Page:
    """Return up to `limit` events after a position, settled or not, from one snapshot."""
    source = wanted.source
    values = [wanted.organization_id, wanted.type, wanted.since, source, source, *after, limit]
    with executed(_READ, values) as cursor:
        rows = cursor.fetchall()
    found = [
        Arrival(Position(transaction_id, id_), external_id, sent_by, at, json.loads(data))
        for _, transaction_id, id_, external_id, sent_by, at, data in rows
        if transaction_id is not None
    ]
    return Page(found, settled=rows[0][0])


# Index: step_run_waits_for (organization, waits_for, waits_key) where waiting.
_WAITING = """
SELECT id FROM executions_steprun
WHERE state = 'waiting' AND organization_id = %s AND waits_for = 'event' AND waits_key = %s AND id > %s
ORDER BY id LIMIT %s
"""


def waiting(organization_id: UUID, type_: str, *, after: UUID, limit: int) -> list[UUID]:
    """Return step runs that wait for an event of this type, in the order of their ids."""
    with executed(_WAITING, [organization_id, type_, after, limit]) as cursor:
        return [row[0] for row in cursor]


# What a wait has kept is described at `executions.steps.event.Place`. It counted the events after the settled
# ones: where there are more (or fewer) now, one of them it has not seen.
_UNSEEN = """
SELECT s.id FROM executions_steprun AS s
WHERE s.state = 'waiting' AND s.waits_for = 'event' AND {which} AND (
    s.output ->> 'next' IS NOT NULL
    OR (s.output ->> 'seen')::integer <> (
        SELECT count(*) FROM (
            SELECT FROM events_event AS e
            WHERE e.organization_id = s.organization_id AND e.type = s.waits_key AND e.source <> ''
                AND (e.transaction_id, e.id) > ((s.output ->> 'settled')::bigint, 0)
                AND e.at >= (s.output ->> 'since')::timestamptz
                AND (s.output ->> 'source' IS NULL OR e.source = s.output ->> 'source')
            LIMIT (s.output ->> 'seen')::integer + 1
        ) AS there
    )
) LIMIT %s
"""
_UNSEEN_BY_ONE = _UNSEEN.format(which="s.id = %s")
_UNSEEN_BY_ANY = _UNSEEN.format(which="true")


def has_unseen(step_run_id: UUID) -> bool:
    """Return whether a step that waits for an event has not looked at all that are there."""
    with executed(_UNSEEN_BY_ONE, [step_run_id, 1]) as cursor:
        return cursor.fetchone() is not None


def left_behind(limit: int) -> list[UUID]:
    """Return step runs that wait for an event and have not looked at all that are there."""
    with executed(_UNSEEN_BY_ANY, [limit]) as cursor:
        return [row[0] for row in cursor]
