"""What an organization's schedules will start in the next days."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from organizations.models import Organization
from schedules.load.durations import Basis, Duration, durations
from schedules.load.planning import DAY, Load, Planned, plan_load
from schedules.load.timings import Coverage, Timing, timings
from schedules.models import Schedule
from schedules.states import ScheduleState
from schedules.timetable import Calendars, calendars_of

DAYS = 7
MOST_DAYS = 31

Measure = Literal["mean", "p95"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the active schedules start executions in `minutes` minutes from `start` on, and how long these take."""

    start: datetime
    minutes: int
    timings: tuple[Timing, ...]
    durations: Mapping[UUID, Duration]
    calendars: Calendars = field(default_factory=dict)

    def schedules(self, coverage: Coverage) -> int:
        """Return how many schedules are covered that far."""
        return sum(len(timing.schedules) for timing in self.timings if timing.coverage is coverage)

    def assumed(self) -> int:
        """Return for how many schedules nothing was measured."""
        return sum(duration.basis is Basis.ASSUMED for duration in self.durations.values())


def forecast(organization: Organization, *, now: datetime, days: int = DAYS) -> Forecast:
    """Return what the organization's active schedules start within `days` days, from the next full minute on.

    Every due time counts, whatever overlap policy, limit or outage may stop it.
    """
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    active = Schedule.objects.filter(organization=organization, state=ScheduleState.ACTIVE)
    schedules = list(active.defer("description", "input").order_by("name", "id"))
    calendars = calendars_of(schedules)
    found = tuple(timings(schedules, start=start, minutes=days * DAY, calendars=calendars))
    return Forecast(start, days * DAY, found, durations(schedules), calendars)


def load_of(whole: Forecast, *, measure: Measure = "mean") -> Load:
    """Return the load per minute, each execution taking the mean or the 95th percentile of its duration."""
    items = (
        Planned(timing.times, Counter(whole.durations[one.pk].whole(measure) for one in timing.schedules))
        for timing in whole.timings
    )
    return plan_load(items, start=whole.start, minutes=whole.minutes)
