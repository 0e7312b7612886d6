"""What becomes of one start: every policy beside every occupancy of its group."""

from itertools import product

import pytest

from executions.admitting.overlap import (
    ALIASES,
    CLEARS,
    GENERAL,
    MAX_WAITING,
    RESERVED,
    STARTS,
    WAITS,
    Decision,
    Occupancy,
    OverlapPolicy,
    decide,
)

LIMITS = (1, 2, 3)
MOST = 2  # waiting starts, so that the table has a full buffer
GROUPS = tuple(Occupancy(active, waiting) for active, waiting in product(range(5), range(4)))

# By policy: what becomes of a start that finds no free place while nothing, one, and `MOST` or more wait.
WHEN_FULL = {
    OverlapPolicy.SKIP: ("overlap", "overlap", "overlap"),
    OverlapPolicy.BUFFER_ONE: ("wait", "overlap", "overlap"),
    OverlapPolicy.BUFFER_ALL: ("wait", "wait", "buffer_full"),
    OverlapPolicy.CANCEL_OTHER: ("cancel", "cancel", "cancel"),
    OverlapPolicy.TERMINATE_OTHER: ("terminate", "terminate", "terminate"),
    OverlapPolicy.ALLOW_ALL: ("start", "start", "start"),
}
TABLE = tuple(product(OverlapPolicy, GROUPS, LIMITS))


def decided(policy: OverlapPolicy, group: Occupancy, *, limit: int) -> Decision:
    return decide(policy, group, limit=limit, most_waiting=MOST)


@pytest.mark.parametrize(("policy", "group", "limit"), TABLE)
def test_a_start_gets_what_its_policy_says(policy: OverlapPolicy, group: Occupancy, limit: int) -> None:
    has_place = group.active < limit and group.waiting == 0
    expected = "start" if has_place else WHEN_FULL[policy][min(group.waiting, MOST)]

    assert decided(policy, group, limit=limit) == expected


@pytest.mark.parametrize(("policy", "group", "limit"), TABLE)
def test_no_start_makes_more_active_than_the_limit(
    policy: OverlapPolicy, group: Occupancy, limit: int
) -> None:
    decision = decided(policy, group, limit=limit)

    if policy is not OverlapPolicy.ALLOW_ALL:
        assert group.after(decision).active <= max(limit, group.active)


@pytest.mark.parametrize(("policy", "group", "limit"), TABLE)
def test_no_start_overtakes_one_that_waits(policy: OverlapPolicy, group: Occupancy, limit: int) -> None:
    if group.waiting and policy in GENERAL:
        assert decided(policy, group, limit=limit) is not Decision.START


@pytest.mark.parametrize(("policy", "limit"), tuple(product(OverlapPolicy, LIMITS)))
def test_starts_into_an_empty_group_fill_its_places_first(policy: OverlapPolicy, limit: int) -> None:
    group, decisions = Occupancy(), []
    for _ in range(limit):
        decisions.append(decided(policy, group, limit=limit))
        group = group.after(decisions[-1])

    assert set(decisions) == {Decision.START}
    assert group == Occupancy(active=limit)


@pytest.mark.parametrize(
    ("decision", "after"),
    [
        (Decision.START, Occupancy(3, 4)),
        (Decision.WAIT, Occupancy(2, 5)),
        (Decision.CANCEL, Occupancy(2, 1)),
        (Decision.TERMINATE, Occupancy(1, 0)),
        (Decision.OVERLAP, Occupancy(2, 4)),
        (Decision.BUFFER_FULL, Occupancy(2, 4)),
        (Decision.LIMIT, Occupancy(2, 4)),
    ],
)
def test_a_group_holds_what_a_decision_leaves(decision: Decision, after: Occupancy) -> None:
    assert Occupancy(2, 4).after(decision) == after


def test_one_more_than_a_thousand_waiting_is_refused() -> None:
    group = Occupancy(1, MAX_WAITING)

    assert decide(OverlapPolicy.BUFFER_ALL, Occupancy(1, MAX_WAITING - 1), limit=1) is Decision.WAIT
    assert decide(OverlapPolicy.BUFFER_ALL, group, limit=1) is Decision.BUFFER_FULL


def test_a_reserve_of_the_thousand_is_kept_from_backfills() -> None:
    most = MAX_WAITING - RESERVED
    group = Occupancy(1, most)

    assert decide(OverlapPolicy.BUFFER_ALL, group, limit=1, most_waiting=most) is Decision.BUFFER_FULL
    assert decide(OverlapPolicy.BUFFER_ALL, group, limit=1) is Decision.WAIT


def test_a_decision_either_starts_or_waits_or_refuses() -> None:
    refused = set(Decision) - STARTS - WAITS

    assert not STARTS & WAITS
    assert refused == {Decision.OVERLAP, Decision.BUFFER_FULL, Decision.LIMIT}
    assert CLEARS <= STARTS | WAITS


def test_every_policy_has_a_row_and_aliases_name_policies() -> None:
    assert set(WHEN_FULL) == set(OverlapPolicy)
    assert ALIASES == {"queue": OverlapPolicy.BUFFER_ALL, "allow": OverlapPolicy.ALLOW_ALL}
