"""The end of a schedule's life: start, end, number of starts, and what comes after."""

from datetime import timedelta
from typing import Any

import pytest

from events.models import Event
from executions.admitting.overlap import OverlapPolicy
from schedules import services
from schedules.models import Schedule
from tests.schedules.minutes import (
    EVERY_MINUTE,
    MINUTE,
    Beat,
    MakeMinutely,
    accounted,
    at,
    end_all,
    fired,
    skipped,
    stands,
)


def test_the_first_and_the_last_instant_both_fire(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(start_at=at(2), end_at=at(4), overlap="allow_all")

    for minute in range(1, 7):
        beat(minute)

    assert fired(schedule) == [2, 3, 4]
    assert stands(schedule) == ("completed", None)


@pytest.mark.parametrize(("by", "first"), [(timedelta(0), 2), (timedelta.resolution, 3)])
def test_a_start_a_microsecond_later_leaves_the_time_out(
    minutely: MakeMinutely, by: timedelta, first: float
) -> None:
    assert stands(minutely(start_at=at(2) + by)) == ("active", first)


@pytest.mark.parametrize(("by", "last"), [(timedelta(0), 2), (-timedelta.resolution, 1)])
def test_an_end_a_microsecond_earlier_leaves_the_time_out(
    minutely: MakeMinutely, beat: Beat, by: timedelta, last: float
) -> None:
    schedule = minutely(end_at=at(2) + by, overlap="allow_all")
    for minute in range(1, 5):
        beat(minute)

    assert fired(schedule)[-1] == last


@pytest.mark.parametrize(
    ("on_complete", "state"), [("keep", "completed"), ("disable", "disabled"), ("archive", "archived")]
)
@pytest.mark.parametrize("ends_by", ["end", "count", "one_time"])
def test_a_schedule_without_more_times_becomes_what_was_asked_for(
    minutely: MakeMinutely, beat: Beat, on_complete: str, state: str, ends_by: str
) -> None:
    settings: dict[str, dict[str, Any]] = {
        "end": {"end_at": at(1)},
        "count": {"max_executions": 1},
        "one_time": {"rules": [{"kind": "one_time", "at": at(1).isoformat()}]},
    }
    schedule = minutely(on_complete=on_complete, **settings[ends_by])

    beat(1)
    beat(5)

    assert fired(schedule) == [1]
    assert stands(schedule) == (state, None)
    assert Event.objects.get(type="schedule.completed").data == {"state": state}


def test_an_archived_end_frees_the_name(minutely: MakeMinutely, beat: Beat) -> None:
    minutely(max_executions=1, on_complete="archive")
    beat(1)

    minutely()

    assert Schedule.objects.filter(name="minutely").count() == 2


def test_only_starts_of_the_rule_count(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(max_executions=2, overlap="allow_all")
    services.trigger(schedule, by="ada", now=at(0.5))

    for minute in range(1, 4):
        beat(minute)

    assert fired(schedule) == [1, 2]
    assert stands(schedule) == ("completed", None)


def test_what_overlaps_uses_up_no_start(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(max_executions=2, overlap="skip")
    for minute in (1, 2, 3):
        beat(minute)
    end_all()

    beat(4)

    assert (fired(schedule), skipped(schedule)) == ([1, 4], [("overlap", 2, 3, 2)])
    assert stands(schedule) == ("completed", None)


def test_a_catch_up_stops_at_the_limit_and_records_the_rest(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(max_executions=3, overlap="allow_all", catchup="all")

    beat(7)

    assert (fired(schedule), skipped(schedule)) == ([1, 2, 3], [("limit", 4, 7, 4)])
    assert stands(schedule) == ("completed", None)


def test_a_catch_up_larger_than_a_pass_keeps_the_limit(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(max_executions=30, overlap="allow_all", catchup="all")

    beat(50)
    beat(50.1)
    beat(50.2)

    assert len(fired(schedule)) == 30
    assert schedule.history.count() == 1
    assert stands(schedule) == ("completed", None)


@pytest.mark.parametrize("policy", OverlapPolicy)
@pytest.mark.parametrize("catchup", ["latest", "earliest", "all", "none"])
def test_every_time_of_half_an_hour_is_an_execution_or_a_recorded_skip(
    minutely: MakeMinutely, beat: Beat, policy: str, catchup: str
) -> None:
    schedule = minutely(overlap=policy, catchup=catchup, catchup_window=10 * MINUTE)

    for minute in (1, 2, 3, 9, 10.5, 11, 25, 25.01, 25.02, 26, 30):
        beat(minute)
        if minute in {3, 11}:
            end_all()

    assert accounted(schedule) == 30


def test_a_raised_limit_goes_on_from_the_edit(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(max_executions=1, overlap="allow_all")
    for minute in (1, 2, 3):
        beat(minute)

    services.change(schedule, now=at(3.5), max_executions=2)
    beat(4)

    assert fired(schedule) == [1, 4]
    assert stands(schedule) == ("completed", None)


def test_a_limit_lowered_to_what_was_made_completes_it(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely(max_executions=9, overlap="allow_all")
    beat(1)

    services.change(schedule, now=at(1.5), max_executions=1)

    assert stands(schedule) == ("completed", None)


def test_the_last_times_are_recorded_though_a_calendar_excludes_them(
    minutely: MakeMinutely, beat: Beat
) -> None:
    entries = [{"kind": "instants", "from": at(2).isoformat(), "to": at(9).isoformat()}]
    schedule = minutely("first")
    calendar = services.create_calendar(schedule.organization, now=at(0), name="closed", entries=entries)
    schedule = minutely("second", rules=EVERY_MINUTE, calendars=[calendar.pk], end_at=at(3))

    for minute in (1, 2, 3, 4):
        beat(minute)

    assert (fired(schedule), skipped(schedule)) == ([1], [("calendar", 2, 3, 2)])
    assert stands(schedule) == ("completed", None)
