"""A second, slow opinion on what becomes of excluded times, which shares no code with the product."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.calendars import Calendar
from tests.schedules.recurrence.oracle import instants_of, transitions

DAY = timedelta(days=1)


def reason(at: datetime, calendars: Sequence[Calendar], zone: ZoneInfo) -> str:
    wall = at.astimezone(zone).replace(tzinfo=None)
    return next(filter(None, (calendar.excludes(wall, at) for calendar in calendars)), "")


def placed(wall: datetime, zone: ZoneInfo, *, gap: str, overlap: str) -> datetime | None:
    """Return the instant of a wall-clock time on its own local day, or None."""
    shown = instants_of(wall, zone)
    if shown:
        return shown[-1] if overlap == "second" else shown[0]
    near = (at for at in transitions(zone) if abs(at - wall.replace(tzinfo=UTC)) < 2 * DAY)
    jump = next(at for at in near if at.astimezone(zone).replace(tzinfo=None) > wall)
    before = (jump - timedelta(seconds=1)).astimezone(zone).utcoffset() or timedelta()
    found = {"skip": None, "at_gap_end": jump, "shift": (wall - before).replace(tzinfo=UTC)}[gap]
    return found if found and found.astimezone(zone).date() == wall.date() else None


def outcome(
    times: Iterable[datetime],
    *,
    calendars: Sequence[Calendar],
    zone: ZoneInfo,
    step: timedelta,
    gap: str,
    overlap: str,
) -> tuple[set[datetime], dict[datetime, datetime | None]]:
    """Return the fires, and the excluded times with the fires that they became; step 0 is `drop`."""
    fires: set[datetime] = set()
    excluded: dict[datetime, datetime | None] = {}
    for at in times:
        if not reason(at, calendars, zone):
            fires.add(at)
            continue
        wall = at.astimezone(zone).replace(tzinfo=None, fold=0)
        days = [placed(wall + n * step, zone, gap=gap, overlap=overlap) for n in range(1, 32)] if step else []
        excluded[at] = next((day for day in days if day and not reason(day, calendars, zone)), None)
    return fires | {target for target in excluded.values() if target}, excluded
