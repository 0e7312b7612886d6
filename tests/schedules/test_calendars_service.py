"""Calendars that schedules share: create, change, delete, and who looks again."""

from typing import Any

import pytest

from organizations.models import Organization
from schedules import services
from schedules.errors import CalendarInUse, DuplicateCalendar, InvalidSchedule, StaleSchedule
from schedules.models import Calendar, Schedule
from tests.schedules.minutes import (
    AFTER_A_MINUTE,
    Beat,
    MakeMinutely,
    SetClock,
    accounted,
    at,
    end_all,
    fired,
    skipped,
    stands,
)


def closed(since: float, until: float) -> list[dict[str, Any]]:
    """Return the entries of a calendar that excludes some minutes, the last one left out."""
    return [{"kind": "instants", "from": at(since).isoformat(), "to": at(until).isoformat()}]


@pytest.fixture
def calendar(organization: Organization, set_clock: SetClock) -> Calendar:
    return services.create_calendar(
        organization, now=set_clock(0), by="ada", name="closed", entries=closed(2, 4)
    )


@pytest.fixture
def schedule(minutely: MakeMinutely, calendar: Calendar) -> Schedule:
    return minutely(calendars=[calendar.pk], overlap="allow_all")


def test_excluded_times_are_recorded_with_the_calendar_as_reason(schedule: Schedule, beat: Beat) -> None:
    for minute in range(1, 6):
        beat(minute)

    assert (fired(schedule), skipped(schedule)) == ([1, 4, 5], [("calendar", 2, 3, 2)])


def test_a_change_that_changes_nothing_is_no_version_of_a_calendar(
    schedule: Schedule, calendar: Calendar
) -> None:
    unchanged = services.change_calendar(calendar, now=at(0.5), entries=closed(2, 4), name="closed")

    schedule.refresh_from_db()
    assert (unchanged.version, unchanged.updated_at) == (1, calendar.updated_at)
    assert schedule.next_due_at == at(1)


def test_a_calendar_tells_whom_it_silences(
    schedule: Schedule, calendar: Calendar, minutely: MakeMinutely
) -> None:
    minutely("sparse", calendars=[calendar.pk], rules=[{"kind": "cron", "expression": "0 9 * * SAT"}])
    minutely("moving", calendars=[calendar.pk], rules=AFTER_A_MINUTE)
    services.pause(minutely("paused", calendars=[calendar.pk]), by="ada", now=at(0.1))

    changed = services.change_calendar(
        calendar, now=at(0.5), entries=[{"kind": "weekly", "days": ["SAT", "SUN"]}]
    )

    assert services.affected(changed, now=at(0.5)) == (3, ["sparse"])


def test_a_changed_calendar_moves_the_next_time_of_its_users(
    schedule: Schedule, calendar: Calendar, beat: Beat, minutely: MakeMinutely
) -> None:
    other = minutely("other")

    services.change_calendar(calendar, now=at(0.5), entries=closed(1, 3))
    other.refresh_from_db()
    assert other.next_due_at == at(1)
    beat(0.5)

    assert stands(schedule) == ("active", 3)
    assert fired(schedule) == fired(other) == []


def test_a_time_that_is_no_longer_excluded_starts(schedule: Schedule, calendar: Calendar, beat: Beat) -> None:
    beat(1)
    assert stands(schedule) == ("active", 4)

    services.change_calendar(calendar, now=at(1.5), entries=[])
    for minute in (2, 3):
        beat(minute)

    assert (fired(schedule), skipped(schedule)) == ([1, 2, 3], [])


def test_a_time_that_passed_while_it_was_excluded_is_not_started_by_a_change(
    schedule: Schedule, calendar: Calendar, beat: Beat
) -> None:
    beat(1)

    services.change_calendar(calendar, now=at(3.5), entries=[])
    beat(3.5)

    assert fired(schedule) == [1]
    assert accounted(schedule) == 3


@pytest.mark.parametrize("state", ["paused", "disabled"])
def test_a_stopped_user_stays_stopped_and_is_resumed_under_the_changed_calendar(
    schedule: Schedule, calendar: Calendar, state: str
) -> None:
    stop = services.pause if state == "paused" else services.disable
    stop(schedule, by="ada", now=at(0.2))

    services.change_calendar(calendar, now=at(0.5), entries=closed(1, 6))
    assert stands(schedule) == (state, None)
    services.resume(schedule, by="ada", now=at(0.7))

    assert stands(schedule) == ("active", 6)


