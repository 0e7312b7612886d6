"""The state machine of a circuit breaker, without a database."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from executions.circuits.breaker import (
    Permission,
    State,
    Tally,
    answered,
    closed,
    counted,
    given_back,
    held_open,
    is_dirty,
    permission,
    probing,
)
from workflows.definition import CircuitBreaker

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
POLICY = CircuitBreaker(failures=0.5, minimum=4, window="60s", pause="30s")
CLEAN = closed(now=NOON)
OPEN = counted(CLEAN, Tally(0, 4), policy=POLICY, now=NOON)
PROBE = NOON + 90 * SECOND
HALF_OPEN = probing(OPEN, until=PROBE, now=NOON + 30 * SECOND)


def count(standing, well, bad, /, *, after=0, **policy):
    wanted = POLICY.model_copy(update=policy)
    return counted(standing, Tally(well, bad), policy=wanted, now=NOON + after * SECOND)


def test_it_opens_at_the_rate_of_failures_and_not_below():
    assert count(CLEAN, 3, 2).state is State.CLOSED
    assert count(CLEAN, 2, 2).state is State.OPEN
    assert count(CLEAN, 0, 4, failures=1.0).state is State.OPEN
    assert count(CLEAN, 1, 99, failures=1.0).state is State.CLOSED


def test_it_stays_closed_below_the_minimum_of_calls():
    assert count(CLEAN, 0, 3).state is State.CLOSED
    assert count(count(CLEAN, 0, 3), 0, 1, after=59).state is State.OPEN


def test_what_failed_before_the_window_is_forgotten():
    later = count(count(CLEAN, 0, 3), 0, 3, after=60)

    assert (later.state, later.tally, later.window_started_at) == (
        State.CLOSED,
        Tally(0, 3),
        NOON + 60 * SECOND,
    )


def test_while_open_nothing_is_called_before_the_pause_is_over():
    assert permission(OPEN, now=NOON + 29 * SECOND) is Permission.WAIT
    assert permission(OPEN, now=NOON + 30 * SECOND) is Permission.PROBE


def test_there_is_one_probe():
    assert HALF_OPEN.state is State.HALF_OPEN
    assert permission(HALF_OPEN, now=NOON + 89 * SECOND) is Permission.WAIT
    assert probing(HALF_OPEN, until=PROBE + SECOND, now=NOON + 31 * SECOND) is HALF_OPEN


def test_a_lost_probe_is_followed_by_another():
    again = probing(HALF_OPEN, until=PROBE + 60 * SECOND, now=PROBE)

    assert again.probing_until == PROBE + 60 * SECOND


def test_a_probe_that_is_well_closes_it_with_a_clean_count():
    now = NOON + 40 * SECOND

    assert answered(HALF_OPEN, probe=PROBE, is_well=True, pause=POLICY.pause, now=now) == closed(now=now)


def test_a_probe_that_fails_opens_it_for_another_pause():
    now = NOON + 40 * SECOND

    after = answered(HALF_OPEN, probe=PROBE, is_well=False, pause=POLICY.pause, now=now)

    assert (after.state, after.retry_at, after.opened_at) == (State.OPEN, now + POLICY.pause, NOON)


def test_a_probe_that_found_out_nothing_makes_room_for_another_at_once():
    now = NOON + 40 * SECOND

    assert permission(given_back(HALF_OPEN, probe=PROBE, now=now), now=now) is Permission.PROBE


def test_the_answer_of_a_lost_probe_changes_nothing():
    again = probing(HALF_OPEN, until=PROBE + 60 * SECOND, now=PROBE)

    for is_well in (True, False):
        assert answered(again, probe=PROBE, is_well=is_well, pause=POLICY.pause, now=PROBE) is again
    assert given_back(again, probe=PROBE, now=PROBE) is again


def test_calls_that_were_begun_before_it_opened_say_nothing_new():
    for standing in (OPEN, HALF_OPEN):
        assert count(standing, 100, 100) is standing


def test_opened_by_hand_it_stays_so_until_then_or_until_it_is_closed_by_hand():
    until = held_open(CLEAN, until=NOON + SECOND, now=NOON)
    for_good = held_open(HALF_OPEN, until=None, now=NOON)

    assert permission(until, now=NOON) is Permission.WAIT
    assert permission(until, now=NOON + SECOND) is Permission.PROBE
    assert permission(for_good, now=NOON + timedelta(days=9_999)) is Permission.WAIT


def test_only_failures_within_the_window_make_successes_worth_telling():
    failing = count(CLEAN, 0, 1)

    assert is_dirty(failing, window=POLICY.window, now=NOON + 59 * SECOND)
    assert not is_dirty(failing, window=POLICY.window, now=NOON + 60 * SECOND)
    assert not is_dirty(CLEAN, window=POLICY.window, now=NOON)
    assert not is_dirty(OPEN, window=POLICY.window, now=NOON)


calls = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 20)), max_size=30)


@given(calls, st.floats(0.01, 1), st.integers(1, 30))
def test_it_opens_only_where_the_calls_of_the_window_deserve_it(told, rate, minimum):
    standing, at = CLEAN, 0
    for successes, failures, pause in told:
        at += pause
        before, standing = (
            standing,
            count(standing, successes, failures, after=at, failures=rate, minimum=minimum),
        )
        total = standing.tally.successes + standing.tally.failures
        deserves = (
            total >= minimum and standing.tally.failures >= rate * total and standing.tally.failures > 0
        )
        assert (standing.state is State.OPEN) == (before.state is State.OPEN or deserves)
        assert standing.state is State.OPEN or NOON + at * SECOND - standing.window_started_at < POLICY.window


@given(calls)
def test_however_the_calls_are_split_among_workers_the_count_is_the_same(told):
    never = {"failures": 1.0, "minimum": 100_000}
    at_once = count(CLEAN, sum(s for s, _, _ in told), sum(f for _, f, _ in told), **never)
    standing = CLEAN
    for successes, failures, _ in told:
        standing = count(standing, successes, failures, **never)

    assert standing.tally == at_once.tally
