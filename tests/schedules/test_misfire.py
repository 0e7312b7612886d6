"""The plan of a pass, without a database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.misfire import MAX_REACHED, MAX_STARTS, CatchUp, CatchUpMode, Missed, Plan, plan

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATEST = CatchUp(CatchUpMode.LATEST, timedelta(hours=1))
ALL = CatchUp(CatchUpMode.ALL, timedelta(hours=1))


def every(step: timedelta, *, start: datetime) -> Iterator[datetime]:
    while True:
        yield start
        start += step


def test_a_time_that_has_just_come_starts() -> None:
    assert plan(every(MINUTE, start=NOON), now=NOON, catch_up=LATEST) == Plan((NOON,), None, NOON)


def test_a_time_that_has_not_come_is_left_alone() -> None:
    assert plan(every(MINUTE, start=NOON + MINUTE), now=NOON, catch_up=LATEST) == Plan((), None, None)


def test_after_an_outage_only_the_newest_fire_time_starts() -> None:
    done = plan(every(MINUTE, start=NOON - 9 * MINUTE), now=NOON, catch_up=LATEST)

    assert done == Plan((NOON,), Missed(NOON - 9 * MINUTE, NOON - MINUTE, 9), NOON)


def test_a_time_older_than_the_window_is_missed() -> None:
    late = NOON - timedelta(hours=2)

    assert plan([late], now=NOON, catch_up=LATEST) == Plan((), Missed(late, late, 1), late)


def test_mode_all_starts_each_time_within_the_window_in_order() -> None:
    done = plan(every(timedelta(minutes=20), start=NOON - timedelta(hours=2)), now=NOON, catch_up=ALL)

    assert done.start == tuple(NOON - timedelta(minutes=20) * n for n in (3, 2, 1, 0))
    assert done.missed == Missed(NOON - timedelta(hours=2), NOON - timedelta(minutes=80), 3)


@pytest.mark.parametrize("mode", CatchUpMode)
@given(outage=st.integers(0, 5_000), window=st.integers(0, 4_000))
def test_over_any_number_of_passes_each_time_is_accounted_for_once(
    mode: CatchUpMode, outage: int, window: int
) -> None:
    second = timedelta(seconds=1)
    catch_up = CatchUp(mode, window * second)
    first = cursor = NOON - outage * second
    started: list[datetime] = []
    missed = 0

    while (done := plan(every(second, start=cursor), now=NOON, catch_up=catch_up)).cursor is not None:
        assert len(done.start) <= MAX_STARTS
        assert len(done.start) + (done.missed.count if done.missed else 0) <= MAX_REACHED
        started += done.start
        missed += done.missed.count if done.missed else 0
        cursor = done.cursor + second

    assert len(started) + missed == (NOON - first) // second + 1
    assert started == sorted(set(started))
    assert len(started) == (1 if mode is CatchUpMode.LATEST else min(window, outage) + 1)
