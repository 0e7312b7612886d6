"""Places in a group, fought for on several connections."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pytest
from django.db import connection

import clock
from executions import engine, queries, services
from executions.admitting import admission
from executions.admitting.overlap import OverlapPolicy
from executions.errors import IllegalMove, LostLease, Overlapping
from executions.models import Execution, StepRun
from executions.queries import Slot
from executions.rules.outcomes import Completed, Failed
from tests.conftest import MakeWorkflow
from tests.executions.groups import AUTO, LEASE, NOON, SHAPES, Group, MakeGroup, claim, end
from tests.races.connections import at_once, beside

pytestmark = pytest.mark.django_db(transaction=True)

ENDINGS = ("completed", "failed", "cancelled", "terminated")


@pytest.fixture
def make_group(make_workflow: MakeWorkflow) -> MakeGroup:
    def make(policy: str = "skip", *, limit: int = 1, shape: str = "one step") -> Group:
        return Group(make_workflow(*SHAPES[shape], name=shape.replace(" ", "-")), policy, limit)

    return make


def ending_of(group: Group, number: int, *, how: str) -> Callable[[], Any]:
    """Return what ends a running execution whose last step is claimed here."""
    if how == "cancelled":
        return partial(services.cancel, group.get(number), by="ada", now=clock.now())
    if how == "terminated":
        return partial(services.terminate, group.get(number), by="ada", now=clock.now())
    held = claim()
    if how == "completed" and group.workflow.name == "two-steps":
        end(held)
        held = claim()
    outcome = Completed() if how == "completed" else Failed(error="no", error_class="X")
    return partial(end, held, outcome)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("how", ENDINGS)
def test_a_close_that_comes_while_a_start_begins_to_wait_lets_it_in(
    make_group: MakeGroup, shape: str, how: str
) -> None:
    group = make_group("buffer_all", shape=shape)
    group.start(1)
    close = ending_of(group, 1, how=how)

    beside(partial(group.start, 2), close)

    assert group.states()[2] == "running"
    assert StepRun.objects.filter(execution=group.get(2), state="ready").count() == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("how", ENDINGS)
def test_a_start_that_comes_while_the_active_one_closes_is_let_in(
    make_group: MakeGroup, shape: str, how: str
) -> None:
    group = make_group("buffer_all", shape=shape)
    group.start(1)
    close = ending_of(group, 1, how=how)

    beside(close, partial(group.start, 2))

    assert group.states()[2] == "running"
    assert StepRun.objects.filter(execution=group.get(2), state="ready").count() == 1


@pytest.mark.parametrize("policy", ["cancel_other", "terminate_other"])
@pytest.mark.parametrize("how", ENDINGS)
def test_one_that_ends_by_itself_while_it_is_replaced_stops_nobody(
    make_group: MakeGroup, policy: str, how: str
) -> None:
    group = make_group(policy)
    group.start(1)
    close = ending_of(group, 1, how=how)

    result = beside(close, partial(group.start, 2))

    assert not isinstance(result, Exception)
    assert group.states()[2] == "running"


@pytest.mark.parametrize("policy", ["skip", "buffer_one", "buffer_all"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_starters_at_once_fill_the_places_and_no_more(make_group: MakeGroup, policy: str, limit: int) -> None:
    group = make_group(policy, limit=limit)

    at_once(*[partial(group.start, number) for number in range(6)])

    waiting = {"skip": 0, "buffer_one": 1, "buffer_all": 6 - limit}[policy]
    assert Counter(group.states().values()) == Counter(running=limit, pending=waiting)


@pytest.mark.parametrize("policy", ["cancel_other", "terminate_other"])
def test_of_starters_at_once_that_replace_each_other_one_runs(make_group: MakeGroup, policy: str) -> None:
    group = make_group(policy)

    results = at_once(*[partial(group.start, number) for number in range(6)])

    assert not [result for result in results if isinstance(result, Exception)]
    assert Counter(group.states().values()) == Counter(running=1, cancelled=5)


@pytest.mark.parametrize("limit", [2, 3])
@pytest.mark.parametrize("shape", SHAPES)
def test_closers_at_once_let_in_as_many_as_they_were(make_group: MakeGroup, limit: int, shape: str) -> None:
    group = make_group("buffer_all", limit=limit, shape=shape)
    group.start(*range(2 * limit + 1))
    closes = [partial(services.terminate, group.get(n), by="ada", now=NOON) for n in range(limit)]

    at_once(*closes)

    assert group.numbers("running") == list(range(limit, 2 * limit))
    assert group.numbers("pending") == [2 * limit]


def test_a_key_that_two_callers_send_at_once_ends_nothing_that_it_started(make_group: MakeGroup) -> None:
    group = make_group("terminate_other")
    cause = group.cause(1, idempotency_key="order-1")
    again = group.cause(2, idempotency_key="order-1")
    now = clock.now()

    result = beside(partial(services.start, cause, now=now), partial(services.start, again, now=now))

    assert result.created is False
    assert Execution.objects.get().state == "running"


def start_each(group: Group, numbers: Iterable[int]) -> None:
    for number in numbers:
        group.start(number)


def work_on(group: Group, *, seen: list[int]) -> None:
    """Run steps until there are none for a while, and note how many executions are active."""
    idle = 0
    while idle < 50:
        held = queries.claim(Slot("default", worker="w", lease=LEASE))
        idle = idle + 1 if held is None else 0
        seen.append(len(group.numbers("running")))
        if held is not None:
            end(held)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_many_starters_and_workers_leave_nothing_waiting_and_never_too_many_active(
    make_group: MakeGroup, limit: int
) -> None:
    group = make_group("buffer_all", limit=limit)
    seen: list[int] = []
    starters = [partial(start_each, group, range(first, first + 10)) for first in (0, 10, 20)]

    results = at_once(*starters, *[partial(work_on, group, seen=seen)] * 2)

    assert not [result for result in results if isinstance(result, Exception)]
    assert Counter(group.states().values()) == Counter(completed=30)
    assert max(seen) <= limit


def test_starts_closes_edits_and_cancels_at_once_neither_deadlock_nor_lose_a_place(
    make_group: MakeGroup,
) -> None:
    group = make_group("buffer_all", limit=2)
    for first in range(0, 100, 10):
        group.start(first, first + 1, first + 2)
        active = [group.get(number) for number in group.numbers("running")]
        edit = partial(admission.rebind, group.key, OverlapPolicy.BUFFER_ALL, kind=AUTO, now=NOON)
        acts: list[Callable[[], Any]] = [partial(services.cancel, one, by="ada", now=NOON) for one in active]
        acts += [partial(edit, limit=2), partial(group.start, first + 3), partial(group.start, first + 4)]
        acts += [partial(group.start, first + 5, policy="cancel_other"), lambda: end(claim())]

        results = at_once(*acts)

        allowed = (IllegalMove, LostLease, Overlapping, AssertionError)
        assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, allowed)]
        assert len(group.numbers("running")) == 2 or not group.numbers("pending")


def test_a_finish_whose_place_cannot_be_given_on_yet_keeps_the_next_step_that_it_took(
    make_group: MakeGroup,
) -> None:
    group, other = make_group("buffer_all"), make_group("allow_all", shape="two steps")
    group.start(1, 2)
    held = claim()
    other.start(1)
    slot = Slot("default", worker="w", lease=LEASE)

    def finish() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        return engine.finish(held, Completed(), now=clock.now(), slot=slot)

    claimed = beside(partial(queries.lock_groups, [group.key]), finish, gives_up=True)

    assert claimed.execution_id == Execution.objects.get(group_key=None).pk
    assert group.states() == {1: "completed", 2: "pending"}


def test_a_cancel_whose_place_cannot_be_given_on_yet_has_cancelled_all_the_same(
    make_group: MakeGroup,
) -> None:
    group = make_group("buffer_all")
    group.start(1, 2)
    first = group.get(1)

    def cancel() -> Execution:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        return services.cancel(first, by="ada", now=clock.now())

    ended = beside(partial(queries.lock_groups, [group.key]), cancel, gives_up=True)

    assert ended.state == "cancelled"
    assert group.states() == {1: "cancelled", 2: "pending"}
