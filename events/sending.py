"""Take an event that somebody sends: once, and then tell those who wait for such events."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from events.announcements import announce_on_commit
from events.errors import EventConflict, EventTooLarge
from events.services import HINT
from events.statements import executed

MAX_BYTES = 256_000  # of the data, as JSON
MAX_TYPE = 100  # characters
MAX_NAME = 200  # characters of a source, and of an id


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is sent: something that happened elsewhere.

    Attributes:
        external_id: unique at its source.
        time: when it happened, by the sender's clock.
        data: any JSON.
    """

    organization_id: UUID
    type: str
    source: str
    external_id: str
    time: datetime | None = None
    data: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """The log's id of an event; `created` is False where it had been sent before."""

    id: int
    created: bool


Listener = Callable[[UUID, str], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call `listener` with organization and type after every event that is sent.

    It is called once the event is committed, by whoever sent it, and perhaps
    again for the same one; a process that dies before that never calls it.
    """
    if listener not in _listeners:
        _listeners.append(listener)


@transaction.atomic
def send(event: Event, *, now: datetime) -> Sent:
    """Record an event, or find it where it was sent before. Safe to repeat.

    The log keeps `{"data": …, "time": "…" | null}` as its data, and as its time
    when it came, by our clock.

    Raises:
        EventConflict: the source has used the id for another event.
        EventTooLarge: its data is over `MAX_BYTES`.
    """
    kept = {"data": event.data, "time": event.time.isoformat() if event.time else None}
    if len(json.dumps(event.data, ensure_ascii=False).encode()) > MAX_BYTES:
        raise EventTooLarge(MAX_BYTES)
    created = _insert(event, kept, now=now)
    sent = Sent(created, created=True) if created else Sent(_find(event, kept), created=False)
    if created:
        announce_on_commit(HINT, str(event.organization_id))
    for listener in _listeners:
        transaction.on_commit(lambda told=listener: told(event.organization_id, event.type), robust=True)  # type: ignore[misc]
    return sent


_INSERT = """
INSERT INTO events_event (organization_id, type, source, external_id, at, data)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (organization_id, source, external_id) WHERE source <> '' DO NOTHING
RETURNING id
"""


def _insert(event: Event, kept: dict[str, Any], *, now: datetime) -> int | None:
    values = [event.organization_id, event.type, event.source, event.external_id, now, Jsonb(kept)]
    with executed(_INSERT, values) as cursor:
        row = cursor.fetchone()
    return row[0] if row else None


# Index: event_sent_once.
_FIND = """
SELECT id, type = %s AND data = %s FROM events_event
WHERE organization_id = %s AND source = %s AND external_id = %s AND source <> ''
"""


def _find(event: Event, kept: dict[str, Any]) -> int:
    """Return the id of the event that came before under the same name."""
    values = [event.type, Jsonb(kept), event.organization_id, event.source, event.external_id]
    with executed(_FIND, values) as cursor:
        row = cursor.fetchone()
    if row is None or not row[1]:
        raise EventConflict(event.source, event.external_id)
    return int(row[0])
