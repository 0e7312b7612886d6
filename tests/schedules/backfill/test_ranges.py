"""The times of a range, from either end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import services as schedules
from schedules.backfill import ranges
from schedules.backfill.errors import TooManyTimes
from schedules.models import Backfill
from tests.schedules.backfill.conftest import HOUR, NOON, MakeSchedule

START = datetime(2026, 1, 1, tzinfo=UTC)


def plain(seconds: set[int]) -> Callable[[datetime, datetime], Iterator[datetime]]:
    times = sorted(START + timedelta(seconds=second) for second in seconds)
    return lambda first, last: (at for at in times if first <= at <= last)


@given(
    st.sets(st.integers(0, 5_000), max_size=60),
    st.integers(0, 5_000),
    st.integers(0, 5_000),
    st.integers(1, 70),
    st.integers(1, 6_000),
)
def test_the_newest_times_are_the_end_of_all_whatever_the_window(
    seconds: set[int], first: int, length: int, most: int, width: int
):
    times, since = plain(seconds), START + timedelta(seconds=first)
    until = since + timedelta(seconds=length)

    newest = ranges.newest(times, first=since, last=until, most=most, width=timedelta(seconds=width))

    assert newest == list(reversed(list(times(since, until))))[:most]


RULES: list[Any] = [
    "*/7 * * * *",
    "30 2 * * *",
    "0 0 29 2 *",
    [{"kind": "interval", "every_seconds": 4000, "anchor": "2020-01-01T00:00:00+00:00"}],
    [{"kind": "rrule", "rrule": "FREQ=DAILY;INTERVAL=3", "start": "2020-01-01T02:30:00"}],
    [{"kind": "cron", "expression": "15 2 * * *"}, {"kind": "cron", "expression": "H 1-3 * * SUN"}],
]
NIGHTS = [
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2025, 10, 26, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=UTC),
]


@pytest.mark.django_db
@pytest.mark.parametrize("night", NIGHTS, ids=str)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_both_orders_have_the_times_of_the_rules_in_parts_of_any_size(
    make_schedule: MakeSchedule, rule: Any, night: datetime
):
    schedule = make_schedule(rule, timezone="Europe/Berlin", dst_overlap="both")
    first, last = night - 30 * HOUR, night + 30 * HOUR
    fires = islice(schedules.next_fires(schedule, after=first - ranges.TICK, count=1_000), 1_000)
    expected = [at for at in fires if at <= last]

    for order in Backfill.Order:
        for most in (1, 3, 500):
            backfill = Backfill(
                schedule=schedule, from_at=first, to_at=last, order=order, total=len(expected)
            )
            wanted = expected if order == Backfill.Order.OLDEST_FIRST else expected[::-1]
            assert handed_out(backfill, most=most) == wanted


def handed_out(backfill: Backfill, *, most: int) -> list[datetime]:
    times: list[datetime] = []
    while part := ranges.ahead(backfill, most=most):
        times += part
        backfill.cursor_at = part[-1]
    return times


@pytest.mark.django_db
@pytest.mark.parametrize(("night", "times"), [("2026-03-28", 23), ("2025-10-25", 25)])
def test_the_day_that_the_clock_is_changed_has_its_hours(make_schedule: MakeSchedule, night: str, times: int):
    schedule = make_schedule(timezone="Europe/Berlin")
    zone_noon = datetime.fromisoformat(f"{night}T12:00:00").replace(tzinfo=UTC)
    first = zone_noon - HOUR * (1 if times == 23 else 2)
    last = first + (times - 1) * HOUR

    found = ranges.all_of(schedule, from_at=first, to_at=last)

    assert len(found) == times
    assert (found[0], found[-1]) == (first, last)


@pytest.mark.django_db
def test_both_ends_are_in_the_range_and_the_bounds_of_the_schedule_hold(make_schedule: MakeSchedule):
    schedule = make_schedule()

    assert ranges.all_of(schedule, from_at=NOON - HOUR, to_at=NOON) == [NOON - HOUR, NOON]

    schedule.start_at = NOON - ranges.TICK
    assert ranges.all_of(schedule, from_at=NOON - HOUR, to_at=NOON) == [NOON]


@pytest.mark.django_db
def test_a_rule_that_counts_from_the_end_of_a_run_has_no_past(make_schedule: MakeSchedule):
    schedule = make_schedule([{"kind": "after_completion", "delay_seconds": 60}])
    schedule.ended_at = NOON - HOUR

    assert ranges.all_of(schedule, from_at=NOON - 2 * HOUR, to_at=NOON) == []


@pytest.mark.django_db
def test_a_range_of_too_many_times_is_refused_with_the_end_that_would_do(make_schedule: MakeSchedule):
    schedule = make_schedule("* * * * * *")
    first = NOON - 10 * HOUR

    with pytest.raises(TooManyTimes) as refusal:
        ranges.all_of(schedule, from_at=first, to_at=NOON)

    assert len(ranges.all_of(schedule, from_at=first, to_at=refusal.value.reached)) == ranges.MAX_TIMES


@pytest.mark.django_db
def test_the_search_through_excluded_times_is_bounded(make_schedule: MakeSchedule, organization):
    window = {"kind": "instants", "from": "2020-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
    calendar = schedules.create_calendar(organization, now=NOON, name="freeze", entries=[window])
    schedule = make_schedule("* * * * * *", calendars=[calendar.pk])

    with pytest.raises(TooManyTimes):
        ranges.all_of(schedule, from_at=NOON - 1_000 * HOUR, to_at=NOON)
