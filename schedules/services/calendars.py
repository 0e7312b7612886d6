"""Create, change and delete calendars."""

from copy import copy
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from executions import wakeups
from organizations.models import Organization
from schedules.calendars import InvalidCalendar, calendar_from_list, calendar_to_list
from schedules.errors import CalendarInUse, DuplicateCalendar, InvalidSchedule, StaleCalendar
from schedules.models import Calendar, Schedule
from schedules.models.schedule import Schedules
from schedules.reasons import Reason
from schedules.services.search import settle_accounts
from schedules.states import ScheduleState
from schedules.validation import name_problem, silenced
from workflows.errors import Problem

LONGEST_DESCRIPTION = 2_000  # characters
RESERVED_NAMES = frozenset({"schema"})  # refused by the column
MOST_SEARCHED = 200  # schedules in which a silence is looked for
MOST_NAMED = 20
CALENDAR_SETTINGS = ("name", "description", "entries")


def create_calendar(organization: Organization, *, now: datetime, by: str = "", **settings: Any) -> Calendar:
    """Create a calendar.

    Raises:
        InvalidSchedule: naming each field that is wrong; nothing is created.
        DuplicateCalendar: the organization has a calendar of this name.
    """
    calendar = Calendar(organization=organization, created_by=by, created_at=now, **_known(settings))
    calendar.entries = _checked(calendar)
    return _saved(calendar, force_insert=True)


class Affected(NamedTuple):
    """The number of active schedules that use a calendar, and the names of those left without a time."""

    schedules: int
    silenced: list[str]


@transaction.atomic
def change_calendar(
    calendar: Calendar, *, now: datetime, based_on: int | None = None, **settings: Any
) -> Calendar:
    """Change a calendar. Schedules that use it look for their next time again, in a pass of beat.

    What changes nothing is no new version.

    Raises:
        InvalidSchedule: naming each field that is wrong; nothing is changed.
        StaleCalendar: somebody else changed it since `based_on`.
        DuplicateCalendar: the organization has a calendar of this name.
    """
    # Before the calendar: whoever changes a schedule holds it and then takes its calendars.
    users = list(_active(calendar).select_for_update().order_by("pk"))
    locked = _locked(calendar, based_on=based_on)
    as_read = copy(locked)
    for name, value in _known(settings).items():
        setattr(locked, name, value)
    locked.entries = _checked(locked)
    if all(getattr(as_read, name) == getattr(locked, name) for name in CALENDAR_SETTINGS):
        return locked
    locked.version += 1
    _settle(users, now=now)
    saved = _saved(locked)
    _active(locked).update(next_due_at=now)
    wakeups.tell_beat()
    return saved


def _settle(users: list[Schedule], *, now: datetime) -> None:
    """Record what the calendar has excluded up to `now`: times that have passed must not start by a change of it.

    A schedule that is due now is left to beat, which looks at it by the calendar as it is then.
    """
    for user in users:
        if user.next_due_at is None or user.next_due_at > now:
            settle_accounts(
                user, reason=Reason.CALENDAR, detail="excluded until the calendar changed", now=now
            )
    Schedule.objects.bulk_update(users, ["cursor_at"], batch_size=500)


def affected(calendar: Calendar, *, now: datetime) -> Affected:
    """Return what a calendar, as it is now, does to the active schedules that use it."""
    users = _active(calendar).order_by("name")
    names = (user.name for user in users[:MOST_SEARCHED] if silenced(user, now=now))
    return Affected(schedules=users.count(), silenced=list(islice(names, MOST_NAMED)))


def _locked(calendar: Calendar, *, based_on: int | None) -> Calendar:
    locked = Calendar.objects.select_for_update().get(pk=calendar.pk)
    if based_on is not None and locked.version != based_on:
        raise StaleCalendar(locked.name, based_on=based_on, version=locked.version)
    return locked


@transaction.atomic
def delete_calendar(calendar: Calendar, *, based_on: int | None = None) -> None:
    """Delete a calendar that no schedule uses.

    A schedule that takes it up at the same time holds the row, and one of the two is refused.

    Raises:
        CalendarInUse: naming the schedules.
        StaleCalendar: somebody else changed it since `based_on`.
    """
    locked = _locked(calendar, based_on=based_on)
    users = list(_users(locked).visible().order_by("name").values_list("name", flat=True)[:10])
    if users:
        raise CalendarInUse(locked.name, users)
    locked.delete()


def _users(calendar: Calendar) -> Schedules:
    return Schedule.objects.using_calendar(calendar.pk)


def _active(calendar: Calendar) -> Schedules:
    return _users(calendar).filter(state=ScheduleState.ACTIVE)


def _known(settings: dict[str, Any]) -> dict[str, Any]:
    unknown = settings.keys() - set(CALENDAR_SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a calendar: {', '.join(sorted(unknown))}")
    return settings


def _checked(calendar: Calendar) -> list[dict[str, Any]]:
    problems = []
    if wrong := name_problem(calendar.name, reserved=RESERVED_NAMES):
        problems.append(Problem(path="name", message=wrong))
    if len(calendar.description) > LONGEST_DESCRIPTION:
        problems.append(
            Problem(path="description", message=f"write at most {LONGEST_DESCRIPTION} characters")
        )
    try:
        entries = calendar_to_list(calendar_from_list(calendar.entries))
    except InvalidCalendar as error:
        problems.append(Problem(path=error.field, message=error.problem))
    if problems:
        raise InvalidSchedule(problems)
    return entries


def _saved(calendar: Calendar, **how: Any) -> Calendar:
    try:
        with transaction.atomic():
            calendar.save(**how)
    except IntegrityError:
        raise DuplicateCalendar(calendar.name) from None
    return calendar
