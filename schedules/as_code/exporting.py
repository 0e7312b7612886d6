"""The schedules of an organization as a file that would change nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from organizations.models import Organization
from schedules.as_code.document import FORMAT
from schedules.as_code.errors import NothingToExport
from schedules.as_code.world import calendars_of
from schedules.as_code.writing import concise, concise_calendar, is_enabled
from schedules.models import Calendar, Schedule
from workflows import writing


def export(organization: Organization, *, names: Sequence[str] = (), managed_by: str = "") -> str:
    """Return the YAML of schedules and of the calendars that they use, by name, without what is usual anyway.

    Of the whole organization it has every calendar. Archived schedules are left out. Where all schedules have
    one owner, the file names it as its source.

    Args:
        names: of the schedules; all, where it is empty.
        managed_by: only those of this source.

    Raises:
        NothingToExport: there is no schedule of one of the names, or of the source.
    """
    schedules = _chosen(organization, names=names, managed_by=managed_by)
    calendars = Calendar.objects.filter(organization=organization).order_by("name")
    if names or managed_by:
        calendars = calendars.filter(pk__in={one for schedule in schedules for one in schedule.calendars})
    return writing.write(_document(schedules, calendars, organization=organization))


def _chosen(organization: Organization, *, names: Sequence[str], managed_by: str) -> list[Schedule]:
    rows = Schedule.objects.visible().filter(organization=organization).select_related("workflow")
    if managed_by:
        rows = rows.filter(managed_by=managed_by)
    if names:
        rows = rows.filter(name__in=names)
    found = list(rows.order_by("name"))
    missing = sorted(set(names) - {row.name for row in found})
    if missing or (managed_by and not found):
        wanted = f"called {', '.join(missing)}" if missing else f"owned by {managed_by}"
        raise NothingToExport(f"there is no schedule {wanted}")
    return found


def _document(
    schedules: Sequence[Schedule], calendars: Iterable[Calendar], *, organization: Organization
) -> dict[str, Any]:
    ids = calendars_of(organization).items()
    calendar_names = {calendar_id: name for name, calendar_id in ids}
    owners = {schedule.managed_by for schedule in schedules}
    parts = {
        "source": owners.pop() if len(owners) == 1 else "",
        "calendars": {calendar.name: concise_calendar(calendar) for calendar in calendars},
        "schedules": {
            schedule.name: {
                **concise(schedule, calendar_names=calendar_names),
                **({} if is_enabled(schedule) else {"enabled": False}),
            }
            for schedule in schedules
        },
    }
    return {"horarium": FORMAT, **{name: part for name, part in parts.items() if part}}
