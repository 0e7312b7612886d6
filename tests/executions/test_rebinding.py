"""An edited policy or limit, for what waits already."""

from itertools import product

import pytest

import clock
from executions.admitting import admission
from executions.admitting.overlap import ENDS_OTHERS, OverlapPolicy
from tests.executions.groups import AUTO, Group, MakeGroup, claim, end

# By new policy: what becomes of the active first one, and of three that wait.
EDITED = {
    "skip": ("running", "cancelled cancelled cancelled"),
    "buffer_one": ("running", "pending cancelled cancelled"),
    "buffer_all": ("running", "pending pending pending"),
    "cancel_other": ("running", "cancelled cancelled pending"),
    "terminate_other": ("cancelled", "cancelled cancelled running"),
    "allow_all": ("running", "running running running"),
}


def rebind(group: Group, policy: str, *, limit: int = 1) -> None:
    admission.rebind(group.key, OverlapPolicy(policy), kind=AUTO, limit=limit, now=clock.now())


def running_with_waiting(group: Group, waiting: int = 3) -> Group:
    """Start one whose step is taken, and let others wait."""
    group.start(1)
    claim()
    group.start(*range(2, 2 + waiting), policy="buffer_all")
    return group


@pytest.mark.parametrize("policy", EDITED)
def test_an_edited_policy_decides_on_what_waits_already(make_group: MakeGroup, policy: str) -> None:
    group = running_with_waiting(make_group("buffer_all"))

    rebind(group, policy)

    active, waiting = EDITED[policy]
    assert list(group.states().values()) == [active, *waiting.split()]
    assert (group.get(1).cancel_requested_at is not None) == (policy == "cancel_other")


@pytest.mark.parametrize(("before", "after"), list(product(OverlapPolicy, OverlapPolicy)))
def test_an_edit_while_nothing_waits_leaves_the_active_one_alone(
    make_group: MakeGroup, before: str, after: str
) -> None:
    group = make_group(before)
    group.start(1)
    states = group.states()

    rebind(group, after)

    assert group.states() == states
    assert not group.states() or group.get(1).cancel_requested_at is None


@pytest.mark.parametrize(("before", "after"), list(product(["buffer_one", "cancel_other"], OverlapPolicy)))
def test_one_that_waits_alone_goes_on_waiting_unless_it_is_refused_or_let_in(
    make_group: MakeGroup, before: str, after: str
) -> None:
    group = make_group(before)
    group.start(1)
    claim()
    group.start(2)

    rebind(group, after)

    expected = {"skip": "cancelled", "terminate_other": "running", "allow_all": "running"}
    assert group.states()[2] == expected.get(after, "pending")


def test_what_cancel_other_keeps_starts_when_the_active_one_has_ended(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")
    group.start(1)
    held = claim()
    group.start(2, 3)

    rebind(group, "cancel_other")
    end(held)

    assert group.states() == {1: "cancelled", 2: "cancelled", 3: "running"}


@pytest.mark.parametrize("policy", sorted({*OverlapPolicy} - ENDS_OTHERS))
def test_starts_of_another_kind_keep_their_own_policy(make_group: MakeGroup, policy: str) -> None:
    group = running_with_waiting(make_group("buffer_all"), waiting=0)
    group.start(2, fire_kind="manual:1")

    rebind(group, policy)

    assert group.states() == {1: "running", 2: "pending"}


@pytest.mark.parametrize(("limit", "running"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (9, [1, 2, 3, 4])])
def test_a_raised_limit_lets_in_what_waits(make_group: MakeGroup, limit: int, running: list[int]) -> None:
    group = make_group("buffer_all")
    group.start(1, 2, 3, 4)

    rebind(group, "buffer_all", limit=limit)

    assert group.numbers("running") == running


def test_a_lowered_limit_ends_nobody_and_lets_nobody_in_until_places_are_free(make_group: MakeGroup) -> None:
    group = make_group("buffer_all", limit=3)
    group.start(1, 2, 3, 4, 5)

    rebind(group, "buffer_all", limit=1)

    for running in ([1, 2, 3], [2, 3], [3], [4], [5], []):
        assert group.numbers("running") == running
        if running:
            end(claim())


def test_a_raised_limit_under_skip_takes_what_waits_before_the_rest_is_dropped(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")
    group.start(1, 2, 3)

    rebind(group, "skip", limit=2)

    assert group.states() == {1: "running", 2: "running", 3: "cancelled"}
