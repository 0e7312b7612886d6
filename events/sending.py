"""Take events that somebody sends: each once, and then tell those who wait for such events."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from psycopg.types.json import Jsonb

from events import dispatching
from events.announcements import announce_on_commit
from events.errors import EventConflict, EventTooLarge
from events.models import TEXT
from events.patterns import patterns_of
from events.services import HINT
from organizations.statements import array, executed

MAX_BYTES = 256_000  # of the data, as JSON
MAX_TYPE = MAX_NAME = TEXT  # characters of a type; of a source, an id and a subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is sent: something that happened elsewhere.

    Attributes:
        external_id: unique at its source.
        time: when it happened, by the sender's clock.
        data: any JSON.
        attributes: what else is kept of it: `datacontenttype`, `dataschema`, `data_base64` in place of data,
            `extensions` as a map, `depth`.
        execution_id: the execution whose step sends it.
    """

    organization_id: UUID
    type: str
    source: str
    external_id: str
    subject: str = ""
    time: datetime | None = None
    data: Any = field(default=None, repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    execution_id: UUID | None = None

    @property
    def kept(self) -> dict[str, Any]:
        """Return what the log keeps as its data: `{"data": …, "time": "…" | null, **attributes}`."""
        return {
            "data": self.data,
            "time": self.time.isoformat() if self.time else None,
            **self.attributes,
        }


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


def send(event: Event, *, now: datetime | None = None) -> Sent:
    """Record an event, or find it where it was sent before; see `send_many`."""
    return send_many([event], now=now)[0]


def send_many(events: Sequence[Event], *, now: datetime | None = None) -> list[Sent]:
    """Record events, all or none, or find those that were sent before; in the caller's transaction, if any.

    Safe to repeat. Their time in the log is when they came, by our clock.

    Args:
        now: the database's time when the statement runs, unless given.

    Raises:
        EventConflict: a source has used an id for another event.
        EventTooLarge: data of one is over `MAX_BYTES`.
    """
    for place, event in enumerate(events):
        _check_size(event, place=place if len(events) > 1 else None)
    # One statement needs no transaction around it; only of several events may some be new and one a conflict.
    with transaction.atomic() if len(events) > 1 else nullcontext():
        sent = _sent(events, now=now)
        _tell(events, any_is_new=any(one.created for one in sent))
    return sent


def _sent(events: Sequence[Event], *, now: datetime | None) -> list[Sent]:
    kept = [event.kept for event in events]
    created = _insert(events, kept, now=now)
    sent: list[Sent] = []
    for event, one in zip(events, kept, strict=True):
        # Of two that are the same in one call the first one is new.
        id_ = created.pop(_name(event), None)
        sent.append(Sent(id_, created=True) if id_ else Sent(_find(event, one), created=False))
    return sent


def _check_size(event: Event, *, place: int | None) -> None:
    for part in (event.data, event.attributes):
        if len(json.dumps(part, ensure_ascii=False).encode()) > MAX_BYTES:
            raise EventTooLarge(MAX_BYTES, place=place)


def _name(event: Event) -> tuple[UUID, str, str]:
    return event.organization_id, event.source, event.external_id


def _tell(events: Sequence[Event], *, any_is_new: bool) -> None:
    if any_is_new:
        for organization_id in {event.organization_id for event in events}:
            announce_on_commit(HINT, str(organization_id))
    for organization_id, type_ in dict.fromkeys((event.organization_id, event.type) for event in events):
        for listener in _listeners:
            transaction.on_commit(partial(listener, organization_id, type_), robust=True)


_INSERT = f"""
WITH told AS (
    INSERT INTO events_event (organization_id, type, source, external_id, subject, at, data, execution_id)
    SELECT new.organization_id, new.type, new.source, new.external_id, new.subject,
        coalesce(new.at, horarium_now()), new.data, new.execution_id
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::jsonb[], %s::uuid[])
        AS new (organization_id, type, source, external_id, subject, at, data, execution_id)
    ON CONFLICT (organization_id, source, external_id) WHERE source <> '' DO NOTHING
    RETURNING id, organization_id, type, source, external_id, at
), told_with_patterns AS (
    SELECT told.*, p.patterns FROM told
    JOIN (SELECT DISTINCT type, patterns::text[] FROM unnest(%s::text[], %s::text[]) AS q (type, patterns)) AS p
        ON p.type = told.type
), wanted AS ({dispatching.WANTED_OF_SENT})
SELECT id, organization_id, source, external_id, EXISTS (SELECT FROM wanted) FROM told
"""  # noqa: S608 - constant text


def _insert(
    events: Sequence[Event], kept: Sequence[dict[str, Any]], *, now: datetime | None
) -> dict[tuple[UUID, str, str], int]:
    """Insert what is new and return its ids."""
    columns = [
        (event.organization_id for event in events),
        (event.type for event in events),
        (event.source for event in events),
        (event.external_id for event in events),
        (event.subject for event in events),
        (now for _ in events),
        (Jsonb(one) for one in kept),
        (event.execution_id for event in events),
    ]
    types = {event.type for event in events}
    patterns = [types, (array(patterns_of(type_)) for type_ in types)]
    with executed(_INSERT, [array(column) for column in [*columns, *patterns]]) as cursor:
        rows = cursor.fetchall()
    if any(is_wanted for *_, is_wanted in rows):
        dispatching.wake_on_commit()
    return {
        (organization_id, source, external_id): id_ for id_, organization_id, source, external_id, _ in rows
    }


# Index: event_sent_once. The two attributes that the modes of CloudEvents write differently are compared apart.
_FIND = """
SELECT id, type = %s AND subject = %s AND data - '{datacontenttype,extensions}'::text[] = %s,
    data->>'datacontenttype', data->>'extensions'
FROM events_event WHERE organization_id = %s AND source = %s AND external_id = %s AND source <> ''
"""


def _find(event: Event, kept: dict[str, Any]) -> int:
    """Return the id of the event that came before under the same name."""
    rest = {name: value for name, value in kept.items() if name not in {"datacontenttype", "extensions"}}
    values = [event.type, event.subject, Jsonb(rest), event.organization_id, event.source, event.external_id]
    with executed(_FIND, values) as cursor:
        row = cursor.fetchone()
    if (
        row is None
        or not row[1]
        or _neutral(row[2], json.loads(row[3] or "{}"))
        != _neutral(kept.get("datacontenttype"), kept.get("extensions", {}))
    ):
        raise EventConflict(event.source, event.external_id)
    return int(row[0])


def _neutral(content_type: str | None, extensions: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return two attributes as every mode may write them: JSON is implied, and a header is text."""
    media_type = "".join((content_type or "application/json").lower().split())
    texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in extensions.items()}
    return media_type.removesuffix(";charset=utf-8"), texts
