"""Groups of executions: who starts, who waits, who is refused, and who is let in later."""

from collections.abc import Callable

import pytest

import clock
from events.models import Event
from executions import services
from executions.admitting.overlap import OverlapPolicy
from executions.errors import LostLease, Overlapping
from executions.models import Execution, StepRun
from executions.rules.outcomes import Failed
from tests.executions.groups import NOON, SHAPES, Group, MakeGroup, claim, end


def drain_all(drain: Callable[[], int]) -> None:
    while drain():
        pass


@pytest.mark.parametrize(
    ("policy", "limit", "decisions"),
    [
        ("skip", 1, "start overlap overlap overlap"),
        ("skip", 3, "start start start overlap"),
        ("buffer_one", 1, "start wait overlap overlap"),
        ("buffer_one", 2, "start start wait overlap"),
        ("buffer_all", 2, "start start wait wait"),
        ("allow_all", 1, "start start start start"),
        ("cancel_other", 1, "overlap overlap overlap cancel"),
        ("terminate_other", 1, "overlap overlap overlap terminate"),
    ],
)
def test_starts_of_one_call_are_decided_in_order(
    make_group: MakeGroup, policy: str, limit: int, decisions: str
) -> None:
    assert make_group(policy, limit=limit).start(1, 2, 3, 4) == decisions.split()


@pytest.mark.parametrize("policy", ["cancel_other", "terminate_other"])
def test_of_several_starts_of_one_call_that_replace_each_other_the_newest_runs(
    make_group: MakeGroup, policy: str
) -> None:
    group = make_group(policy)

    group.start(1, 2, 3)

    assert group.states() == {3: "running"}
    assert StepRun.objects.filter(state="ready").count() == 1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_what_waits_starts_in_order_of_nominal_time_whatever_the_order_it_came_in(
    make_group: MakeGroup, drain: Callable[[], int], shape: str, limit: int
) -> None:
    group = make_group("buffer_all", limit=limit, shape=shape)
    group.start(1, 2, 3)
    for number in (6, 4, 5):
        group.start(number)

    drain_all(drain)

    started = Event.objects.filter(type="workflow.started").order_by("id")
    numbers = [group.get(n).pk for n in range(1, 7)]
    assert [event.execution_id for event in started] == numbers
    assert set(group.states().values()) == {"completed"}


def end_first(group: Group, ending: str, *, steps: int) -> None:
    match ending:
        case "completed":
            for _ in range(steps):
                end(claim())
        case "failed":
            end(claim(), Failed(error="no", error_class="X"))
        case "cancelled":
            services.cancel(group.get(1), by="ada", now=clock.now())
        case "terminated":
            services.terminate(group.get(1), by="ada", now=clock.now())


@pytest.mark.parametrize("ending", ["completed", "failed", "cancelled", "terminated"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_end_lets_the_next_one_in(make_group: MakeGroup, ending: str, shape: str) -> None:
    group = make_group("buffer_one", shape=shape)
    group.start(1)
    group.start(2)

    end_first(group, ending, steps=len(SHAPES[shape]))

    assert group.states()[2] == "running"
    assert StepRun.objects.get(execution=group.get(2)).state == "ready"


def test_cancelling_one_that_waits_ends_it_and_lets_nobody_else_in(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")
    group.start(1, 2, 3)

    services.cancel(group.get(2), by="ada", now=clock.now())

    assert group.states() == {1: "running", 2: "cancelled", 3: "pending"}
    end(claim())
    assert group.states()[3] == "running"


@pytest.mark.parametrize("policy", ["skip", "buffer_one", "buffer_all", "cancel_other", "terminate_other"])
def test_a_run_that_is_allowed_beside_others_holds_up_nobody(make_group: MakeGroup, policy: str) -> None:
    group = make_group("allow_all")
    group.start(1, 2)

    assert group.start(3, policy=policy) == ["start"]
    assert Execution.objects.filter(state="running").count() == 3


def test_cancel_other_ends_one_that_has_not_begun_and_starts_at_once(make_group: MakeGroup) -> None:
    group = make_group("cancel_other")
    group.start(1)

    assert group.start(2) == ["cancel"]

    assert group.states() == {1: "cancelled", 2: "running"}


def test_cancel_other_waits_until_the_running_one_has_really_ended(make_group: MakeGroup) -> None:
    group = make_group("cancel_other")
    group.start(1)
    held = claim()

    group.start(2)

    assert group.states() == {1: "running", 2: "pending"}
    assert group.get(1).cancel_requested_at is not None
    end(held)
    assert group.states() == {1: "cancelled", 2: "running"}


def test_a_newer_cancel_other_takes_the_place_of_one_that_waits(make_group: MakeGroup) -> None:
    group = make_group("cancel_other")
    group.start(1)
    held = claim()
    group.start(2)

    group.start(3)

    assert group.states() == {1: "running", 2: "cancelled", 3: "pending"}
    end(held)
    assert group.numbers("running") == [3]
    assert "newer" in group.get(2).error


def test_terminate_other_starts_at_once_and_fences_the_late_finish(make_group: MakeGroup) -> None:
    group = make_group("terminate_other")
    group.start(1)
    held = claim()

    assert group.start(2) == ["terminate"]

    assert group.states() == {1: "cancelled", 2: "running"}
    with pytest.raises(LostLease):
        end(held)
    assert group.states() == {1: "cancelled", 2: "running"}


def test_terminate_other_also_drops_what_waits(make_group: MakeGroup) -> None:
    group = make_group("buffer_all")
    group.start(1, 2, 3)

    group.start(4, policy="terminate_other")

    assert group.states() == {1: "cancelled", 2: "cancelled", 3: "cancelled", 4: "running"}


def test_what_is_refused_leaves_no_row(make_group: MakeGroup) -> None:
    group = make_group()
    group.start(1)

    (verdict,) = group.verdicts(2)

    assert (verdict.id, verdict.is_refused) == (None, True)
    assert group.states() == {1: "running"}


def test_a_refused_start_says_what_to_write_instead(make_group: MakeGroup) -> None:
    group = make_group()
    group.start(1)

    with pytest.raises(Overlapping, match="allow_all"):
        services.start(group.cause(2), now=NOON)


@pytest.mark.parametrize("policy", list(OverlapPolicy))
def test_a_repeated_idempotency_key_returns_the_first_run_and_leaves_it_alone(
    make_group: MakeGroup, policy: str
) -> None:
    group = make_group(policy)
    cause = group.cause(1, idempotency_key="order-1")
    first = services.start(cause, now=NOON)

    again = services.start(group.cause(2, idempotency_key="order-1"), now=NOON)

    assert (again.id, again.created) == (first.id, False)
    assert Execution.objects.get().state == "running"


@pytest.mark.parametrize("policy", list(OverlapPolicy))
def test_a_repeated_fire_leaves_the_run_of_its_nominal_time_alone(make_group: MakeGroup, policy: str) -> None:
    group = make_group(policy)
    group.start(1)

    group.start(1)

    assert [row.state for row in Execution.objects.all()] == ["running"]


def test_a_group_is_no_business_of_another(make_group: MakeGroup) -> None:
    one, other = make_group(), make_group(shape="two steps")

    assert one.start(1) == other.start(1) == ["start"]
