"""What the page of a schedule shows above its form."""

from datetime import datetime
from typing import Any

from executions.models import Execution
from schedules.admin.rule_fields import summary
from schedules.fire import AUTO
from schedules.models import Backfill, Calendar, Schedule
from schedules.preview import Upcoming, cautions, upcoming
from schedules.preview.cautions import Caution
from schedules.states import ScheduleState

SHOWN = 10  # fires ahead, executions, skipped fires and backfills
MOST_AHEAD = 12  # times ahead with those that are left out between them
STOPPED = frozenset({ScheduleState.PAUSED, ScheduleState.DISABLED})


def context_of(schedule: Schedule, *, now: datetime) -> dict[str, Any]:
    """Return what a schedule has fired, has not, and will fire: each bounded."""
    return {
        "schedule": schedule,
        "rule": summary(schedule),
        "is_stopped": schedule.state in STOPPED,
        "ahead": ahead(schedule, now=now),
        "left_out": set(schedule.skip_times),
        "cautions": warnings(schedule, now=now),
        "fired": fired(schedule),
        "skipped": schedule.skipped_fires.all()[:SHOWN],
        "backfills": Backfill.objects.filter(schedule=schedule).order_by("-created_at")[:SHOWN],
    }


def ahead(schedule: Schedule, *, now: datetime) -> list[Upcoming]:
    """Return the times ahead, as if the schedule were active; none of one that never fires again."""
    if schedule.state in {ScheduleState.ARCHIVED, ScheduleState.COMPLETED}:
        return []
    try:
        return upcoming(schedule, after=now, count=SHOWN)[:MOST_AHEAD]
    except ValueError:  # a stored rule that can no longer be read: the schedule's error says so
        return []


def warnings(schedule: Schedule, *, now: datetime) -> list[Caution]:
    """Return what may surprise in the settings of a schedule that can fire."""
    if schedule.state in {ScheduleState.ARCHIVED, ScheduleState.COMPLETED}:
        return []
    try:
        return cautions(schedule, now=now)
    except ValueError:
        return []


def fired(schedule: Schedule) -> list[Execution]:
    """Return the newest executions, by the index of the unique fire: those of the rules, and those by hand."""
    of_it = Execution.objects.filter(schedule_id=schedule.pk).defer("input").order_by("-fire_at")
    by_rule = of_it.filter(fire_kind=AUTO)[:SHOWN]
    by_hand = of_it.filter(fire_kind__startswith="manual:")[:SHOWN]
    return sorted([*by_rule, *by_hand], key=lambda row: row.created_at, reverse=True)[:SHOWN]


def calendar_names(schedule: Schedule) -> str:
    """Return the names of the schedule's calendars."""
    names = Calendar.objects.filter(pk__in=schedule.calendars).order_by("name").values_list("name", flat=True)
    return ", ".join(names)