def test_a_user_that_awaits_the_end_of_its_run_goes_on_waiting(
    minutely: MakeMinutely, calendar: Calendar, beat: Beat, set_clock: SetClock
) -> None:
    follower = minutely(calendars=[calendar.pk], rules=AFTER_A_MINUTE)
    beat(1)

    services.change_calendar(calendar, now=at(1.5), entries=closed(90, 91))
    beat(1.5)
    assert stands(follower) == ("active", None)
    set_clock(5)
    end_all()
    beat(5)

    assert stands(follower) == ("active", 6)


def test_a_calendar_that_excludes_everything_leaves_its_users_active(
    schedule: Schedule, calendar: Calendar, beat: Beat
) -> None:
    every_day = [{"kind": "weekly", "days": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]}]
    services.change_calendar(calendar, now=at(0.5), entries=every_day)
    beat(0.5)

    services.change_calendar(calendar, now=at(3.5), entries=[])
    beat(4)

    assert stands(schedule) == ("active", 5)


def test_an_unused_calendar_is_deleted(calendar: Calendar) -> None:
    services.delete_calendar(calendar)

    assert not Calendar.objects.exists()


def test_a_calendar_is_not_deleted_under_its_users(schedule: Schedule, calendar: Calendar) -> None:
    with pytest.raises(CalendarInUse, match="minutely"):
        services.delete_calendar(calendar)
    assert Calendar.objects.exists()


def test_an_archived_user_holds_no_calendar(schedule: Schedule, calendar: Calendar, beat: Beat) -> None:
    archived = services.archive(schedule, by="ada", now=at(0.5))

    services.delete_calendar(calendar)

    assert services.next_fires(archived, after=at(0), count=3) == [at(1), at(2), at(3)]


def test_a_calendar_of_another_organization_is_unknown(minutely: MakeMinutely, calendar: Calendar) -> None:
    other = Organization.objects.create(slug="globex", name="Globex")
    foreign = services.create_calendar(other, now=at(0), name="closed", entries=[])

    with pytest.raises(InvalidSchedule, match=r"calendars\[1\]"):
        minutely(calendars=[calendar.pk, foreign.pk])


def test_a_name_is_taken_once_in_an_organization(organization: Organization, calendar: Calendar) -> None:
    with pytest.raises(DuplicateCalendar, match="closed"):
        services.create_calendar(organization, now=at(0), name="closed", entries=[])
    other = services.create_calendar(organization, now=at(0), name="other", entries=[])
    with pytest.raises(DuplicateCalendar, match="closed"):
        services.change_calendar(other, now=at(1), name="closed")


def test_a_change_based_on_an_older_version_is_refused(calendar: Calendar) -> None:
    services.change_calendar(calendar, now=at(1), based_on=1, description="first")

    with pytest.raises(StaleSchedule, match="version 2"):
        services.change_calendar(calendar, now=at(1), based_on=1, description="second")


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"entries": 5}, "entries"),
        ({"entries": [{"kind": "moon"}]}, "entries[0].kind"),
        ({"entries": [*closed(1, 2), *closed(2, 1)]}, "entries[1].to"),
        ({"name": "Bad Name"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"description": "d" * 2001}, "description"),
    ],
)
def test_a_wrong_setting_is_named_and_changes_nothing(
    organization: Organization, calendar: Calendar, settings: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidSchedule) as on_create:
        services.create_calendar(organization, now=at(0), **({"name": "new", "entries": []} | settings))
    with pytest.raises(InvalidSchedule) as on_change:
        services.change_calendar(calendar, now=at(0), **settings)

    assert [error["path"] for error in (*on_create.value.errors, *on_change.value.errors)] == [path, path]
    assert Calendar.objects.get().version == 1


def test_what_is_no_setting_is_refused(calendar: Calendar) -> None:
    with pytest.raises(TypeError, match="version"):
        services.change_calendar(calendar, now=at(0), version=9)
