"""Limits of starts in a period: never more in any window of that length, and nobody waits longer."""

from datetime import datetime, timedelta

import pytest

import clock
from executions import sweeps
from executions.admitting.limits.reasons import reason
from executions.errors import LimitReached
from executions.models import Place
from tests.executions.groups import claim, end
from tests.executions.limited import KEY, Limited, MakeLimited, Shift

MINUTE = {"starts": 2, "per": "1m"}


def admitted(flow: Limited) -> list[datetime]:
    places = Place.objects.filter(execution__workflow=flow.workflow, admitted_at__isnull=False)
    return sorted(at for at in places.values_list("admitted_at", flat=True) if at is not None)


def test_no_more_start_in_a_period_and_an_end_lets_nobody_in(make_limited: MakeLimited) -> None:
    flow = make_limited(MINUTE)
    flow.start_each("abc")

    end(claim())
    end(claim())

    assert (flow.named("completed"), flow.named("pending")) == ("ab", "c")


def test_time_lets_in_what_waits_in_order(make_limited: MakeLimited, shift_clock: Shift) -> None:
    flow = make_limited(MINUTE)
    flow.start_each("abcde")

    shift_clock(timedelta(seconds=59))
    sweeps.admit_waiting(now=clock.now())
    assert flow.named("pending") == "cde"

    shift_clock(timedelta(seconds=61))
    sweeps.admit_waiting(now=clock.now())
    assert (flow.named("running"), flow.named("pending")) == ("abcd", "e")


def test_the_window_slides(make_limited: MakeLimited, shift_clock: Shift) -> None:
    flow = make_limited(MINUTE)
    flow.start("a")
    shift_clock(timedelta(seconds=40))
    flow.start_each("bc")

    for seconds in range(41, 130):
        shift_clock(timedelta(seconds=seconds))
        sweeps.admit_waiting(now=clock.now())

    first, _, third = admitted(flow)
    assert timedelta(seconds=60) <= third - first < timedelta(seconds=62)


def test_one_that_was_cancelled_before_it_began_has_started_all_the_same(make_limited: MakeLimited) -> None:
    flow = make_limited(MINUTE)
    flow.start_each("ab")

    flow.cancel("a")
    flow.start("c")

    assert flow.named("pending") == "c"


def test_a_rate_can_refuse(make_limited: MakeLimited, shift_clock: Shift) -> None:
    flow = make_limited({**MINUTE, "when_full": "refuse"})
    flow.start_each("ab")

    with pytest.raises(LimitReached):
        flow.start("c")

    shift_clock(timedelta(seconds=61))
    flow.start("d")
    assert flow.named("running") == "abd"


def test_two_rates_and_a_key_hold_together(make_limited: MakeLimited, shift_clock: Shift) -> None:
    flow = make_limited({"starts": 2, "per": "1s", "key": KEY}, {"starts": 3, "per": "1m"})
    flow.start_each("ab", "acme")
    flow.start_each("cd", "umbrella")

    assert (flow.named("running"), flow.named("pending")) == ("abc", "d")
    shift_clock(timedelta(seconds=61))
    sweeps.admit_waiting(now=clock.now())
    assert flow.named("running") == "abcd"


def test_a_start_that_comes_when_time_has_freed_a_place_lets_those_pass_that_wait(
    make_limited: MakeLimited, shift_clock: Shift
) -> None:
    flow = make_limited({"starts": 1, "per": "1m"})
    flow.start_each("ab")
    shift_clock(timedelta(seconds=61))

    flow.start("c")

    assert flow.named("pending") == "bc"
    sweeps.admit_waiting(now=clock.now())
    assert flow.named("running") == "ab"


def test_a_waiting_one_says_what_it_waits_for(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1, "key": KEY})
    flow.start_each("abcd")

    said = {name: reason(flow.get(name)) for name in "abcd"}

    full = 'waits for a place: the limit of 1 running for key "acme" is full, '
    assert said == {
        "a": "",
        "b": full + "and it is next",
        "c": full + "and 1 waits before it",
        "d": full + "and 2 wait before it",
    }


def test_one_that_waits_for_a_rate_says_until_when(make_limited: MakeLimited) -> None:
    flow = make_limited({"starts": 1, "per": "1h30m"})
    flow.start_each("ab")

    until = admitted(flow)[0] + timedelta(minutes=90)

    assert reason(flow.get("b")) == (
        f"waits for a place: the limit of 1 starts per 1h30m is used up until {until:%Y-%m-%d %H:%M:%S} UTC, "
        "and it is next"
    )


def test_one_that_has_got_room_says_so(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("ab")
    Place.objects.filter(execution=flow.ids["a"]).update(released_at=clock.now())

    assert reason(flow.get("b")) == "is about to start"
