"""What is said of the coming times as a whole: stops, what is left out, and why there are no more."""

from datetime import UTC, datetime, timedelta

import pytest

from schedules import services
from schedules.models import Schedule
from schedules.preview import ahead, cautions_of, preview, upcoming
from schedules.preview.walk import MOST_LEFT_OUT
from tests.schedules.preview.conftest import EVE, MakeSchedule

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def test_an_active_schedule_has_nothing_to_note(make: MakeSchedule) -> None:
    found = ahead(make("0 9 * * *"), after=EVE, count=3)

    assert ([one.fires for one in found.times], found.note) == ([True] * 3, "")


def test_the_times_of_a_pause_that_ends_do_not_fire_and_those_after_it_do(make: MakeSchedule) -> None:
    schedule = make("0 9 * * *")
    paused = services.pause(schedule, by="ada", reason="stocktaking", now=EVE, until=EVE + 2 * DAY)

    found = ahead(paused, after=EVE, count=2)

    assert [(one.local[8:10], one.fires) for one in found.times] == [
        ("28", False),
        ("29", False),
        ("30", True),
        ("31", True),
    ]
    assert found.times[0].notes == ("does not fire: paused until 2026-03-29 14:00 +02:00",)
    assert found.times[2].notes == ()
    assert found.note == "paused until 2026-03-29 14:00 +02:00 by ada: stocktaking"


def test_a_long_pause_of_a_dense_schedule_is_cut_short_and_its_end_is_shown(make: MakeSchedule) -> None:
    paused = services.pause(make("* * * * *"), by="ada", now=EVE, until=EVE + 365 * DAY)

    found = ahead(paused, after=EVE, count=3)

    assert [one.fires for one in found.times] == [False] * 3 + [True] * 3
    assert found.times[3].fire_at == EVE + 365 * DAY + timedelta(minutes=1)
    assert found.note.endswith("; further times of the pause are not listed")


def test_a_time_of_a_pause_that_the_spread_puts_off_beyond_its_end_fires(make: MakeSchedule) -> None:
    schedule = make("0 * * * *", spread="window", spread_window=HOUR)
    assert schedule.next_due_at is not None
    paused = services.pause(schedule, by="ada", now=EVE, until=schedule.next_due_at - timedelta(seconds=1))

    first = ahead(paused, after=EVE, count=1).times[0]

    assert (first.fire_at, first.fires) == (schedule.next_fire_at, True)


def test_a_pause_is_over_for_who_asks_of_a_later_time(make: MakeSchedule) -> None:
    paused = services.pause(make("0 9 * * *"), by="ada", now=EVE, until=EVE + DAY)

    found = ahead(paused, after=EVE + 5 * DAY, count=1)

    assert (found.times[0].fires, found.note) == (True, "")


@pytest.mark.parametrize(
    ("state", "note"),
    [
        ("paused", "paused by ada: audit; nothing fires until it is resumed"),
        ("disabled", "disabled by ada: audit; nothing fires until it is enabled"),
        ("error", "in error: input.n is missing; nothing fires until it is resumed or changed"),
        ("completed", "completed by ada: audit; nothing fires unless it is given more times or starts"),
        ("archived", "archived by ada: audit; it never fires again"),
    ],
)
def test_a_schedule_that_is_stopped_without_an_end_fires_none_of_its_times(
    make: MakeSchedule, state: str, note: str
) -> None:
    schedule = make("0 9 * * *")
    schedule.state, schedule.paused_by, schedule.pause_reason = state, "ada", "audit"
    schedule.error = "input.n is missing" if state == "error" else ""

    found = ahead(schedule, after=EVE, count=2)

    assert ([one.fires for one in found.times], found.note) == ([False, False], note)
    assert found.times[0].notes[0].startswith("does not fire: ")
    assert [one.fires for one in upcoming(schedule, after=EVE, count=2)] == [True, True]


def everything_off(schedule: Schedule) -> Schedule:
    week = [{"kind": "weekly", "days": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]}]
    calendar = services.create_calendar(schedule.organization, name="off", now=EVE, entries=week)
    schedule.calendars = [calendar.pk]
    return schedule


def test_a_calendar_that_excludes_everything_lists_ten_times_and_says_so(make: MakeSchedule) -> None:
    found = ahead(everything_off(make("*/5 * * * *")), after=EVE, count=3)

    assert len(found.times) == 10
    assert not any(one.fires for one in found.times)
    assert found.note.startswith("the search ended at 2026-05-01 ")
    assert f"after {MOST_LEFT_OUT} times that are left out: " in found.note
    assert found.note.endswith(f"; {MOST_LEFT_OUT - 10} more times that are left out are not listed")


def test_a_long_exclusion_is_cut_short_and_the_fires_after_it_are_shown(make: MakeSchedule) -> None:
    schedule = make("0 * * * *")
    easter = [{"kind": "dates", "dates": [{"from": "2026-03-28", "to": "2026-04-10"}]}]
    calendar = services.create_calendar(schedule.organization, name="easter", now=EVE, entries=easter)
    schedule.calendars = [calendar.pk]

    found = ahead(schedule, after=datetime(2026, 3, 27, 23, 30, tzinfo=UTC), count=2)

    assert [one.fires for one in found.times] == [False] * 10 + [True] * 2
    assert found.times[-2].local == "2026-04-11T00:00:00+02:00"
    assert found.note == "324 more times that are left out are not listed"


def test_an_h_that_is_not_decided_yet_is_in_the_note(make: MakeSchedule) -> None:
    schedule = make("H 9 * * *")
    given = {"workflow": schedule.workflow, "rules": schedule.rules, "name": "new"}

    new = preview(schedule.organization, now=EVE, count=1, **given)
    edited = preview(schedule.organization, now=EVE, count=1, of=schedule, rules=schedule.rules)

    assert new.note == "H is decided when the schedule is saved; these times are an example"
    assert (edited.note, edited.times[0].fire_at) == ("", schedule.next_fire_at)


def test_an_edit_that_ends_an_error_is_previewed_as_active_and_one_of_a_pause_as_paused(
    make: MakeSchedule,
) -> None:
    schedule = make("0 9 * * *")
    fires = {}
    for state in ("error", "completed", "paused"):
        Schedule.objects.filter(pk=schedule.pk).update(state=state, next_due_at=None)
        schedule.refresh_from_db()
        found = preview(schedule.organization, now=EVE, count=1, of=schedule, timezone="Asia/Tokyo")
        fires[state] = found.times[0].fires

    assert fires == {"error": True, "completed": True, "paused": False}


def test_cautions_of_what_is_over_or_unreadable_are_none(make: MakeSchedule) -> None:
    schedule = make("0 9 31 * *")
    found = cautions_of(schedule, now=EVE)
    schedule.state = "completed"
    over = cautions_of(schedule, now=EVE)
    schedule.state, schedule.rules = "error", [{"kind": "cron", "expression": "61 * * * *"}]

    assert [one["code"] for one in found] == ["skips_months"]
    assert (over, cautions_of(schedule, now=EVE)) == ([], [])
