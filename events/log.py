"""Read the log, in its order and in bounded pieces."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, takewhile
from typing import Any, TypeVar
from uuid import UUID

import structlog
from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError
from django.db.models import Case, F, JSONField, Value, When

from events.messages import Entry, entry
from events.models import BEGINNING, Event, Events, Position

log = structlog.get_logger(__name__)

BATCH = 500  # events of one read
RETRY_SECONDS = 1.0  # between attempts while the database is away

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of the log."""

    entries: tuple[Entry, ...]
    is_full: bool  # more may follow at once
    is_blocked: bool  # more will follow, once a transaction in front of it has ended


def read(organization_id: UUID, *, after: Position) -> Page:
    """Return up to `BATCH` settled events after a position, with one statement and so from one snapshot."""
    rows: list[Any] = bare(Event.objects.of(organization_id).after(after).marked().in_order()[:BATCH])
    settled = tuple(takewhile(lambda row: row.is_settled, rows))
    return Page(
        entries=tuple(map(entry, settled)),
        is_full=len(settled) == BATCH,
        is_blocked=len(settled) < len(rows),
    )


def bare(events: Events) -> list[Event]:
    """Return events, those that were sent without their data: hundreds of those could be hundreds of megabytes."""
    facts = Case(When(source="", then=F("data")), default=Value({}, JSONField()))
    rows: list[Any] = list(events.defer("data").annotate(facts=facts))
    for row in rows:
        row.data = row.facts
    return rows


def end(organization_id: UUID) -> Position:
    """Return the position of the last settled event."""
    last = Event.objects.of(organization_id).settled().last()
    return last.position if last else BEGINNING


def find(organization_id: UUID, event_id: int) -> Position | None:
    """Return the position of an event; 0 is the beginning; None for one that is not there (any more)."""
    if event_id == 0:
        return BEGINNING
    found = Event.objects.of(organization_id).filter(pk=event_id).first()
    return found.position if found else None


async def patiently(reading: Callable[[], T]) -> T:
    """Return what `reading` returns in a thread; while the database is away, try again and again."""
    for attempt in count():
        try:
            result: T = await database_sync_to_async(reading, thread_sensitive=False)()
        except (OperationalError, InterfaceError) as error:
            if attempt == 0:
                log.warning("event log cannot be read", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return result
    raise AssertionError  # count() never ends
