"""Small repairs of schedules that are safe to run twice, late, or at the same time."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

import clock
from schedules import skips, zone_data
from schedules.fire import set_aside
from schedules.models import Schedule
from schedules.reasons import Reason
from schedules.services.search import lock_many, save_standing, search
from schedules.states import ScheduleState

BATCH = 500
FIRST = UUID(int=0)


def recompute_zones() -> int:
    """Search the next times again that were found with other time zone data, and return how many were.

    Only what lies ahead changes. A schedule that owes a time now is left to
    beat, which writes the edition that it computed with.
    """
    found, last = 0, FIRST
    while batch := _outdated(last):
        found += _recompute(batch)
        last = batch[-1]
    return found


def _outdated(after: UUID) -> list[UUID]:
    active = Schedule.objects.filter(state=ScheduleState.ACTIVE, pk__gt=after)
    other = active.exclude(zone_data=zone_data.edition()).order_by("pk")
    return list(other.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _recompute(ids: list[UUID]) -> int:
    now = clock.now()
    found = 0
    for schedule in lock_many(ids):
        if (
            schedule.state != ScheduleState.ACTIVE
            or schedule.next_due_at is None
            or schedule.next_due_at <= now
        ):
            continue
        try:
            with transaction.atomic():
                _search_again(schedule, now=now)
        except (ValueError, TypeError) as error:
            set_aside(schedule.pk, error=error)
        found += 1
    return found


def _search_again(schedule: Schedule, *, now: datetime) -> None:
    schedule.cursor_at = skips.record_owed(schedule, reason=Reason.EDITED, detail="new zone data", now=now)
    schedule.effective_from = now
    search(schedule)
    save_standing(schedule)
