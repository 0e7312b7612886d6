"""The coming times of a schedule, with what is special about each."""

from datetime import UTC, datetime, timedelta

import pytest

from schedules import services
from schedules.models import Schedule
from schedules.preview import cautions, preview, upcoming
from schedules.preview.cautions import CROWD
from tests.schedules.preview.conftest import EVE, MakeSchedule

HOUR = timedelta(hours=1)
SUNDAY = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_each_time_has_its_local_time_offset_and_daylight_saving(make: MakeSchedule) -> None:
    before, after = upcoming(make("30 1,12 * * *"), after=SUNDAY - HOUR, count=2)

    assert (before.local, before.offset, before.is_dst) == ("2026-03-29T01:30:00+01:00", "+01:00", False)
    assert (after.local, after.offset, after.is_dst) == ("2026-03-29T12:30:00+02:00", "+02:00", True)
    assert (before.fire_at, before.due_at, before.fires, before.notes) == (SUNDAY, SUNDAY, True, ())


def test_a_spread_says_when_the_time_is_due(make: MakeSchedule) -> None:
    (first,) = upcoming(make("0 9 * * *", spread="window", spread_window=HOUR), after=EVE, count=1)

    assert first.fire_at < first.due_at < first.fire_at + HOUR
    assert first.notes == (f"due at {first.due_at + HOUR:%H:%M:%S} by its spread",)


def test_excluded_and_requested_times_are_there_and_do_not_count(make: MakeSchedule) -> None:
    schedule = make("0 9 * * *")
    off = [{"kind": "dates", "dates": ["2026-03-28"]}]
    calendar = services.create_calendar(schedule.organization, name="off", now=EVE, entries=off)
    schedule = services.change(schedule, now=EVE, calendars=[calendar.pk], on_excluded="next_working_day")
    services.skip(schedule, by="ada", now=EVE, at=datetime(2026, 3, 30, 7, tzinfo=UTC))
    schedule.refresh_from_db()

    times = upcoming(schedule, after=EVE, count=2)

    assert [(one.local[8:10], one.fires) for one in times] == [
        ("28", False),
        ("29", True),
        ("30", False),
        ("31", True),
    ]
    assert times[0].notes[0].startswith("excluded: ")
    assert "moved to 2026-03-29T09:00:00+02:00" in times[0].notes[0]
    assert times[2].notes == ("does not fire: left out on request",)


def test_a_limit_or_an_end_cuts_the_times_and_is_named(make: MakeSchedule) -> None:
    limited = {"max_executions": 2}
    ending = {"end_at": EVE + 2 * 24 * HOUR}
    schedule = make("0 9 * * *")
    given = {"workflow": schedule.workflow, "name": "x", "rules": schedule.rules}

    notes = [
        preview(schedule.organization, now=EVE, count=5, **given, **extra) for extra in (limited, ending)
    ]

    assert [len(one.times) for one in notes] == [2, 2]
    assert notes[0].note == "no more times: the schedule ends after 2 starts"
    assert notes[1].note == "no more times: the schedule ends at 2026-03-29T12:00:00+00:00"


def test_a_preview_saves_nothing_of_the_schedule_that_it_would_change(make: MakeSchedule) -> None:
    schedule = make("0 9 * * *")

    preview(schedule.organization, now=EVE, count=1, of=schedule, timezone="Asia/Tokyo")

    assert Schedule.objects.get().timezone == schedule.timezone == "Europe/Berlin"


@pytest.mark.parametrize(("others", "warned"), [(CROWD - 1, False), (CROWD, True)])
def test_a_crowded_minute_is_named(make: MakeSchedule, others: int, warned: bool) -> None:
    crowd = [make(f"{n % 60} 0 9 * * *", name=f"s{n}") for n in range(others)]
    schedule = make("0 9 * * *", name="late", input={})

    found = [one for one in cautions(schedule, now=EVE) if one["code"] == "crowded_minute"]

    assert bool(found) is warned
    assert not warned or found[0]["message"].startswith(f"{len(crowd)} other schedules are due")
