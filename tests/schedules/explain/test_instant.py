"""What became of one instant, and why one is no time at all."""

from datetime import UTC, datetime, timedelta

import pytest

import clock
from schedules import services
from schedules.explain import explain
from schedules.models import Schedule
from tests.schedules.explain.conftest import HOUR, MINUTE, NOON, At, MakeSchedule, beat

WEEKDAYS_AT_NINE = [{"kind": "cron", "expression": "0 9 * * MON-FRI"}]
SECOND = timedelta(seconds=1)


def test_a_time_is_found_by_its_second(make: MakeSchedule, at: At) -> None:
    at(NOON + timedelta(milliseconds=250))
    schedule = make(rules=[{"kind": "interval", "every_seconds": 60}])

    answer = explain(schedule, at=NOON + MINUTE, now=clock.now())

    assert (answer.outcome, answer.fire_at) == ("will_fire", NOON + MINUTE + timedelta(milliseconds=250))


def test_an_instant_between_times_says_what_does_not_match_and_what_is_near(make: MakeSchedule) -> None:
    schedule = make(rules=WEEKDAYS_AT_NINE, timezone="Europe/Berlin")

    answer = explain(schedule, at=NOON + 5 * 24 * HOUR, now=NOON)

    assert (answer.outcome, answer.reason) == ("no_time", "outside_rules")
    assert answer.local == "2026-06-06T14:00:00+02:00"
    assert answer.why == (
        "Nothing fires at this instant: no rule names it (At 09:00, Monday through Friday"
        " - the day is Sat 06, the hour is 14)."
    )
    assert (answer.before, answer.after) == (
        datetime(2026, 6, 5, 7, tzinfo=UTC),
        datetime(2026, 6, 8, 7, tzinfo=UTC),
    )


def test_an_hour_that_comes_twice_says_that_the_other_one_fires(make: MakeSchedule) -> None:
    schedule = make(rules=[{"kind": "cron", "expression": "30 2 * * *"}], timezone="Europe/Berlin")

    answer = explain(schedule, at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC), now=NOON)

    assert "the clock shows this time twice, and it fires at the other one" in answer.why
    assert answer.before == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_before_the_start_after_the_end_and_before_creation_are_told_apart(make: MakeSchedule) -> None:
    schedule = make(start_at=NOON + HOUR, end_at=NOON + 2 * HOUR)
    instants = [NOON - MINUTE, NOON + MINUTE, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR]

    answers = [explain(schedule, at=instant, now=NOON) for instant in instants]

    assert [answer.reason for answer in answers] == [
        "before_creation",
        "before_start",
        "",
        "",
        "after_end",
    ]
    assert (answers[1].after, answers[4].before) == (NOON + HOUR, NOON + 2 * HOUR)


def test_the_times_around_stay_within_what_the_settings_named(make: MakeSchedule, at: At) -> None:
    schedule = make()
    at(NOON + HOUR)
    changed = services.change(schedule, now=clock.now(), rules=WEEKDAYS_AT_NINE)

    old = explain(changed, at=NOON + MINUTE + SECOND, now=clock.now())
    new = explain(changed, at=NOON + HOUR + MINUTE, now=clock.now())

    assert (old.version, old.before, old.after) == (1, NOON + MINUTE, NOON + 2 * MINUTE)
    assert (new.version, new.before) == (2, None)
    assert new.after == datetime(2026, 6, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["interval", "cron"])
def test_the_time_before_is_found_at_once_for_a_dense_rule(make: MakeSchedule, kind: str) -> None:
    rules = {
        "interval": [{"kind": "interval", "every_seconds": 1}],
        "cron": [{"kind": "cron", "expression": "* * * 2 6 *"}],
    }[kind]
    schedule = make(rules=rules)
    instant = datetime(2026, 12, 24, 18, 0, 0, 500, tzinfo=UTC)

    answer = explain(schedule, at=instant, now=NOON)

    expected = {
        "interval": instant.replace(microsecond=0),
        "cron": datetime(2026, 6, 2, 23, 59, 59, tzinfo=UTC),
    }
    assert answer.before == expected[kind]


def test_a_delay_after_completion_says_that_it_counts_from_the_end(make: MakeSchedule, at: At) -> None:
    schedule = make(rules=[{"kind": "after_completion", "delay_seconds": 60}])
    at(NOON + MINUTE)
    beat()
    schedule.refresh_from_db()

    answer = explain(schedule, at=NOON + HOUR, now=clock.now())

    assert (answer.outcome, answer.reason) == ("no_time", "after_completion")


def test_rules_that_broke_are_named(make: MakeSchedule) -> None:
    schedule = make()
    Schedule.objects.filter(pk=schedule.pk).update(rules=[{"kind": "cron", "expression": "61 * * * *"}])
    schedule.refresh_from_db()

    answer = explain(schedule, at=NOON + MINUTE, now=NOON)

    assert (answer.outcome, answer.reason) == ("no_time", "unreadable")
    assert "minute" in answer.why
