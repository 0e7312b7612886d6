"""Hand out the times of backfills, a few at a time.

Any number of processes may do it at once. Each takes a due backfill that no
other holds; one transaction records the executions and moves the cursor, so
that one which dies anywhere leaves the backfill as it was.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, transaction

from executions.models import Source
from executions.services import Start, Verdict, start_many
from schedules.backfill import places, queries, ranges
from schedules.backfill.errors import RulesChanged, ScheduleArchived
from schedules.backfill.moves import move
from schedules.backfill.reprocess import next_part
from schedules.backfill.services import give_up
from schedules.models import Backfill
from schedules.states import ScheduleState

log = structlog.get_logger(__name__)

# Beat has one thread: a call is kept short, so that live fires stay punctual. What is left is due at once.
BATCH = 20  # backfills looked at in one call
TAKE_SECONDS = 0.02  # no further backfill is begun after it
HANDED = 20  # executions of one backfill in one call
LOOKED_AT = 100  # times of one backfill that one call decides on
AGAIN = timedelta(milliseconds=250)  # after its places were filled
POLL = timedelta(seconds=1)  # while its executions take their time
AUTHOR = "backfill"


def drip_due(*, now: datetime) -> int:
    """Hand out times of due backfills, and return how many executions that made. Safe to repeat.

    A backfill whose schedule or workflow refuses it is cancelled with the
    reason, and the others go on.
    """
    until = time.monotonic() + TAKE_SECONDS
    handed = 0
    for backfill_id in list(Backfill.objects.due(now).values_list("pk", flat=True)[:BATCH]):
        handed += _drip_alone(backfill_id, now=now)
        if time.monotonic() >= until:
            break
    return handed


def _drip_alone(backfill_id: UUID, *, now: datetime) -> int:
    try:
        return _drip(backfill_id, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is away; nothing is wrong with the backfill
    except Exception as error:
        log.exception("backfill cancelled", backfill_id=str(backfill_id))
        _cancel(backfill_id, error=error, now=now)
        return 0


@transaction.atomic
def _drip(backfill_id: UUID, *, now: datetime) -> int:
    backfill = _locked(backfill_id, now=now)
    if backfill is None:
        return 0
    if backfill.schedule.state == ScheduleState.ARCHIVED:
        raise ScheduleArchived
    room = places.room(backfill)
    times = ranges.ahead(backfill, most=LOOKED_AT if room > 0 else 1)
    if not times:
        return _end(backfill, now=now)
    if room <= 0:
        return _wait(backfill, now + POLL)
    return _hand_out(backfill, times, most=room, now=now)


def _locked(backfill_id: UUID, *, now: datetime) -> Backfill | None:
    due = Backfill.objects.due(now).filter(pk=backfill_id).select_related("schedule__workflow")
    return due.select_for_update(skip_locked=True, of=("self",)).first()


def _end(backfill: Backfill, *, now: datetime) -> int:
    """Complete a backfill whose times are all handed out, once its executions have ended."""
    if queries.in_flight(places.group_of(backfill), kind=backfill.fire_kind):
        return _wait(backfill, now + POLL)
    move(backfill, Backfill.State.COMPLETED, now=now, by=AUTHOR)
    return 0


def _wait(backfill: Backfill, until: datetime) -> int:
    backfill.next_at = until
    backfill.save(update_fields=["next_at"])
    return 0


def _hand_out(backfill: Backfill, times: Sequence[datetime], *, most: int, now: datetime) -> int:
    """Start what is wanted of the next times, and record how far that went."""
    runs = queries.newest_runs(backfill.schedule_id, times)
    states = {at: run.state for at, run in runs.items()}
    part = next_part(times, states, reprocess=backfill.reprocess, most=min(most, HANDED))
    if backfill.started + backfill.skipped + len(part.wanted) + part.passed_over > backfill.total:
        raise RulesChanged(backfill.total)
    verdicts = start_many([_cause(backfill, at) for at in part.wanted], now=now)
    started = sum(verdict.id is not None for verdict in verdicts)
    backfill.cursor_at = part.cursor
    backfill.started += started
    backfill.skipped += part.passed_over + len(verdicts) - started
    backfill.next_at = now + _pause(verdicts, started=started, most=most)
    backfill.save(update_fields=["cursor_at", "started", "skipped", "next_at"])
    return started


def _cause(backfill: Backfill, fire_at: datetime) -> Start:
    schedule = backfill.schedule
    return Start(
        workflow=schedule.workflow,
        source=Source.BACKFILL,
        input=schedule.input if backfill.input is None else backfill.input,
        schedule_id=schedule.pk,
        fire_kind=backfill.fire_kind,
        fire_at=fire_at,
        priority=backfill.priority,
        queue=schedule.queue,
        by=backfill.created_by,
        admission=places.place(backfill),
    )


def _pause(verdicts: Sequence[Verdict], *, started: int, most: int) -> timedelta:
    """Return how long a backfill rests: not at all, while it has places and times that were not looked at."""
    if verdicts and not started:
        return POLL
    return AGAIN if len(verdicts) == most else timedelta(0)


@transaction.atomic
def _cancel(backfill_id: UUID, *, error: Exception, now: datetime) -> None:
    backfill = _locked(backfill_id, now=now)
    if backfill is not None:
        give_up(backfill, by=AUTHOR, now=now, reason=f"{type(error).__name__}: {error}")
