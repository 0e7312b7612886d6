"""The sums behind the planned load, against an oracle that runs every second."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schedules.load.planning import Bucket, Load, Planned, buckets, by_weekday, peak, plan_load

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
MINUTES = 5

times = st.lists(st.integers(0, MINUTES * 60 - 1), unique=True, max_size=20).map(sorted)
series = st.builds(range, st.integers(0, 100), st.just(MINUTES * 60), st.integers(1, 90))
lengths = st.dictionaries(st.integers(1, 400), st.integers(1, 4), min_size=1, max_size=3)
items = st.lists(st.builds(Planned, times | series, lengths), max_size=6)


def running_at(planned: list[Planned], second: int) -> int:
    """Count what runs at one second, execution by execution."""
    return sum(
        count
        for times, lengths in planned
        for seconds, count in lengths.items()
        for at in times
        if at <= second < at + seconds
    )


@given(items)
def test_every_start_counts_in_its_minute(planned: list[Planned]):
    load = plan_load(planned, start=MONDAY, minutes=MINUTES)

    for minute in range(MINUTES):
        inside = range(minute * 60, minute * 60 + 60)
        assert load.starts[minute] == sum(
            sum(lengths.values()) for times, lengths in planned for at in times if at in inside
        )


@given(items)
def test_a_minute_is_as_busy_as_its_fullest_second(planned: list[Planned]):
    load = plan_load(planned, start=MONDAY, minutes=MINUTES)

    for minute in range(MINUTES):
        inside = range(minute * 60, minute * 60 + 60)
        assert load.busy[minute] == max(running_at(planned, second) for second in inside)


@given(items, items)
def test_the_load_of_two_parts_starts_what_each_starts(one: list[Planned], two: list[Planned]):
    together, first, second = (
        plan_load(part, start=MONDAY, minutes=MINUTES) for part in ([*one, *two], one, two)
    )

    assert together.starts == [a + b for a, b in zip(first.starts, second.starts, strict=True)]
    assert all(a <= b + c for a, b, c in zip(together.busy, first.busy, second.busy, strict=True))


def test_an_execution_that_ends_as_another_starts_leaves_its_slot():
    load = plan_load([Planned([0, 60, 120], {60: 1})], start=MONDAY, minutes=3)

    assert (load.starts, load.busy) == ([1, 1, 1], [1, 1, 1])


def test_the_peak_is_the_first_of_the_highest():
    assert peak([1, 3, 0, 3]) == (1, 3)


def test_buckets_begin_on_the_hour_and_leave_out_the_idle():
    load = Load(MONDAY.replace(hour=10, minute=58), starts=[1, 2, 3, 0], busy=[1, 2, 9, 0])

    assert buckets(load, minutes=60) == [
        Bucket(MONDAY.replace(hour=10), 3, 2),
        Bucket(MONDAY.replace(hour=11), 3, 9),
    ]
    assert [bucket.at.minute for bucket in buckets(load, minutes=1)] == [58, 59, 0]


@given(st.integers(0, 10_080), items)
def test_the_weekdays_hold_every_start(ahead: int, planned: list[Planned]):
    load = plan_load(planned, start=MONDAY, minutes=MINUTES)

    assert sum(map(sum, by_weekday(load))) == sum(load.starts)


def test_a_start_counts_for_its_weekday_and_hour():
    load = plan_load([Planned([90], {1: 1})], start=MONDAY.replace(day=7, hour=23, minute=59), minutes=2)

    assert by_weekday(load)[0][0] == 1
