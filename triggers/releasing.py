"""Start what was gathered when it is complete, or its time is over."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from organizations.statements import executed
from triggers.acting import Wish, act, hold, within_rates
from triggers.errors import TriggerChanged
from triggers.gathering import seconds
from triggers.matching import OWN
from triggers.models import Gathering, SkipReason, TriggerState
from triggers.reactions import Unfit, skip_of, start_of
from triggers.shown import Told, told
from triggers.skips import Skipped
from triggers.wanted import end_of

log = structlog.get_logger(__name__)

RELEASED_AT_ONCE = 50
SLICE_SECONDS = 1.0  # of one pass
LEASE = timedelta(seconds=30)  # after which another process releases what one has claimed

# Index: gathering_due.
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM triggers_gathering WHERE due_at <= %(now)s ORDER BY due_at, id
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE triggers_gathering AS g SET version = g.version + 1, due_at = %(now)s::timestamptz + %(lease)s::interval
FROM due WHERE g.id = due.id RETURNING g.id, g.version
"""


def release_due(*, now: datetime) -> int:
    """Start what is complete, or whose time has come, for about a second; return how many gatherings are settled.

    Safe to run in many processes at once: a gathering is claimed, and deleted with what follows from it.
    """
    until = time.monotonic() + SLICE_SECONDS
    settled = 0
    while claimed := _claim(now=now):
        settled += sum(_settle(gathering, now=now) for gathering in claimed)
        if len(claimed) < RELEASED_AT_ONCE or time.monotonic() > until:
            break
    return settled


def _claim(*, now: datetime) -> list[Gathering]:
    values = {"now": now, "most": RELEASED_AT_ONCE, "lease": seconds(LEASE)}
    with executed(_CLAIM, values) as cursor:
        claimed = dict(cursor.fetchall())
    return _read(claimed)


def _read(versions: Mapping[UUID, int]) -> list[Gathering]:
    """Return gatherings to which nothing was added since they had these versions."""
    if not versions:
        return []
    rows = Gathering.objects.filter(pk__in=versions).order_by("first_at", "id")
    return [row for row in rows.select_related("trigger__workflow") if row.version == versions[row.pk]]


def _settle(gathering: Gathering, *, now: datetime) -> bool:
    """Release a gathering; one with which that cannot be done comes again, and holds up no other."""
    try:
        return _release(gathering, now=now)
    except TriggerChanged:
        return any(_settle(again, now=now) for again in _read({gathering.pk: gathering.version}))
    except (OperationalError, InterfaceError):  # the database is away, or busy
        log.warning("gathering put off", gathering_id=str(gathering.pk), exc_info=True)
        connection.close_if_unusable_or_obsolete()
    except Exception:
        log.exception("a gathering cannot be released", gathering_id=str(gathering.pk))
    return False


def _release(gathering: Gathering, *, now: datetime) -> bool:
    """Start what was gathered; False where something was added to it meanwhile, or somebody else has it."""
    trigger = gathering.trigger
    events = told([event_id for event_id in gathering.event_ids if event_id])
    ids = gathering.event_ids if trigger.is_join else sorted(gathering.event_ids)
    in_order = [events[event_id] for event_id in ids if event_id in events]
    whole = _whole(gathering, in_order)
    try:
        allowed, skipped = _wishes(gathering, whole, now=now)
    except Unfit as error:
        allowed, skipped = [], [skip_of(trigger, whole, error.reason, detail=error.detail)]
    with transaction.atomic():
        hold([trigger])
        if not _take(gathering):
            return False
        each = 1 if trigger.debounce else gathering.count
        left_out = [*(replace(one, count=each) for one in skipped), *_replaced(gathering, whole)]
        act(allowed, left_out, matched={}, now=now, each=each)
    return True


def _wishes(gathering: Gathering, whole: Told, *, now: datetime) -> tuple[list[Wish], list[Skipped]]:
    """Return the one start that a gathering leads to, or the record of why its rate limit does not allow it."""
    if gathering.trigger.state != TriggerState.ACTIVE:
        raise Unfit(SkipReason.PAUSED, "")
    if missing := [at for at, event_id in enumerate(gathering.event_ids) if not event_id]:
        after = gathering.trigger.after
        names = ", ".join(end_of(after[at]).value for at in missing if at < len(after))
        raise Unfit(SkipReason.INCOMPLETE, f"did not end in time: {names}")
    wish = (gathering.trigger, whole, start_of(gathering.trigger, whole, name=_name(gathering)))
    return within_rates([wish], now=now)


def _take(gathering: Gathering) -> bool:
    """Delete a gathering as it was read; False where something was added to it, or somebody else has it."""
    as_read = Gathering.objects.filter(pk=gathering.pk, version=gathering.version)
    return bool(as_read.delete()[0])


def _name(gathering: Gathering) -> str:
    """Return what tells the start from others: a join starts once for each key, however often its parts end."""
    return gathering.gathered_by if gathering.trigger.is_join else str(gathering.pk)


def _replaced(gathering: Gathering, whole: Told) -> list[Skipped]:
    """Return the record of the events of a burst whose place the last one has taken."""
    if not gathering.trigger.debounce or gathering.count < 2:
        return []
    return [skip_of(gathering.trigger, whole, SkipReason.DEBOUNCED, count=gathering.count - 1)]


def _whole(gathering: Gathering, events: Sequence[Told]) -> Told:
    """Return what was gathered as one event: the last of a burst; of a batch and a join one that holds them all."""
    trigger = gathering.trigger
    last = max((one.id for one in events), default=0)
    if trigger.debounce is not None and events:
        return events[-1]
    shown = {
        "id": str(gathering.pk),
        "type": trigger.pattern or "workflow.ended",
        "source": OWN if trigger.after else trigger.source or "gathered",
        "subject": None,
        "time": gathering.first_at.isoformat(),
        "data": _joined(gathering, events) if trigger.is_join else _batch(events),
    }
    return Told(last, gathering.organization_id, shown, max((one.depth for one in events), default=0))


def _batch(events: Sequence[Told]) -> dict[str, Any]:
    return {"events": [one.shown for one in events], "count": len(events)}


def _joined(gathering: Gathering, events: Sequence[Told]) -> dict[str, Any]:
    """Return the ends in the order of `after`, and their outputs by the names of what it waits for."""
    by_id = {one.id: one.shown["data"] for one in events}
    found = [
        (end_of(entry), by_id[event_id])
        for entry, event_id in zip(gathering.trigger.after, gathering.event_ids, strict=False)
        if event_id in by_id
    ]
    fire_times = {data.get("fire_at") for _, data in found}
    return {
        "key": gathering.gathered_by,
        "fire_at": fire_times.pop() if len(fire_times) == 1 else None,
        "ends": [data for _, data in found],
        "outputs": {
            data.get("workflow" if end.workflow_id else "schedule"): data.get("output") for end, data in found
        },
    }
