"""The plan of a pass, without a database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from schedules.misfire import CatchUp, CatchUpMode, Fire, Plan, plan
from schedules.reasons import Reason

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WITHIN_AN_HOUR = {mode: CatchUp(mode, HOUR) for mode in CatchUpMode}
LATEST, EARLIEST, ALL, NONE = (WITHIN_AN_HOUR[mode] for mode in CatchUpMode)


def ago(*minutes: float) -> list[Fire]:
    """Return fires that many minutes before noon, due at once."""
    return [Fire(NOON - MINUTE * n, NOON - MINUTE * n) for n in minutes]


def minutes(fires: Sequence[Fire]) -> list[float]:
    """Return how many minutes before noon fires are."""
    return [(NOON - fire.fire_at) / MINUTE for fire in fires]


def ranges(done: Plan) -> list[tuple[str, float, float, int]]:
    """Return what was skipped as (reason, minutes before noon of the first, of the last, count)."""
    return [
        (skip.reason.value, (NOON - skip.first) / MINUTE, (NOON - skip.last) / MINUTE, skip.count)
        for skip in done.skipped
    ]


@pytest.mark.parametrize("mode", CatchUpMode)
def test_a_time_that_has_just_come_starts_in_every_mode(mode: CatchUpMode) -> None:
    assert plan(ago(0), now=NOON, catch_up=WITHIN_AN_HOUR[mode]) == Plan(tuple(ago(0)), (), NOON, 1)


@pytest.mark.parametrize("mode", CatchUpMode)
def test_a_time_that_has_not_come_is_left_alone(mode: CatchUpMode) -> None:
    assert plan(ago(-1 / 600), now=NOON, catch_up=WITHIN_AN_HOUR[mode]) == Plan()


@pytest.mark.parametrize(
    ("mode", "starts"),
    [("latest", [0.5]), ("earliest", [60]), ("all", [60, 30, 10, 0.5]), ("none", [0.5])],
)
def test_each_mode_chooses_among_what_is_within_the_window(mode: str, starts: list[float]) -> None:
    done = plan(ago(90, 61, 60, 30, 10, 0.5), now=NOON, catch_up=WITHIN_AN_HOUR[CatchUpMode(mode)])

    assert minutes(done.start) == starts
    assert sum(skip.count for skip in done.skipped) + len(done.start) == 6
    assert {skip.reason for skip in done.skipped} == {Reason.MISFIRE}


def test_mode_none_takes_the_newest_only_if_it_is_reached_within_a_minute() -> None:
    on_time, late = [plan(ago(5, n), now=NOON, catch_up=NONE) for n in (1, 1.01)]

    assert minutes(on_time.start) == [1]
    assert (late.start, late.skipped[0].count) == ((), 2)


@pytest.mark.parametrize("mode", CatchUpMode)
def test_the_window_is_inclusive(mode: CatchUpMode) -> None:
    window = timedelta(seconds=30)
    just, over = [plan(ago(n), now=NOON, catch_up=CatchUp(mode, window)) for n in (0.5, 0.5 + 1 / 60_000_000)]

    assert (len(just.start), len(over.start)) == (1, 0)


@pytest.mark.parametrize("mode", CatchUpMode)
def test_a_window_of_nothing_still_starts_what_beat_reaches_at_once(mode: CatchUpMode) -> None:
    none = CatchUp(mode, timedelta(0))
    at_once, late = [plan(ago(n), now=NOON, catch_up=none) for n in (1 / 60, 11 / 60)]

    assert (len(at_once.start), len(late.start)) == (1, 0)


def test_ages_are_measured_from_the_due_time() -> None:
    spread = [Fire(NOON - 90 * MINUTE, NOON - 59 * MINUTE)]
    too_late = [Fire(NOON - 90 * MINUTE, NOON - 61 * MINUTE)]

    assert plan(spread, now=NOON, catch_up=LATEST).start == tuple(spread)
    assert plan(too_late, now=NOON, catch_up=LATEST).start == ()


def test_a_time_that_is_due_later_than_now_is_not_reached_though_its_nominal_time_has_passed() -> None:
    fires = [*ago(10), Fire(NOON - 5 * MINUTE, NOON + MINUTE)]

    done = plan(fires, now=NOON, catch_up=ALL)

    assert (minutes(done.start), done.cursor) == ([10], NOON - 10 * MINUTE)


def test_a_cap_keeps_the_newest() -> None:
    done = plan(ago(50, 40, 30, 20, 10), now=NOON, catch_up=replace(ALL, most=2))

    assert minutes(done.start) == [20, 10]
    assert ranges(done) == [("misfire", 50, 30, 3)]


@pytest.mark.parametrize("mode", ["latest", "earliest", "none"])
def test_a_cap_of_one_changes_nothing_in_modes_that_start_one(mode: str) -> None:
    catch_up = WITHIN_AN_HOUR[CatchUpMode(mode)]

    assert plan(ago(9, 0.5), now=NOON, catch_up=replace(catch_up, most=1)) == plan(
        ago(9, 0.5), now=NOON, catch_up=catch_up
    )


@pytest.mark.parametrize(("mode", "starts"), [("latest", [10]), ("earliest", []), ("all", [20, 10])])
def test_a_start_past_its_deadline_is_missed_after_it_was_chosen(mode: str, starts: list[float]) -> None:
    catch_up = replace(WITHIN_AN_HOUR[CatchUpMode(mode)], deadline=25 * MINUTE)

    done = plan(ago(30, 20, 10), now=NOON, catch_up=catch_up)

    assert minutes(done.start) == starts
    assert {reason for reason, *_ in ranges(done)} == {"misfire"}


def test_times_due_before_the_schedule_took_effect_are_neither_started_nor_recorded() -> None:
    done = plan(ago(30, 20, 10), now=NOON, catch_up=ALL, effective_from=NOON - 20 * MINUTE)

    assert (minutes(done.start), done.skipped, done.reached) == ([20, 10], (), 3)


def test_a_time_nominally_before_and_due_after_it_took_effect_starts() -> None:
    fires = [Fire(NOON - 30 * MINUTE, NOON - 10 * MINUTE)]

    done = plan(fires, now=NOON, catch_up=LATEST, effective_from=NOON - 20 * MINUTE)

    assert minutes(done.start) == [30]


@pytest.mark.parametrize("mode", CatchUpMode)
def test_when_all_times_are_before_it_took_effect_only_the_cursor_moves(mode: CatchUpMode) -> None:
    done = plan(ago(30, 20), now=NOON, catch_up=WITHIN_AN_HOUR[mode], effective_from=NOON)

    assert done == Plan((), (), NOON - 20 * MINUTE, 2)


def test_a_barred_time_keeps_its_reason_and_the_newest_other_one_starts() -> None:
    barred = replace(ago(0)[0], barred=Reason.CALENDAR, detail="closed")
    fires = [*ago(20, 10), barred]

    done = plan(fires, now=NOON, catch_up=LATEST)

    assert minutes(done.start) == [10]
    assert ranges(done) == [("misfire", 20, 20, 1), ("calendar", 0, 0, 1)]
    assert done.skipped[-1].detail == "closed"


def test_a_barred_time_outside_the_window_is_recorded_as_barred_not_as_missed() -> None:
    old = replace(ago(90)[0], barred=Reason.REQUESTED)

    assert ranges(plan([old], now=NOON, catch_up=LATEST)) == [("requested", 90, 90, 1)]


def test_barred_times_of_different_reasons_are_different_ranges() -> None:
    why = [(Reason.CALENDAR, "a"), (Reason.CALENDAR, "a"), (Reason.CALENDAR, "b"), (Reason.REQUESTED, "b")]
    barred = [Fire(f.fire_at, f.due_at, *one) for f, one in zip(ago(5, 4, 3, 2), why, strict=True)]

    done = plan([*barred, *ago(1)], now=NOON, catch_up=ALL)

    assert ranges(done) == [("calendar", 5, 4, 2), ("calendar", 3, 3, 1), ("requested", 2, 2, 1)]


def test_a_start_between_two_missed_times_ends_the_range() -> None:
    done = plan(ago(30, 20, 10), now=NOON, catch_up=EARLIEST)
    late = plan([*ago(90), *ago(20), *ago(10)], now=NOON, catch_up=replace(EARLIEST, window=25 * MINUTE))

    assert ranges(done) == [("misfire", 20, 10, 2)]
    assert ranges(late) == [("misfire", 90, 90, 1), ("misfire", 10, 10, 1)]


@pytest.mark.parametrize(
    ("left", "starts", "over"), [(0, 0, 3), (1, 1, 2), (3, 3, 0), (9, 3, 0), (None, 3, 0)]
)
def test_starts_beyond_the_limit_are_recorded_as_that(left: int | None, starts: int, over: int) -> None:
    done = plan(ago(30, 20, 10), now=NOON, catch_up=ALL, left=left)

    assert minutes(done.start) == [30, 20, 10][:starts]
    assert sum(skip.count for skip in done.skipped if skip.reason is Reason.LIMIT) == over


def test_a_time_past_its_deadline_uses_up_no_start() -> None:
    catch_up = replace(ALL, deadline=25 * MINUTE)

    done = plan(ago(30, 20, 10), now=NOON, catch_up=catch_up, left=1)

    assert minutes(done.start) == [20]
    assert ranges(done) == [("misfire", 30, 30, 1), ("limit", 10, 10, 1)]


@pytest.mark.parametrize(
    ("minutes_ago", "catch_up", "details"),
    [
        ([90], LATEST, ["older than the catch-up window of 1h"]),
        ([0.2], CatchUp(CatchUpMode.LATEST, timedelta(0)), ["older than the catch-up window of 10s"]),
        ([0.5, 0], LATEST, ["a newer time takes its place: catchup is latest"]),
        ([30, 20], EARLIEST, ["an older time takes its place: catchup is earliest"]),
        ([30, 20, 10], replace(ALL, most=2), ["newer times take its place: catchup_max is 2"]),
        ([5, 2], NONE, ["more than 1m late: catchup is none"]),
        ([0.5, 0], NONE, ["a newer time takes its place: catchup is none"]),
        ([30, 10], replace(ALL, deadline=15 * MINUTE), ["past its start deadline of 15m"]),
        (
            [90, 30, 10, 5],
            replace(LATEST, deadline=15 * MINUTE),
            [
                "older than the catch-up window of 1h",
                "past its start deadline of 15m",
                "a newer time takes its place: catchup is latest",
            ],
        ),
    ],
)
def test_a_missed_range_says_which_check_it_did_not_pass_and_when_it_was_reached(
    minutes_ago: list[float], catch_up: CatchUp, details: list[str]
) -> None:
    done = plan(ago(*minutes_ago), now=NOON, catch_up=catch_up)

    assert [skip.detail for skip in done.skipped] == [
        f"{detail}; reached at 2026-11-20T12:00:00+00:00" for detail in details
    ]


@pytest.mark.parametrize(("mode", "has_barred"), tuple(product(CatchUpMode, [False, True])))
def test_a_plan_is_the_same_whether_its_times_come_lazily_or_not(mode: CatchUpMode, has_barred: bool) -> None:
    fires = ago(*range(50, -10, -1))
    if has_barred:
        fires = [replace(f, barred=Reason.CALENDAR) if f.fire_at.minute % 3 else f for f in fires]

    catch_up = WITHIN_AN_HOUR[mode]
    assert plan(iter(fires), now=NOON, catch_up=catch_up) == plan(fires, now=NOON, catch_up=catch_up)
