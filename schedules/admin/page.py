"""What the page of a schedule shows above its form."""

from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from executions.models import Execution
from organizations.display import ago, moment
from schedules import services
from schedules.fire import AUTO
from schedules.models import Schedule

SHOWN = 10  # next fires, executions and skipped fires


def context_of(schedule: Schedule, *, now: datetime) -> dict[str, Any]:
    """Return what a schedule has fired, has not, and will fire: each at most `SHOWN`."""
    return {
        "schedule": schedule,
        "next_fires": next_fires(schedule, now=now),
        "fired": fired(schedule),
        "skipped": schedule.skipped_fires.all()[:SHOWN],
    }


def next_fires(schedule: Schedule, *, now: datetime) -> list[tuple[str, SafeString | str]]:
    """Return the next times in the schedule's zone with their offset, and how far they lie ahead."""
    try:
        times = services.next_fires(schedule, after=now, count=SHOWN)
    except ValueError:  # a stored rule that can no longer be read: the schedule's error says so
        return []
    return [(moment(time, zone=schedule.timezone), ago(time)) for time in times]


def fired(schedule: Schedule) -> list[Execution]:
    """Return the newest executions, by the index of the unique fire: those of the rules, and those by hand."""
    of_it = Execution.objects.filter(schedule_id=schedule.pk).defer("input").order_by("-fire_at")
    by_rule = of_it.filter(fire_kind=AUTO)[:SHOWN]
    by_hand = of_it.filter(fire_kind__startswith="manual:")[:SHOWN]
    return sorted([*by_rule, *by_hand], key=lambda row: row.created_at, reverse=True)[:SHOWN]
