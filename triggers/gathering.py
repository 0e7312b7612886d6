"""Gather events that are to start one execution together; `releasing` starts it when its time has come."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from organizations.statements import executed
from triggers.models import Gathering, Trigger
from triggers.reactions import Gathered

MAX_SIZE = 500_000  # characters of a batch's events: an input has at most 1 MB

# A new event of a burst takes the last one's place and puts the start off; one of a batch is added, one of a
# join stands at its place.
_GATHER = """
INSERT INTO triggers_gathering AS g
    (id, organization_id, trigger_id, key, event_ids, count, size, first_at, due_at, is_complete, version)
VALUES (%(id)s, %(organization_id)s, %(trigger_id)s, %(key)s, %(event_ids)s::bigint[], 1, %(size)s, %(now)s,
    %(now)s::timestamptz + %(window)s::interval, false, 1)
ON CONFLICT (trigger_id, key) DO UPDATE SET
    version = g.version + 1, count = g.count + 1,
    event_ids = {event_ids}, size = {size}, due_at = {due_at}
RETURNING id, event_ids, size, count
"""
_DEBOUNCE = _GATHER.format(
    # Two workers may add them in the other order.
    event_ids="CASE WHEN excluded.event_ids[1] > g.event_ids[1] THEN excluded.event_ids ELSE g.event_ids END",
    size="excluded.size",
    due_at="least(excluded.due_at, g.first_at + %(longest)s::interval)",
)
# Whoever is about to start it has put it off, and starts it no more.
_UNCLAIMED = "least(g.due_at, g.first_at + %(window)s::interval)"
_BATCH = _GATHER.format(
    event_ids="g.event_ids || excluded.event_ids", size="g.size + excluded.size", due_at=_UNCLAIMED
)
_JOIN = _GATHER.format(
    event_ids="g.event_ids[:%(place)s - 1] || %(event_id)s::bigint || g.event_ids[%(place)s + 1:]",
    size="g.size",
    due_at=_UNCLAIMED,
)
# Under a name of its own, so that what comes next begins anew.
_COMPLETE = """
UPDATE triggers_gathering SET is_complete = true, due_at = first_at, key = left(key, 100) || '#' || id
WHERE id = %s
"""


def gather(gathered: Iterable[Gathered], *, now: datetime) -> bool:
    """Add events to what their triggers gather, in the caller's transaction; return whether anything is complete."""
    any_is_complete = False
    for one in sorted(gathered, key=lambda one: (one.trigger.pk, one.key, one.told.id)):
        row = _add(one, now=now)
        if _is_complete(one.trigger, *row[1:]):
            with executed(_COMPLETE, [row[0]]):
                any_is_complete = True
    return any_is_complete


def _add(one: Gathered, *, now: datetime) -> tuple[Any, ...]:
    trigger = one.trigger
    statement = _JOIN if trigger.is_join else _DEBOUNCE if trigger.debounce is not None else _BATCH
    window = trigger.join_window if trigger.is_join else trigger.debounce or trigger.batch_window
    ends = [one.told.id if at == one.place else 0 for at in range(len(trigger.after))]
    values = {
        "id": uuid7(),
        "organization_id": trigger.organization_id,
        "trigger_id": trigger.pk,
        "key": one.key,
        "event_ids": ends if trigger.is_join else [one.told.id],
        "event_id": one.told.id,
        "place": one.place + 1,
        "size": one.size,
        "now": now,
        "window": seconds(window),
        "longest": seconds(trigger.debounce_max) or "100 years",
    }
    with executed(statement, values) as cursor:
        row = cursor.fetchone()
    return row or ()


def seconds(duration: timedelta | None) -> str:
    """Return a duration as PostgreSQL reads an interval, "" for none."""
    return f"{duration.total_seconds()} seconds" if duration else ""


def _is_complete(trigger: Trigger, event_ids: Sequence[int], size: int, count: int) -> bool:
    if trigger.is_join:
        return 0 not in event_ids
    return trigger.batch_size is not None and (count >= trigger.batch_size or size > MAX_SIZE)


def drop(trigger_id: UUID) -> int:
    """Forget what a trigger has gathered; return how many gatherings."""
    return Gathering.objects.filter(trigger=trigger_id).delete()[0]
