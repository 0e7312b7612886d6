"""Times that are due later than they are named, beside edits and pauses."""

from copy import copy
from datetime import timedelta

import pytest

from schedules import services, timetable
from schedules.models import Schedule
from tests.schedules.minutes import (
    EVERY_MINUTE,
    MINUTE,
    Beat,
    MakeMinutely,
    accounted,
    at,
    fired,
    minute_of,
    skipped,
    stands,
)

EVERY_TEN = [{"kind": "interval", "every_seconds": 600, "anchor": at(0).isoformat()}]
SPREAD = {"rules": EVERY_TEN, "spread": "window", "spread_window": 10 * MINUTE}


@pytest.fixture
def spread(minutely: MakeMinutely) -> Schedule:
    """Make a schedule that fires every ten minutes, up to ten minutes late."""
    return minutely(**SPREAD)


def due(schedule: Schedule, minute: float) -> float:
    """Return the minute at which the nominal time `minute` is due."""
    fire = next(timetable.fires(schedule, after=at(minute) - timedelta.resolution))
    assert minute_of(fire.fire_at) == minute
    return (fire.due_at - at(0)) / MINUTE


def test_it_starts_when_it_is_due_and_not_before(spread: Schedule, beat: Beat) -> None:
    moment = due(spread, 10)
    assert 10 < moment < 20

    beat(moment - 0.01)
    assert fired(spread) == []
    beat(moment)

    assert fired(spread) == [10]


@pytest.mark.parametrize("act", ["pause", "disable"])
def test_a_time_that_has_its_name_before_a_stop_and_is_due_during_it_is_recorded(
    spread: Schedule, beat: Beat, act: str
) -> None:
    between = (10 + due(spread, 10)) / 2
    getattr(services, act)(spread, by="ada", now=at(between))

    services.resume(spread, by="ada", now=at(due(spread, 10) + 0.01))

    assert [(first, last, count) for _, first, last, count in skipped(spread)] == [(10, 10, 1)]
    assert stands(spread) == ("active", 20)


def test_a_time_that_has_its_name_before_a_resume_and_is_due_after_it_starts(
    spread: Schedule, beat: Beat
) -> None:
    between = (10 + due(spread, 10)) / 2
    services.pause(spread, by="ada", now=at(between))
    services.resume(spread, by="ada", now=at(between + 0.01))

    beat(due(spread, 10))

    assert (fired(spread), skipped(spread)) == ([10], [])


def test_a_time_that_was_started_before_a_pause_is_not_recorded_by_it(spread: Schedule, beat: Beat) -> None:
    beat(due(spread, 10))

    services.pause(spread, by="ada", now=at(due(spread, 10) + 0.01))
    services.resume(spread, by="ada", now=at(due(spread, 10) + 0.02))

    assert (fired(spread), skipped(spread)) == ([10], [])


def test_an_edit_keeps_a_time_that_is_due_after_it(spread: Schedule, beat: Beat) -> None:
    between = (10 + due(spread, 10)) / 2

    changed = services.change(spread, now=at(between), end_at=at(60))
    beat(due(changed, 10))

    assert fired(spread) == [10]


def test_a_new_rule_starts_a_time_that_has_its_name_before_the_edit_and_is_due_after_it(
    minutely: MakeMinutely, beat: Beat
) -> None:
    hourly = [{"kind": "interval", "every_seconds": 3600, "anchor": at(0).isoformat()}]
    schedule = minutely(rules=hourly, spread="window", spread_window=10 * MINUTE)
    edited = copy(schedule)
    edited.rules = EVERY_TEN
    moment = due(edited, 30)

    services.change(schedule, now=at((30 + moment) / 2), rules=EVERY_TEN)
    beat(moment)

    assert (fired(schedule), skipped(schedule)) == ([30], [])


def test_a_new_rule_drops_a_time_that_is_due_before_the_edit_without_a_record(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(rules=EVERY_TEN)

    services.change(schedule, now=at(9), rules=EVERY_MINUTE)
    beat(9.5)

    assert (fired(schedule), skipped(schedule)) == ([], [])
    assert stands(schedule) == ("active", 10)


@pytest.mark.parametrize("catch_up", [False, True])
@pytest.mark.parametrize("state", ["paused", "disabled"])
def test_an_edit_while_stopped_neither_fires_for_the_past_nor_loses_a_time(
    minutely: MakeMinutely, beat: Beat, state: str, catch_up: bool
) -> None:
    schedule = minutely(rules=EVERY_TEN, catchup="all", overlap="allow_all")
    stop = services.pause if state == "paused" else services.disable
    stop(schedule, by="ada", now=at(5))

    services.change(schedule, now=at(25), rules=EVERY_MINUTE)
    services.resume(schedule, by="ada", now=at(27.5), catch_up=catch_up)
    beat(27.5)

    assert skipped(schedule)[0] == (state, 10, 20, 2)
    assert accounted(schedule) == 4
    assert fired(schedule) == ([26, 27] if catch_up else [])


def test_an_edit_in_error_records_what_passed_meanwhile(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    Schedule.objects.update(rules=[{"kind": "cron", "expression": "61 * * * *"}])
    beat(1)
    assert stands(schedule) == ("error", None)

    services.change(schedule, now=at(4.5), rules=EVERY_MINUTE)

    assert stands(schedule) == ("active", 5)
    assert skipped(schedule)[0] == ("error", 1, 1, 1)


def test_a_time_that_was_put_off_and_that_an_edit_no_longer_starts_is_recorded(
    spread: Schedule, beat: Beat
) -> None:
    between = (10 + due(spread, 10)) / 2

    services.change(spread, now=at(between), spread="none")
    beat(20)

    assert (fired(spread), skipped(spread)) == ([20], [("edited", 10, 10, 1)])
