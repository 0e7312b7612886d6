"""What is allowed in a schedule but may surprise its author."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypedDict

from schedules import recurrence, timetable
from schedules.load.duplicates import duplicates_of
from schedules.models import Schedule
from schedules.states import ScheduleState

CROWD = 50  # schedules of the organization, due in one minute, that are worth a word
MOST_LOOKED_AT = 10_000  # schedules of all organizations in that minute
MINUTE = timedelta(minutes=1)


class Caution(TypedDict):
    """Something to check, not an error: `{"path": "rules[0].expression", "code": "in_gap", "message": "…"}`."""

    path: str
    code: str
    message: str


def cautions(schedule: Schedule, *, now: datetime) -> list[Caution]:
    """Return what may surprise in a schedule, saved or about to be.

    Raises:
        InvalidRule, InvalidCalendar: what is stored can no longer be read.
    """
    return [*_of_rules(schedule, now=now), *_of_duplicates(schedule, now=now), *_of_crowds(schedule, now=now)]


def cautions_of(schedule: Schedule, *, now: datetime) -> list[Caution]:
    """Return what may surprise in a saved schedule; nothing of one that is over or can no longer be read."""
    if schedule.state in {ScheduleState.ARCHIVED, ScheduleState.COMPLETED}:
        return []
    try:
        return cautions(schedule, now=now)
    except (ValueError, TypeError):  # its state says so
        return []


def _of_rules(schedule: Schedule, *, now: datetime) -> Iterator[Caution]:
    found = recurrence.cautions(
        timetable.rules_of(schedule),
        zone=schedule.timezone,
        after=now,
        gap=schedule.dst_gap,
        overlap=schedule.dst_overlap,
    )
    for one in found:
        yield Caution(path=one.path, code=one.code, message=one.message)


def _of_duplicates(schedule: Schedule, *, now: datetime) -> Iterator[Caution]:
    others = [other.name for other in duplicates_of(schedule, now=now)]
    if others:
        message = f"{', '.join(others[:5])} starts the same workflow with the same input at the same times"
        yield Caution(path="rules", code="duplicate", message=message)


def _of_crowds(schedule: Schedule, *, now: datetime) -> Iterator[Caution]:
    first = next(timetable.times(schedule, after=now), None)
    if first is None:
        return
    minute = first.replace(second=0, microsecond=0)
    # Index: schedule_due (next_due_at) where active.
    due = Schedule.objects.filter(
        state=ScheduleState.ACTIVE, next_due_at__gte=minute, next_due_at__lt=minute + MINUTE
    )
    looked_at = due.exclude(pk=schedule.pk).order_by().values_list("organization_id", flat=True)
    count = list(looked_at[:MOST_LOOKED_AT]).count(schedule.organization_id)
    if count >= CROWD:
        message = (
            f"{count} other schedules are due in the minute of the next fire, {minute.isoformat()};"
            " take another minute, H in its place, or a spread"
        )
        yield Caution(path="rules", code="crowded_minute", message=message)
