"""When schedules start executions, searched once for all that agree."""

from datetime import timedelta
from itertools import islice

import pytest

from schedules import timetable
from schedules.load import timings as module
from schedules.load.planning import DAY
from schedules.load.timings import Coverage, Timing, timings
from schedules.models import Schedule
from tests.schedules.load.conftest import MONDAY, MakeSchedule, rules

WEEK = 7 * DAY

pytestmark = pytest.mark.django_db


def found(*schedules: Schedule, minutes: int = WEEK) -> list[Timing]:
    return list(timings(schedules, start=MONDAY, minutes=minutes))


@pytest.mark.parametrize("rule", ["0 2 * * *", "*/7 9-17 * * MON-FRI", "30 1 29 * *", 60, 90, 86_400])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/St_Johns"])
def test_the_times_are_the_timetables(make: MakeSchedule, rule: object, zone: str):
    schedule = make("one", rule, timezone=zone)

    (timing,) = found(schedule)

    end = MONDAY + timedelta(minutes=WEEK)
    due = (fire.due_at for fire in timetable.fires(schedule, after=MONDAY - timedelta.resolution))
    expected = [int((at - MONDAY).total_seconds()) for at in _until(due, end)]
    assert (list(timing.times), timing.coverage) == (expected, Coverage.EXACT)


def _until(times, end):
    for at in times:
        if at >= end:
            return
        yield at


def test_rules_that_mean_the_same_share_one_search(make: MakeSchedule):
    schedules = [make("one", "0 9 * * 1-5"), make("two", "00 9 * * MON-FRI"), make("three", "0 9 * * *")]

    assert [len(timing.schedules) for timing in found(*schedules)] == [2, 1]


def test_intervals_of_the_same_second_share_one_search(make: MakeSchedule):
    anchors = ("2026-01-01T00:00:07.1+00:00", "2026-01-01T00:05:07.9+00:00", "2026-01-01T00:00:08+00:00")
    one, two, three = (
        make(f"s{n}", [{"kind": "interval", "every_seconds": 300, "anchor": anchor}])
        for n, anchor in enumerate(anchors)
    )

    assert [timing.schedules for timing in found(one, two, three)] == [(one, two), (three,)]


def test_schedules_in_other_zones_are_searched_alone(make: MakeSchedule):
    schedules = [make("one", "0 9 * * *"), make("two", "0 9 * * *", timezone="Asia/Tokyo")]

    assert len(found(*schedules)) == 2


def test_hashed_minutes_are_those_of_each_schedule(make: MakeSchedule):
    schedules = [make(f"s{n}", "H * * * *") for n in range(20)]

    timing_by_id = {one.pk: timing for timing in found(*schedules) for one in timing.schedules}

    for schedule in schedules:
        first = next(timetable.times(schedule, after=MONDAY - timedelta.resolution))
        assert timing_by_id[schedule.pk].times[0] == (first - MONDAY).seconds


@pytest.mark.parametrize("every", [1, 7, 60, 3_601])
def test_a_plain_interval_is_a_series_of_its_own_times(make: MakeSchedule, every: int):
    rule = {"kind": "interval", "every_seconds": every, "anchor": "2026-01-01T00:00:07.5+00:00"}
    schedule = make("one", [rule])

    (timing,) = found(schedule)

    fires = islice(timetable.times(schedule, after=MONDAY - timedelta.resolution), 500)
    assert (type(timing.times), timing.coverage) == (range, Coverage.EXACT)
    assert (
        list(timing.times[:500]) == [int((at - MONDAY).total_seconds()) for at in fires][: len(timing.times)]
    )


@pytest.mark.parametrize(("rule", "count"), [("*/20 * * * * *", 30_240), (1.5, 403_200)])
def test_a_dense_rule_repeats_its_first_day(make: MakeSchedule, rule: object, count: int):
    (timing,) = found(make("dense", rule))

    assert (timing.coverage, len(timing.times)) == (Coverage.SAMPLED, count)
    assert list(timing.times) == sorted(set(timing.times))


def test_within_one_day_a_dense_rule_is_exact(make: MakeSchedule):
    (timing,) = found(make("dense", "*/10 * * * * *"), minutes=DAY)

    assert (timing.coverage, list(timing.times)) == (Coverage.EXACT, list(range(0, 86_400, 10)))


@pytest.mark.parametrize("rule", [10, "*/10 * * * * *"])
def test_a_dense_rule_keeps_its_bounds(make: MakeSchedule, rule: object):
    start, end = MONDAY + timedelta(hours=3), MONDAY + timedelta(days=2, hours=1)

    (timing,) = found(make("dense", rule, start_at=start, end_at=end))

    assert (timing.times[0], timing.times[-1]) == (10_800, (end - MONDAY).total_seconds())


def test_a_dense_spread_repeats_its_first_day(make: MakeSchedule):
    schedule = make("dense", "*/10 * * * *", spread="jitter", spread_window=timedelta(minutes=5))

    (timing,) = found(schedule)

    first = [at for at in timing.times if at < timing.times[0] + 86_400]
    assert timing.coverage is Coverage.SAMPLED
    assert 143 <= len(first) <= 145
    assert [at - 86_400 for at in timing.times[len(first) : 2 * len(first)]] == first


def test_dense_rules_come_last_and_are_left_out_beyond_the_bound(make: MakeSchedule, monkeypatch):
    monkeypatch.setattr(module, "MOST_TIMES", 20_000)

    dense, daily = found(make("dense", "*/10 * * * * *"), make("daily", "0 9 * * *"))[::-1]

    assert (daily.schedules[0].name, daily.coverage) == ("daily", Coverage.EXACT)
    assert (dense.schedules[0].name, dense.coverage, len(dense.times)) == ("dense", Coverage.LEFT_OUT, 0)


def test_when_the_bound_is_reached_the_rest_is_left_out(make: MakeSchedule, monkeypatch):
    monkeypatch.setattr(module, "MOST_TIMES", 7)

    first, second = found(make("one", "0 9 * * *"), make("two", "0 10 * * *"))

    assert (first.coverage, second.coverage) == (Coverage.EXACT, Coverage.LEFT_OUT)


def test_a_rule_that_cannot_be_read_is_left_out(make: MakeSchedule):
    broken = make("broken", "0 9 * * *")
    broken.rules = rules("99 9 * * *")

    assert [timing.coverage for timing in found(broken, make("daily", "0 9 * * *"))] == [
        Coverage.LEFT_OUT,
        Coverage.EXACT,
    ]


def test_a_spread_schedule_starts_at_its_due_times(make: MakeSchedule):
    schedule = make("spread", "0 * * * *", spread="window", spread_window=timedelta(minutes=30))

    (timing,) = found(schedule, minutes=DAY)

    offsets = [at % 3600 for at in timing.times]
    assert (len(offsets), max(offsets) <= 1800, len(set(offsets)) > 12) == (24, True, True)
