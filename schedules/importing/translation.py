"""Celery's kinds of schedule, each as rules of ours and as the times at which beat fires it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from celery.schedules import BaseSchedule, crontab, solar
from celery.schedules import schedule as interval
from django_celery_beat.clockedschedule import clocked

from schedules.importing import celery_times, sun
from schedules.importing.celery_times import Crontab
from schedules.importing.crontab_text import expression_of
from schedules.importing.entry import OldTimes
from schedules.importing.errors import Refused
from schedules.recurrence import Gap, InvalidZone, zone_named

SHORTEST = timedelta(seconds=1)
UNITS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))


@dataclass(frozen=True)
class Phase:
    """From when an interval counts.

    Attributes:
        zone: of the application; a relative interval is rounded in it.
        last: the last run; None where the source does not tell.
        start: nothing runs before; None where nothing says so.
    """

    now: datetime
    zone: ZoneInfo
    last: datetime | None = None
    start: datetime | None = None


@dataclass(frozen=True)
class Translation:
    """What a Celery schedule becomes.

    Attributes:
        settings: those of `schedules.services.create` that say when.
    """

    settings: dict[str, Any]
    old: OldTimes
    notes: tuple[str, ...] = ()


def translated(schedule: object, *, phase: Phase) -> Translation:
    """Return what `schedule` becomes.

    Raises:
        Refused: it has no counterpart.
    """
    for kind, translate in KINDS:
        if isinstance(schedule, kind):
            return translate(schedule, phase)
    name = type(schedule).__name__
    raise Refused(f"schedules of the class {name} are not known here; write a crontab or an interval instead")


def zone_of(zone: tzinfo) -> ZoneInfo:
    """Return a zone of Celery's as one of the IANA database.

    Raises:
        Refused: it has no name there.
    """
    if zone is UTC:
        return zone_named("UTC")
    try:
        return zone_named(str(getattr(zone, "key", None) or zone))
    except InvalidZone as error:
        raise Refused(f"the zone {zone} is not a name such as Europe/Berlin; set timezone to one") from error


def _crontab(schedule: Crontab, _phase: Phase) -> Translation:
    zone = zone_of(schedule.tz)
    expression = expression_of(schedule)
    settings: dict[str, Any] = {"rules": [expression.rule()], "timezone": zone.key}
    notes = []
    if expression.both_days:
        notes.append("day_match is 'and': Celery fires where both day fields match, cron where either does")
    if not expression.elapsed:
        # Celery reads 02:30 on a day without it by the offset before the gap, which is an hour later.
        settings["dst_gap"] = Gap.SHIFT.value
    return Translation(settings, celery_times.crontab_times(schedule, zone=zone), tuple(notes))


def _interval(schedule: Any, phase: Phase) -> Translation:
    every = schedule.run_every
    if every < SHORTEST:
        raise Refused(f"runs every {every.total_seconds()} s; write an interval of 1 second or more")
    if schedule.relative:
        return _relative(every, phase)
    first, note = _first(every, phase)
    settings = {"rules": [_every(every, anchor=first)], "timezone": phase.zone.key}
    return Translation(settings, celery_times.interval_times(every, first=first), (note,))


def _first(every: timedelta, phase: Phase) -> tuple[datetime, str]:
    """Return a run of the old scheduler from which the interval counts, and how that was found."""
    if phase.start is not None and phase.start > phase.now:
        due = phase.start if phase.last is None else max(phase.start, phase.last + every)
        return _whole(due), "counts from the start time, in real time"
    if phase.last is None:
        return _whole(phase.now) + every, "counts from the import: where it stood is not known"
    if phase.last + every < phase.now:
        late = "was due and did not run, so its beat seems to be off; goes on counting from the last run"
        return _whole(phase.last) + every, late
    return _whole(phase.last) + every, "counts from the last run, in real time; it no longer drifts"


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _every(every: timedelta, *, anchor: datetime, **more: str) -> dict[str, Any]:
    seconds = every.total_seconds()
    written = int(seconds) if seconds.is_integer() else seconds
    return {"kind": "interval", "every_seconds": written, "anchor": anchor.isoformat(), **more}


def _relative(every: timedelta, phase: Phase) -> Translation:
    unit = next((unit for unit in UNITS if every >= unit), every)
    if every % unit:
        raise Refused(
            f"is relative, so Celery rounds its {every} down to a whole unit; write a crontab or whole units"
        )
    old = celery_times.relative_times(every, zone=phase.zone)
    anchor = next(old(phase.now, phase.now + 2 * every))
    basis = {"basis": "wall_clock"} if unit == UNITS[0] else {}
    rule = _every(every, anchor=anchor, **basis)
    note = "is relative: fires on the whole day, hour or minute, as Celery does"
    return Translation({"rules": [rule], "timezone": phase.zone.key}, old, (note,))


def _clocked(schedule: clocked, phase: Phase) -> Translation:
    at = schedule.clocked_time.astimezone(UTC)
    if at <= phase.now:
        raise Refused(f"its time, {at.isoformat()}, has passed; delete it, or give it a time to come")
    rule = {"kind": "one_time", "at": at.isoformat()}
    return Translation({"rules": [rule], "timezone": phase.zone.key}, celery_times.single_time(at))


def _solar(schedule: solar, phase: Phase) -> Translation:
    return translated_sun(schedule.event, latitude=schedule.lat, longitude=schedule.lon, phase=phase)


def translated_sun(event: str, *, latitude: float, longitude: float, phase: Phase) -> Translation:
    """Return a solar event as a list of dates.

    Raises:
        Refused: nothing here can compute it.
    """
    found = sun.events(event, latitude=latitude, longitude=longitude, now=phase.now)
    rule = {"kind": "dates", "dates": [at.isoformat() for at in found.times]}
    note = f"{event} became {len(found.times)} dates, computed with {found.library}; they end on "
    return Translation(
        {"rules": [rule], "timezone": phase.zone.key},
        lambda after, until: (at for at in found.times if after < at <= until),
        (f"{note}{found.until:%Y-%m-%d}, so import it again before",),
    )


KINDS: tuple[tuple[type[BaseSchedule], Callable[[Any, Phase], Translation]], ...] = (
    (crontab, _crontab),
    (solar, _solar),
    (clocked, _clocked),
    (interval, _interval),
)
