"""Limits of a workflow on what runs at once: who starts, who waits, who is refused, who is let in."""

from datetime import timedelta
from uuid import uuid4

import pytest

import clock
from events.models import Event
from executions import services, sweeps
from executions.admitting import admission
from executions.admitting.limits import letting_in, rooms
from executions.admitting.overlap import Decision, OverlapPolicy
from executions.errors import LimitReached, TooManyWaiting
from executions.models import Execution, Place, StepRun
from executions.rules.outcomes import Failed
from tests.executions.groups import claim, end, insert_step_of
from tests.executions.limited import KEY, MakeLimited, Shift, held
from workflows.errors import InvalidInput


@pytest.mark.parametrize("running", [1, 2, 3])
def test_starts_beyond_the_limit_wait_in_order_and_every_end_lets_the_next_one_in(
    make_limited: MakeLimited, running: int
) -> None:
    flow = make_limited({"running": running})
    flow.start_each("abcde")

    for first in range(5):
        assert flow.named("running") == "abcde"[first : first + running]
        end(claim())

    assert flow.named("completed") == "abcde"
    assert held() == 0


def test_starts_of_one_call_are_decided_in_order(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 2})

    assert flow.start_many("abcd") == ["start", "start", "wait", "wait"]
    assert (flow.named("running"), flow.named("pending")) == ("ab", "cd")


@pytest.mark.parametrize("ending", ["failed", "cancelled", "terminated"])
def test_every_kind_of_end_gives_the_place_back(make_limited: MakeLimited, ending: str) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("ab")

    if ending == "failed":
        end(claim(), Failed(error="no", error_class="X"))
    else:
        act = services.cancel if ending == "cancelled" else services.terminate
        act(flow.get("a"), by="ada", now=clock.now())

    assert flow.named("running") == "b"
    assert StepRun.objects.get(execution=flow.ids["b"]).state == "ready"


def test_a_key_has_places_of_its_own(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1, "key": KEY})
    flow.start_each("ab", "acme")
    flow.start_each("cd", "umbrella")

    assert (flow.named("running"), flow.named("pending")) == ("ac", "bd")
    flow.cancel("c")
    assert (flow.named("running"), flow.named("pending")) == ("ad", "b")


def test_workflows_have_limits_of_their_own(make_limited: MakeLimited) -> None:
    one, other = make_limited({"running": 1}), make_limited({"running": 1}, name="other")
    one.start("a")
    other.start("a")

    assert one.named("running") == other.named("running") == "a"


def test_all_limits_must_have_room(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 2}, {"running": 1, "key": KEY})

    flow.start_each("ab", "acme")
    flow.start_each("cd", "umbrella")

    assert (flow.named("running"), flow.named("pending")) == ("ac", "bd")
    flow.cancel("a")
    assert (flow.named("running"), flow.named("pending")) == ("bc", "d")


def test_many_that_wait_for_one_customer_stop_no_other(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 2}, {"running": 1, "key": KEY})
    flow.start_each("abcd", "acme")

    flow.start("e", "umbrella")

    assert flow.named("running") == "ae"
    flow.start("f", "initech")
    flow.cancel("e")
    assert flow.named("running") == "af"


def test_a_limit_that_refuses_starts_nothing_and_leaves_no_row(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1, "when_full": "refuse"})
    flow.start("a")

    with pytest.raises(LimitReached, match="the limit of 1 running is full"):
        flow.start("b")

    assert Execution.objects.count() == Place.objects.count() == 1


def test_a_refusal_names_the_limits_that_refuse_and_no_value_of_their_keys(make_limited: MakeLimited) -> None:
    hourly = {"starts": 1, "per": "1h", "key": KEY, "when_full": "refuse"}
    flow = make_limited({"running": 9}, hourly)
    flow.start("a", "s3cr3t")

    with pytest.raises(LimitReached) as caught:
        flow.start("b", "s3cr3t")

    assert "the limit of 1 starts per 1h for each ${{ input.customer }} is full" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_what_waits_for_another_limit_has_its_place_in_one_that_refuses(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 2, "when_full": "refuse"}, {"running": 1, "key": KEY})

    assert flow.start_many("abc") == ["start", "wait", "limit"]


@pytest.mark.parametrize(
    ("policy", "ended"), [("cancel_other", "cancelled"), ("terminate_other", "cancelled")]
)
@pytest.mark.parametrize("running", [1, 2])
def test_a_newer_start_takes_the_place_of_the_oldest(
    make_limited: MakeLimited, policy: str, ended: str, running: int
) -> None:
    flow = make_limited({"running": running, "when_full": policy})

    flow.start_each("abcd")

    assert flow.named("running") == "abcd"[-running:]
    assert flow.named(ended) == "abcd"[:-running]


def test_cancel_other_waits_until_the_running_one_has_really_ended(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1, "when_full": "cancel_other"})
    flow.start("a")
    running = claim()

    flow.start("b")
    flow.start("c")

    assert (flow.named("running"), flow.named("cancelled"), flow.named("pending")) == ("a", "b", "c")
    end(running)
    assert (flow.named("running"), flow.named("cancelled")) == ("c", "ab")


def test_terminate_other_starts_at_once_beside_code_that_still_runs(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1, "when_full": "terminate_other"})
    flow.start("a")
    claim()

    flow.start("b")

    assert (flow.named("running"), flow.named("cancelled")) == ("b", "a")


def test_of_several_starts_of_one_call_that_replace_each_other_the_newest_runs(
    make_limited: MakeLimited,
) -> None:
    flow = make_limited({"running": 1, "when_full": "terminate_other"})

    assert flow.start_many("abc") == ["start"] * 3
    assert (flow.named("running"), flow.named("cancelled")) == ("c", "ab")


