"""What holds of every plan, and of one pass beside several."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules import misfire
from schedules.misfire import (
    MAX_REACHED,
    MAX_STARTS,
    SHORTEST_WINDOW,
    CatchUp,
    CatchUpMode,
    Fire,
    Plan,
    Skipped,
    plan,
)
from schedules.reasons import Reason

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
seconds = st.integers(0, 400).map(SECOND.__mul__)
catch_ups = st.builds(
    CatchUp,
    st.sampled_from(CatchUpMode),
    seconds,
    most=st.none() | st.integers(1, 50),
    deadline=st.none() | seconds,
)


@st.composite
def timetables(draw: st.DrawFn) -> list[Fire]:
    """Strictly increasing nominal times around noon, spread without passing each other, some barred."""
    offsets = sorted(draw(st.sets(st.integers(-400, 20), max_size=60)))
    nominal = [NOON + SECOND * offset for offset in offsets]
    following = [*nominal, NOON + timedelta(hours=1)][1:]
    part = st.floats(0, 0.99)
    barred = st.none() | st.sampled_from([Reason.CALENDAR, Reason.REQUESTED])
    return [
        Fire(at, at + (until - at) * draw(part), draw(barred))
        for at, until in zip(nominal, following, strict=True)
    ]


def covered(skips: Sequence[Skipped], fires: Sequence[Fire]) -> list[Fire]:
    """Return the fires that lie in the ranges, once for each range."""
    return [fire for fire in fires for skip in skips if skip.first <= fire.fire_at <= skip.last]


@dataclass
class Passes:
    """What several passes do together, each going on where the last one stopped."""

    start: list[Fire] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    number: int = 0

    def run(self, fires: Sequence[Fire], *, left: int | None = None, **how: object) -> "Passes":
        cursor = None
        while True:
            ahead = (fire for fire in fires if cursor is None or fire.fire_at > cursor)
            rest = None if left is None else left - len(self.start)
            done: Plan = plan(ahead, left=rest, **how)  # type: ignore[arg-type]
            if done.cursor is None:
                return self
            assert cursor is None or done.cursor > cursor
            cursor = done.cursor
            self.start += done.start
            self.skipped += done.skipped
            self.number += 1


@given(fires=timetables(), catch_up=catch_ups, left=st.none() | st.integers(0, 30), ago=st.none() | seconds)
def test_every_reached_time_starts_or_is_skipped_once_or_is_from_before_it_took_effect(
    fires: list[Fire], catch_up: CatchUp, left: int | None, ago: timedelta | None
) -> None:
    since = None if ago is None else NOON - ago
    how = {"now": NOON, "catch_up": catch_up, "effective_from": since}
    reached = [fire for fire in fires if fire.due_at <= NOON]

    done = Passes().run(fires, left=left, **how)

    in_effect = [fire for fire in reached if since is None or fire.due_at >= since]
    assert sorted([*done.start, *covered(done.skipped, in_effect)], key=lambda f: f.fire_at) == in_effect
    assert sum(skip.count for skip in done.skipped) + len(done.start) == len(in_effect)


@given(fires=timetables(), catch_up=catch_ups, left=st.none() | st.integers(0, 30))
def test_starts_and_ranges_are_in_order_and_within_the_policy(
    fires: list[Fire], catch_up: CatchUp, left: int | None
) -> None:
    done = plan(fires, now=NOON, catch_up=catch_up, left=left)

    window = max(catch_up.window, SHORTEST_WINDOW)
    longest = window if catch_up.deadline is None else min(window, catch_up.deadline)
    assert list(done.start) == sorted(set(done.start), key=lambda fire: fire.fire_at)
    assert all(not fire.barred and NOON - fire.due_at <= longest for fire in done.start)
    assert len(done.start) <= min(MAX_STARTS, MAX_STARTS if left is None else left)
    bounds = [at for skip in done.skipped for at in (skip.first, skip.last)]
    assert bounds == sorted(bounds)
    assert done.cursor is None or done.cursor <= NOON


@given(fires=timetables(), catch_up=catch_ups, left=st.none() | st.integers(0, 30))
def test_several_small_passes_do_what_one_large_pass_does(
    fires: list[Fire], catch_up: CatchUp, left: int | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(misfire, "MAX_STARTS", 1_000)
        whole = Passes().run(fires, now=NOON, catch_up=catch_up, left=left)

    parts = Passes().run(fires, now=NOON, catch_up=catch_up, left=left)

    assert whole.number <= 1
    assert parts.start == whole.start
    assert covered(parts.skipped, fires) == covered(whole.skipped, fires)


@pytest.mark.parametrize("mode", [CatchUpMode.LATEST, CatchUpMode.ALL, CatchUpMode.NONE])
@given(
    fires=timetables(), window=seconds, most=st.none() | st.integers(1, 5), most_reached=st.integers(12, 40)
)
def test_a_backlog_that_is_cut_starts_what_it_would_start_whole(
    mode: CatchUpMode, fires: list[Fire], window: timedelta, most: int | None, most_reached: int
) -> None:
    catch_up = CatchUp(mode, window, most=most)
    whole = Passes().run(fires, now=NOON, catch_up=catch_up)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(misfire, "MAX_REACHED", most_reached)
        parts = Passes().run(fires, now=NOON, catch_up=catch_up)

    assert parts.start == whole.start
    assert sum(skip.count for skip in parts.skipped) == sum(skip.count for skip in whole.skipped)


def every_second(*, start: datetime) -> Iterator[Fire]:
    while True:
        yield Fire(start, start)
        start += SECOND


@pytest.mark.parametrize(("mode", "started"), [("latest", 1), ("earliest", 3), ("all", 100), ("none", 1)])
def test_an_outage_of_half_a_day_is_accounted_for_in_bounded_passes(mode: str, started: int) -> None:
    first = NOON - 50_000 * SECOND
    catch_up = CatchUp(CatchUpMode(mode), timedelta(days=1), most=100)
    fires = list(islice(every_second(start=first), 50_010))

    done = Passes().run(fires, now=NOON, catch_up=catch_up)

    assert len(done.start) == started
    assert len(done.start) + sum(skip.count for skip in done.skipped) == 50_001
    assert done.number < 12


def test_a_pass_takes_no_more_times_than_it_needs() -> None:
    fires = every_second(start=NOON - 100_000 * SECOND)

    done = plan(fires, now=NOON, catch_up=CatchUp(CatchUpMode.LATEST, timedelta(days=30)))

    assert done.reached == MAX_REACHED
    assert next(fires).fire_at == NOON - (100_000 - MAX_REACHED - 1) * SECOND
