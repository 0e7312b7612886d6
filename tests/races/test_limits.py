"""Places in the limits of a workflow, fought for on several connections."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

import clock
from executions import closing, engine, queries, services
from executions.errors import IllegalMove, LimitReached, LostLease
from executions.models import Execution, Place
from executions.queries import Slot, places
from organizations.models import Organization
from tests.executions.groups import LEASE, end
from tests.executions.limited import KEY, Limited, limited
from tests.races.connections import at_once, beside

pytestmark = pytest.mark.django_db(transaction=True)

RATE = {"starts": 3, "per": "1h"}


def states(flow: Limited) -> Counter[str]:
    return Counter(Execution.objects.filter(workflow=flow.workflow).values_list("state", flat=True))


def test_a_close_that_comes_while_a_start_begins_to_wait_lets_it_in(organization: Organization) -> None:
    flow = limited(organization, {"running": 1})
    flow.start("a")

    beside(partial(flow.start, "b"), partial(flow.cancel, "a"))

    assert flow.named("running") == "b"


def test_a_start_that_begins_to_wait_while_the_active_one_closes_is_let_in(
    organization: Organization,
) -> None:
    flow = limited(organization, {"running": 1})
    flow.start("a")
    closed = []

    def close() -> None:
        closed.append(closing.terminate(flow.ids["a"], by="ada", now=clock.now()))

    beside(close, partial(flow.start, "b"))
    assert flow.named("pending") == "b"
    engine.after_close(closed[0], now=clock.now())

    assert flow.named("running") == "b"


@pytest.mark.parametrize(
    "limits", [[{"running": 3}], [RATE], [{"running": 3}, RATE], [{"running": 3, "key": KEY}]]
)
def test_starters_at_once_fill_the_places_and_no_more(
    organization: Organization, limits: list[dict[str, Any]]
) -> None:
    flow = limited(organization, *limits)

    at_once(*[partial(flow.start, name) for name in "abcdefgh"])

    assert states(flow) == Counter(running=3, pending=5)


@pytest.mark.parametrize("limit", [{"running": 3}, RATE])
def test_starters_at_once_beyond_a_limit_that_refuses_are_refused(
    organization: Organization, limit: dict[str, Any]
) -> None:
    flow = limited(organization, {**limit, "when_full": "refuse"})

    results = at_once(*[partial(flow.start, name) for name in "abcdefgh"])

    assert sum(isinstance(result, LimitReached) for result in results) == 5
    assert states(flow) == Counter(running=3)


@pytest.mark.parametrize("policy", ["cancel_other", "terminate_other"])
def test_of_starters_at_once_that_replace_each_other_as_many_run_as_may(
    organization: Organization, policy: str
) -> None:
    flow = limited(organization, {"running": 2, "when_full": policy})

    results = at_once(*[partial(flow.start, name) for name in "abcdef"])

    assert not [result for result in results if isinstance(result, Exception)]
    assert states(flow) == Counter(running=2, cancelled=4)


def test_closers_at_once_let_in_as_many_as_they_were(organization: Organization) -> None:
    flow = limited(organization, {"running": 3}, {"running": 2, "key": KEY})
    flow.start_each("abc", "acme")
    flow.start_each("defgh", "umbrella")

    at_once(*[partial(flow.cancel, name) for name in flow.named("running")])

    assert states(flow)["running"] == 3
    assert_kept(holders())


CUSTOMERS = ("acme", "umbrella", "initech")


def start_each(flow: Limited, names: Iterable[str]) -> None:
    for place, name in enumerate(names):
        flow.start(name, CUSTOMERS[place % len(CUSTOMERS)])


def work_on(flow: Limited, *, seen: list[Counter[tuple[UUID, int]]]) -> None:
    """Run steps until there are none for a while, and note how many places of each group are held."""
    idle = 0
    while idle < 50:
        held = queries.claim(Slot("default", worker="w", lease=LEASE))
        idle = idle + 1 if held is None else 0
        seen.append(holders())
        if held is not None:
            end(held)


def holders() -> Counter[tuple[UUID, int]]:
    """Return how many places of each group are held, by the group and how many it allows."""
    held = Place.objects.filter(admitted_at__isnull=False, released_at=None, per_seconds=None)
    return Counter(held.values_list("group_key", "limit"))


def test_many_starters_and_workers_leave_nothing_waiting_and_never_too_many_active(
    organization: Organization,
) -> None:
    flow = limited(organization, {"running": 3}, {"running": 2, "key": KEY}, {"starts": 1000, "per": "1h"})
    seen: list[Counter[tuple[UUID, int]]] = []
    starters = [partial(start_each, flow, [f"{one}{n}" for n in range(12)]) for one in "abc"]

    results = at_once(*starters, *[partial(work_on, flow, seen=seen)] * 2)

    assert not [result for result in results if isinstance(result, Exception)]
    assert states(flow) == Counter(completed=36)
    for held in seen:
        assert_kept(held)
    assert not holders()


def test_starts_closes_and_cancels_at_once_neither_deadlock_nor_lose_a_place(
    organization: Organization,
) -> None:
    flow = limited(organization, {"running": 3}, {"running": 1, "key": KEY})
    for first in range(10):
        new = [f"{first}{letter}" for letter in "abcd"]
        acts: list[Callable[[], Any]] = [
            partial(flow.start, name, CUSTOMERS[i % 3]) for i, name in enumerate(new)
        ]
        acts += [partial(end_if_open, flow, name) for name in list(flow.ids)[-6:]]

        results = at_once(*acts)

        allowed = (IllegalMove, LostLease)
        assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, allowed)]
        assert_kept(holders())
        assert places.startable_anywhere(most=100) == []


def end_if_open(flow: Limited, name: str) -> None:
    services.terminate(flow.get(name), by="ada", now=clock.now())


def assert_kept(held: Counter[tuple[UUID, int]]) -> None:
    assert all(count <= limit for (_, limit), count in held.items())