def test_one_that_another_limit_refuses_ends_nothing(make_limited: MakeLimited) -> None:
    flow = make_limited(
        {"running": 1, "key": KEY, "when_full": "terminate_other"}, {"running": 1, "when_full": "refuse"}
    )
    flow.start("a")

    with pytest.raises(LimitReached):
        flow.start("b")

    assert flow.named("running") == "a"


def test_the_waiting_are_bounded(make_limited: MakeLimited, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = make_limited({"running": 1})
    flow.start_many("abc")
    monkeypatch.setattr("executions.admitting.limits.entering.MAX_WAITING", 2)

    with pytest.raises(TooManyWaiting, match="wait"):
        flow.start("d")

    assert flow.named("pending") == "bc"


def test_cancelling_one_that_waits_lets_nobody_else_in(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("abc")

    flow.cancel("b")

    assert (flow.named("running"), flow.named("pending")) == ("a", "c")
    end(claim())
    assert flow.named("running") == "c"


def test_another_version_counts_what_runs_and_what_waits_keeps_what_it_was_given(
    make_limited: MakeLimited,
) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("ab")

    flow.change({"running": 3})
    flow.start_each("cde")

    assert (flow.named("running"), flow.named("pending")) == ("acd", "be")
    flow.cancel("c")
    flow.cancel("d")
    assert (flow.named("running"), flow.named("pending")) == ("ae", "b")


def test_a_key_that_cannot_be_evaluated_names_itself_and_starts_nothing(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1}, {"running": 1, "key": "${{ input.nobody.name }}"})

    with pytest.raises(InvalidInput, match=r"limits\[1\]\.key"):
        flow.start("a")

    assert not Execution.objects.exists()


def test_a_repeated_idempotency_key_returns_the_first_one_and_ends_nothing(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1, "when_full": "terminate_other"})
    first = flow.start("a", idempotency_key="k")

    assert flow.start("a", idempotency_key="k").id == first.id
    assert flow.start_many("b", idempotency_key="k") == ["start"]

    assert flow.named("running") == "a"
    assert Place.objects.count() == 1


def test_the_sweep_lets_in_what_a_lost_close_left_waiting(
    make_limited: MakeLimited, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("ab")
    with monkeypatch.context() as dies:
        dies.setattr(admission, "release", lambda groups, now: None)
        end(claim())
    assert flow.named("pending") == "b"

    sweeps.admit_waiting(now=clock.now())

    assert flow.named("running") == "b"


def test_one_that_has_waited_too_long_is_dropped_and_told(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("ab")
    Execution.objects.filter(pk=flow.ids["b"]).update(waits_until=clock.now() - timedelta(seconds=1))

    sweeps.admit_waiting(now=clock.now())

    assert flow.named("cancelled") == "b"
    assert Event.objects.get(type="workflow.cancelled").data["reason"] == "misfire"
    assert not Place.objects.filter(execution=flow.ids["b"], released_at=None).exists()


def test_the_deadline_of_one_that_waits_counts_from_its_start(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1}, timeout="1h")
    flow.start_each("ab")
    assert (flow.get("a").deadline_at is None, flow.get("b").deadline_at) == (False, None)

    end(claim())

    assert flow.get("b").deadline_at is not None


def test_a_start_lets_those_pass_that_may_start_before_it(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("ab")
    Place.objects.filter(execution=flow.ids["a"]).update(released_at=clock.now())
    Execution.objects.filter(pk=flow.ids["a"]).update(state="completed", finished_at=clock.now())

    flow.start("c")

    assert flow.named("pending") == "bc"
    sweeps.admit_waiting(now=clock.now())
    assert flow.named("running") == "b"


def test_a_batch_that_is_full_is_followed_by_the_next(
    make_limited: MakeLimited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("executions.admitting.limits.letting_in.BATCH", 2)
    flow = make_limited({"running": 1})
    flow.start_each("abcdef")
    Place.objects.update(limit=5)

    sweeps.admit_waiting(now=clock.now())

    assert (flow.named("running"), flow.named("pending")) == ("abcde", "f")


def test_a_room_after_a_decision_counts_it() -> None:
    room = rooms.Room(taken=1, waiting=2)

    after = [room.after(decision) for decision in (Decision.START, Decision.WAIT, Decision.LIMIT)]

    assert after == [rooms.Room(2, 2), rooms.Room(1, 3), room]


def test_one_that_cannot_be_started_keeps_no_other_waiting(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 1})
    flow.start_each("abc")
    insert_step_of(flow.get("b"))
    Place.objects.update(limit=3)

    sweeps.admit_waiting(now=clock.now())

    assert (flow.named("running"), flow.named("pending")) == ("ac", "b")


def test_the_sweep_keeps_the_order_across_keys(make_limited: MakeLimited, shift_clock: Shift) -> None:
    flow = make_limited({"starts": 1, "per": "1m"}, {"running": 1, "key": KEY})
    for name in "abcdef":
        flow.start(name, f"customer {name}")

    for minute in range(1, 4):
        shift_clock(timedelta(seconds=61 * minute))
        sweeps.admit_waiting(now=clock.now())

    assert (flow.named("running"), flow.named("pending")) == ("abcd", "ef")


def test_a_group_without_nominal_times_lets_in_no_more_than_it_has_places(make_limited: MakeLimited) -> None:
    flow = make_limited({"running": 5})
    group = admission.Admission(key=uuid4(), policy=OverlapPolicy.BUFFER_ALL)

    for name in "abc":
        flow.start(name, admission=group)
    letting_in.look_everywhere(now=clock.now())
    assert flow.named("running") == "a"

    flow.cancel("a")
    assert flow.named("running") == "b"
