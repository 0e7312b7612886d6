"""What becomes of the calendars of a file. They have no owner: the file's word holds, and none is ever deleted."""

from functools import partial
from typing import Any

from organizations.models import Organization
from schedules import services
from schedules.as_code.authors import Author
from schedules.as_code.document import Document, Written
from schedules.as_code.errors import InvalidFile
from schedules.as_code.problems import below, gathered
from schedules.as_code.settings import Reader, calendar_reader
from schedules.as_code.steps import Action, Step, differences
from schedules.as_code.writing import whole_calendar
from schedules.calendars import InvalidCalendar, calendar_from_list, calendar_to_list
from schedules.models import Calendar, Schedule
from workflows.errors import Problem

MOST_USERS = 10  # names of schedules that a note lists


def make_calendars(
    document: Document, organization: Organization, *, author: Author, keep: bool
) -> tuple[Step, ...]:
    """Create and change the calendars of a file, by name, and return what that was.

    Args:
        keep: otherwise the caller rolls back, and the schedules that use a calendar need not hear of it.

    Raises:
        InvalidFile: naming every place that is wrong.
    """
    names = [written.name for written in document.calendars]
    here = {row.name: row for row in Calendar.objects.filter(organization=organization, name__in=names)}
    make = partial(
        _made, here=here, reader=calendar_reader(), organization=organization, author=author, keep=keep
    )
    return tuple(gathered(make, sorted(document.calendars, key=lambda written: written.name)))


def _made(
    written: Written,
    *,
    here: dict[str, Calendar],
    reader: Reader,
    organization: Organization,
    author: Author,
    keep: bool,
) -> Step:
    settings = _settings(written, reader)
    before = here.get(written.name)
    if before is None:
        with below(written.path):
            services.create_calendar(organization, now=author.now, by=author.by, **settings)
        return Step(Action.CREATE, written.name, written)
    changed = tuple(differences(whole_calendar(before), settings))
    if not changed:
        return Step(Action.UNCHANGED, written.name, written)
    stands_on = before.pk, before.version
    _change(before, settings, author=author, keep=keep)
    return Step(Action.CHANGE, written.name, written, stands_on, changed, note=_used_by(before))


def _settings(written: Written, reader: Reader) -> dict[str, Any]:
    settings = reader.read(written)
    try:
        entries = calendar_to_list(calendar_from_list(settings["entries"]))
    except InvalidCalendar as error:
        problem = Problem(path=f"{written.path}.{error.field}", message=error.problem)
        raise InvalidFile([problem]) from None
    return {**settings, "entries": entries}


def _change(calendar: Calendar, settings: dict[str, Any], *, author: Author, keep: bool) -> None:
    if keep:
        services.change_calendar(calendar, now=author.now, based_on=calendar.version, **settings)
    else:
        # The service would hold every schedule that uses it, and so keep them from firing, until the plan is made.
        Calendar.objects.filter(pk=calendar.pk).update(**settings)


def _used_by(calendar: Calendar) -> str:
    users = Schedule.objects.using_calendar(calendar.pk).visible().order_by("name")
    names = list(users.values_list("name", flat=True)[: MOST_USERS + 1])
    more = " and others" if len(names) > MOST_USERS else ""
    return f"used by {', '.join(names[:MOST_USERS])}{more}" if names else ""
