"""Which settings of a schedule held when, by its versions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from django.db.models import Q, Subquery

from schedules import timetable
from schedules.misfire import Fire
from schedules.models import DECIDE_TIMES, Schedule
from schedules.timetable import Calendars

MOST_VERSIONS = 1_000  # read at once; the times of later ones are asked for again


@dataclass(frozen=True, slots=True)
class Period:
    """A span with one set of the settings that decide times; `end` is None while they hold.

    They name the times that are due in it, and with spread may have named one that
    was due shortly before.

    Attributes:
        version: the first with these settings.
        settings: a schedule with them; the schedule itself where they still hold.
    """

    version: int
    settings: Schedule
    start: datetime
    end: datetime | None

    @property
    def is_current(self) -> bool:
        return self.end is None

    def names(self, fire: Fire) -> bool:
        """Return whether the fire came while these settings held, or may have."""
        earliest = self.start - self.settings.spread_window
        return fire.fire_at > earliest and (self.end is None or fire.due_at <= self.end)


def periods(schedule: Schedule, *, since: datetime) -> list[Period]:
    """Return the periods from the one that holds `since` until now, in order, with one query.

    Empty where the history begins later and has nothing yet.
    """
    rows = list(_versions(schedule, since=since))
    groups = [list(group) for _, group in groupby(rows, key=lambda row: [row[name] for name in DECIDE_TIMES])]
    starts = [group[0]["history_date"] for group in groups]
    is_whole = bool(rows) and rows[-1]["version"] == schedule.version
    found = [
        Period(group[0]["version"], _then(schedule, group[0]), start, end)
        for group, (start, end) in zip(groups, pairwise([*starts, None]), strict=True)
    ]
    if not found:
        return []
    newest = found.pop()
    if is_whole:
        return [*found, Period(newest.version, schedule, newest.start, None)]
    return [*found, Period(newest.version, newest.settings, newest.start, rows[-1]["history_date"])]


def _versions(schedule: Schedule, *, since: datetime) -> Iterable[dict[str, Any]]:
    history = schedule.history.order_by("history_date", "history_id")
    holding = history.filter(history_date__lte=since).order_by("-history_date", "-history_id")[:1]
    wanted = Q(history_date__gt=since) | Q(pk__in=Subquery(holding.values("pk")))
    rows: Iterable[dict[str, Any]] = history.filter(wanted).values("version", "history_date", *DECIDE_TIMES)[
        :MOST_VERSIONS
    ]
    return rows


def _then(schedule: Schedule, row: dict[str, Any]) -> Schedule:
    """Return the schedule with its settings of then. The ends of runs that it followed are not known any more."""
    settings = {name: row[name] for name in DECIDE_TIMES}
    return Schedule(id=schedule.pk, created_at=schedule.created_at, **settings)


@dataclass(frozen=True, slots=True)
class Named:
    """A time that the settings of a period name."""

    fire: Fire
    period: Period


def named(
    held: Iterable[Period], *, from_at: datetime, to_at: datetime, calendars: Calendars
) -> Iterator[Named]:
    """Yield the times in [from_at, to_at] that the settings of their time name, strictly increasing.

    A period whose rules can no longer be read names none.
    """
    last = from_at - timedelta.resolution
    for period in held:
        for fire in _fires(period, after=last, calendars=calendars):
            if fire.fire_at > to_at or (period.end is not None and fire.fire_at > period.end):
                break
            if period.names(fire):
                last = fire.fire_at
                yield Named(fire, period)


def _fires(period: Period, *, after: datetime, calendars: Calendars) -> Iterator[Fire]:
    # With spread a time from before the period may be due in it.
    earliest = period.start - period.settings.spread_window - timedelta.resolution
    try:
        yield from timetable.fires(period.settings, after=max(after, earliest), calendars=calendars)
    except (ValueError, TypeError):  # what is stored can no longer be read; `unreadable` tells it
        return


def unreadable(period: Period) -> str:
    """Return why the rules of a period can no longer be read, or "" if they can."""
    try:
        next(timetable.fires(period.settings, after=period.start), None)
    except (ValueError, TypeError) as error:
        return str(error)
    return ""
