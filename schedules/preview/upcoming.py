"""The coming times of a schedule, each with its local time and what is special about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules import timetable
from schedules.evaluation import starts_left
from schedules.misfire import Fire
from schedules.models import Schedule
from schedules.preview import daylight
from schedules.reasons import Reason
from schedules.recurrence import zone_named

MOST_LEFT_OUT = 1_000  # times that are not to start, between those that are


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A coming time.

    Attributes:
        local: ISO 8601, on the clock of the schedule's zone.
        offset: of that clock, such as `+02:00`.
        is_dst: daylight saving is on.
        fires: it is to start; otherwise the notes say why not.
    """

    fire_at: datetime
    due_at: datetime
    local: str
    offset: str
    is_dst: bool
    fires: bool
    notes: tuple[str, ...]


def upcoming(schedule: Schedule, *, after: datetime, count: int) -> list[Upcoming]:
    """Return the next `count` times at which the schedule fires after `after`, as it stands, whatever its state.

    Times between them that calendars or a request leave out are there too. The list
    is shorter where the schedule has no more times or starts, or a thousand are left out.

    Raises:
        InvalidRule, InvalidCalendar: what is stored can no longer be read.
    """
    zone = zone_named(schedule.timezone)
    walls = daylight.wall_clock(timetable.rules_of(schedule), zone)
    left = starts_left(schedule)
    most = count if left is None else min(count, left)
    chosen = _chosen(timetable.fires(schedule, after=after), count=most)
    return [
        _annotated(fire, zone=zone, clock_note=daylight.note(fire.fire_at, zone=zone, walls=walls))
        for fire in chosen
    ]


def _chosen(fires: Iterator[Fire], *, count: int) -> Iterator[Fire]:
    starts = left_out = 0
    while starts < count and left_out < MOST_LEFT_OUT and (fire := next(fires, None)) is not None:
        yield fire
        starts, left_out = (starts, left_out + 1) if fire.barred else (starts + 1, left_out)


def _annotated(fire: Fire, *, zone: ZoneInfo, clock_note: str) -> Upcoming:
    local = fire.fire_at.astimezone(zone)
    notes = [clock_note, _left_out(fire), _spread(fire, zone)]
    text = local.isoformat()
    return Upcoming(
        fire_at=fire.fire_at,
        due_at=fire.due_at,
        local=text,
        offset=text[-6:],
        is_dst=bool(local.dst()),
        fires=fire.barred is None,
        notes=tuple(note for note in notes if note),
    )


def _left_out(fire: Fire) -> str:
    if fire.barred is None:
        return ""
    return (
        f"does not fire: {fire.detail}" if fire.barred is not Reason.CALENDAR else f"excluded: {fire.detail}"
    )


def _spread(fire: Fire, zone: ZoneInfo) -> str:
    if fire.barred or fire.due_at - fire.fire_at < timedelta(milliseconds=1):
        return ""
    return f"due at {fire.due_at.astimezone(zone):%H:%M:%S} by its spread"
