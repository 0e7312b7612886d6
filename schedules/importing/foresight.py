"""What a dry run tells of an entry: the times to come, and those that would differ."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile

from schedules.importing import entry
from schedules.importing.differences import Comparison, compared
from schedules.importing.takeover import Outcome
from schedules.models import Schedule
from schedules.recurrence import rule_from_dict, union, zone_named


def comparison_of(outcome: Outcome, *, now: datetime, ahead: timedelta) -> Comparison | None:
    """Compare the fires of the old scheduler with those of the schedule in (now, now + ahead]."""
    schedule = outcome.schedule
    if schedule is None:
        return None
    until = now + ahead
    return compared(
        outcome.entry.old(now, until),
        new_times(schedule, after=now, until=until),
        until=until,
        zone=zone_named(schedule.timezone),
    )


def new_times(schedule: Schedule, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Return the fires of a schedule in (after, until], whether or not it is saved or paused."""
    bounded = entry.bounded(
        lambda after, until: _fires(schedule, after=after, until=until),
        start=schedule.start_at,
        end=schedule.end_at,
    )
    once = schedule.max_executions == 1
    return (entry.once(bounded, now=after) if once else bounded)(after, until)


def _fires(schedule: Schedule, *, after: datetime, until: datetime) -> Iterator[datetime]:
    rules = [
        rule_from_dict(
            data, hash_key=str(schedule.pk), zone=schedule.timezone, created_at=schedule.created_at
        )
        for data in schedule.rules
    ]
    times = union(
        rules, zone=schedule.timezone, after=after, gap=schedule.dst_gap, overlap=schedule.dst_overlap
    )
    return takewhile(lambda at: at <= until, times)
