"""Times that a change of the schedule could pass over: each has its record."""

from datetime import timedelta

import pytest

import clock
from executions.models import Execution
from schedules import fire, services
from schedules.models import Schedule
from tests.schedules.explain.conftest import HOUR, MINUTE, NOON, At, MakeSchedule, beat, outcomes, ranged

EVERY_OTHER = [{"kind": "cron", "expression": "*/2 * * * *"}]


def test_the_times_of_a_pause_before_an_edit_are_recorded_by_the_rules_of_then(
    make: MakeSchedule, at: At
) -> None:
    schedule = make()
    services.pause(schedule, by="ada", now=clock.now())
    at(NOON + 2 * MINUTE)
    services.change(schedule, now=clock.now(), rules=EVERY_OTHER)
    at(NOON + 4 * MINUTE)
    services.resume(schedule, by="ada", now=clock.now())

    assert outcomes(ranged(schedule, minutes=4)) == [
        (1, "skipped", "paused"),
        (2, "skipped", "paused"),
        (4, "skipped", "paused"),
    ]


def test_catching_up_after_an_edit_starts_no_time_of_the_new_rules_before_it(
    make: MakeSchedule, at: At
) -> None:
    schedule = make(catchup="all")
    services.pause(schedule, by="ada", now=clock.now())
    at(NOON + 5 * MINUTE)
    services.change(schedule, now=clock.now(), rules=EVERY_OTHER)
    services.resume(schedule, by="ada", now=clock.now(), catch_up=True)
    beat()

    assert Execution.objects.count() == 0


def test_the_times_of_an_error_that_an_edit_ends_are_recorded(make: MakeSchedule, at: At) -> None:
    schedule = make()
    fire.set_aside(schedule.pk, error=ValueError("input.n is missing"))
    at(NOON + 2 * MINUTE)
    schedule.refresh_from_db()
    services.change(schedule, now=clock.now(), description="mended")

    assert outcomes(ranged(schedule, minutes=3)) == [
        (1, "skipped", "error"),
        (2, "skipped", "error"),
        (3, "will_fire", ""),
    ]


@pytest.mark.parametrize("stop", [services.pause, services.disable])
def test_a_stop_between_a_time_and_its_due_time_leaves_a_record(make: MakeSchedule, at: At, stop) -> None:
    hourly = [{"kind": "cron", "expression": "0 * * * *"}]
    schedule = make(rules=hourly, spread="window", spread_window=HOUR)
    assert schedule.next_due_at is not None
    at(schedule.next_due_at - timedelta(milliseconds=1))
    stop(schedule, by="ada", now=clock.now())
    at(NOON + 3 * HOUR)
    services.resume(Schedule.objects.get(pk=schedule.pk), by="ada", now=clock.now())

    assert outcomes(ranged(schedule, minutes=60))[0][1] == "skipped"
