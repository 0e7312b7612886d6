"""Claim, run, finish: executions told step by step."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import shared_task

import clock
from events.models import Event
from executions import engine, queries, services, sweeps
from executions.errors import LostLease
from executions.models import Attempt, DeadLetter, Execution, Source, StepRun
from executions.queries import Claim, Slot
from executions.rules.outcomes import Completed, Failed, Lost, Released, Waiting
from executions.services import Start
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

LEASE = timedelta(seconds=30)
Drain = Callable[[], int]
Shift = Callable[[timedelta], None]


@shared_task(name="tests.add")
def add(left: int, right: int) -> int:
    return left + right


@shared_task(name="tests.fail", autoretry_for=(OSError,), retry_backoff=True)
def fail(message: str) -> None:
    raise ConnectionError(message)


@shared_task(name="tests.give")
def give(value: Any) -> object:
    return {"nan": float("nan"), "nul": "\x00", "large": "x" * 1_100_000, "set": {1}, "lone": "\ud800"}[value]


def start(workflow: Workflow, **changes: Any) -> Execution:
    cause = Start(workflow=workflow, source=Source.MANUAL, **changes)
    return Execution.objects.get(pk=services.start(cause, now=clock.now()).id)


def claim(worker: str = "w") -> Claim:
    held = queries.claim(Slot("default", worker=worker, lease=LEASE))
    assert held is not None
    return held


def outputs(execution: Execution) -> dict[str, Any]:
    return dict(execution.step_runs.values_list("step", "output"))


def states(execution: Execution) -> dict[str, str]:
    return dict(execution.step_runs.values_list("step", "state"))


def test_a_pipeline_hands_outputs_from_step_to_step(make_workflow: MakeWorkflow, drain: Drain) -> None:
    execution = start(
        make_workflow(
            {"id": "sum", "kind": "task", "task": "tests.add", "args": ["${{ input.n }}", 2]},
            {"id": "show", "needs": ["sum"], "kind": "set", "values": {"text": "is ${{ steps.sum.output }}"}},
        ),
        input={"n": 40},
    )

    drain()

    execution.refresh_from_db()
    assert execution.state == "completed"
    assert outputs(execution) == {"sum": 42, "show": {"text": "is 42"}}


def test_a_fan_out_joins_once(make_workflow: MakeWorkflow, drain: Drain) -> None:
    execution = start(
        make_workflow(
            {"id": "a"},
            {"id": "b", "needs": ["a"]},
            {"id": "c", "needs": ["a"]},
            {"id": "d", "needs": ["b", "c"]},
        )
    )

    drain()

    execution.refresh_from_db()
    assert execution.state == "completed"
    assert sorted(execution.step_runs.values_list("step", flat=True)) == ["a", "b", "c", "d"]
    assert Event.objects.filter(type="workflow.completed").count() == 1


def test_a_false_condition_skips_the_step_and_what_needs_it(
    make_workflow: MakeWorkflow, drain: Drain
) -> None:
    execution = start(
        make_workflow(
            {"id": "a", "kind": "set", "if": "input.go", "values": {}}, {"id": "b", "needs": ["a"]}
        ),
        input={"go": False},
    )

    drain()

    execution.refresh_from_db()
    assert (execution.state, states(execution)) == ("completed", {"a": "skipped", "b": "skipped"})


def test_a_single_follow_up_is_leased_to_the_worker_that_finished(make_workflow: MakeWorkflow) -> None:
    start(make_workflow({"id": "a"}, {"id": "b", "needs": ["a"]}))

    follow_up = engine.finish(
        claim(), Completed(), now=clock.now(), slot=Slot("default", worker="w", lease=LEASE)
    )

    assert follow_up is not None
    assert (follow_up.step, follow_up.attempt) == ("b", 1)
    assert StepRun.objects.get(step="b").state == "running"


def test_a_failure_is_tried_again_after_its_delay(
    make_workflow: MakeWorkflow, drain: Drain, shift_clock: Shift
) -> None:
    retry = {"max_attempts": 2, "initial": "10s", "jitter": "none"}
    step = {"id": "a", "kind": "task", "task": "tests.fail", "args": ["no route"], "retry": retry}
    execution = start(make_workflow(step))

    drain()

    waiting = StepRun.objects.get()
    assert (waiting.state, waiting.waits_for, waiting.failures) == ("waiting", "retry", 1)
    assert waiting.available_at is not None
    assert timedelta(seconds=9) < waiting.available_at - clock.now() <= timedelta(seconds=10)
    assert Attempt.objects.get().error == "ConnectionError: no route"

    shift_clock(timedelta(seconds=11))
    drain()

    execution.refresh_from_db()
    assert execution.state == "failed"
    assert execution.error == "a: ConnectionError: no route"
    assert DeadLetter.objects.get().reason == execution.error
    assert list(Attempt.objects.values_list("number", "outcome")) == [(1, "failed"), (2, "failed")]


def test_a_tasks_own_autoretry_counts_as_one_attempt(make_workflow: MakeWorkflow, drain: Drain) -> None:
    start(make_workflow({"id": "a", "kind": "task", "task": "tests.fail", "args": ["x"]}))

    drain()

    assert Attempt.objects.count() == 1


def test_after_a_failure_nothing_more_starts(make_workflow: MakeWorkflow, drain: Drain) -> None:
    execution = start(
        make_workflow(
            {"id": "a", "kind": "task", "task": "tests.fail", "args": ["x"]},
            {"id": "b", "needs": ["a"]},
        )
    )

    drain()

    assert states(execution) == {"a": "failed"}


def test_a_worker_that_lost_its_lease_cannot_finish_the_next_attempt(
    make_workflow: MakeWorkflow, shift_clock: Shift
) -> None:
    start(make_workflow())
    stale = claim("first")
    shift_clock(timedelta(seconds=31))
    engine.finish(stale, Lost(), now=clock.now(), expired_only=True)
    newer = claim("second")

    with pytest.raises(LostLease):
        engine.finish(stale, Completed("stale"), now=clock.now())

    engine.finish(newer, Completed("newer"), now=clock.now())
    assert StepRun.objects.get().output == "newer"


def test_a_finish_that_is_repeated_changes_nothing(make_workflow: MakeWorkflow) -> None:
    start(make_workflow({"id": "a"}, {"id": "b", "needs": ["a"]}))
    held = claim()
    engine.finish(held, Completed(1), now=clock.now())

    with pytest.raises(LostLease):
        engine.finish(held, Completed(2), now=clock.now())

    assert StepRun.objects.get(step="a").output == 1
    assert StepRun.objects.filter(step="b").count() == 1


def test_a_lease_that_was_renewed_is_not_rescued(make_workflow: MakeWorkflow) -> None:
    start(make_workflow())
    held = claim()

    with pytest.raises(LostLease):
        engine.finish(held, Lost(), now=clock.now(), expired_only=True)

    assert queries.renew(held, lease=LEASE) is queries.Renewal.HELD


def test_a_step_that_kills_its_worker_three_times_becomes_a_dead_letter(
    make_workflow: MakeWorkflow, shift_clock: Shift
) -> None:
    execution = start(make_workflow())

    for number in range(1, 4):
        shift_clock(timedelta(minutes=2 * number - 1))
        sweeps.release_due()
        held = claim()
        shift_clock(timedelta(minutes=2 * number))
        engine.finish(held, Lost(), now=clock.now(), expired_only=True)

    execution.refresh_from_db()
    assert execution.state == "failed"
    assert "died 3 times" in DeadLetter.objects.get().reason
    assert StepRun.objects.get().failures == 0


def test_a_hand_back_counts_neither_as_failure_nor_as_crash(make_workflow: MakeWorkflow) -> None:
    start(make_workflow())

    engine.finish(claim(), Released(), now=clock.now())

    step_run = StepRun.objects.get()
    assert (step_run.state, step_run.failures, step_run.crashes) == ("ready", 0, 0)
    assert claim().attempt == 2


def test_a_wait_holds_no_worker_and_goes_on_at_its_time(
    make_workflow: MakeWorkflow, drain: Drain, shift_clock: Shift
) -> None:
    execution = start(make_workflow({"id": "a", "kind": "wait", "duration": "1h"}))

    drain()
    assert StepRun.objects.get().waits_for == "time"
    assert drain() == 0
    shift_clock(timedelta(hours=1, seconds=1))
    drain()

    execution.refresh_from_db()
    assert execution.state == "completed"


def test_the_highest_priority_is_claimed_first_and_then_the_oldest(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow()
    order = [start(workflow, priority=priority).pk for priority in (5, 9, 0, 9)]

    claimed = [claim().execution_id for _ in order]

    assert claimed == [order[1], order[3], order[0], order[2]]


@pytest.mark.parametrize("value", ["nan", "nul", "large", "set", "lone"])
def test_an_output_that_cannot_be_kept_fails_the_step_with_a_reason(
    make_workflow: MakeWorkflow, drain: Drain, value: str
) -> None:
    execution = start(make_workflow({"id": "a", "kind": "task", "task": "tests.give", "args": [value]}))

    drain()

    execution.refresh_from_db()
    assert execution.state == "failed"
    assert "cannot be kept" in execution.error


def test_a_timeout_interrupts_the_step(make_workflow: MakeWorkflow, drain: Drain) -> None:
    step = {"id": "a", "kind": "task", "task": "tests.block", "timeout": "1s"}
    execution = start(make_workflow(step))

    drain()

    execution.refresh_from_db()
    assert execution.state == "failed"
    assert "timeout of 1 s" in execution.error
    assert Attempt.objects.get().outcome == "timed_out"


@shared_task(name="tests.block")
def block() -> None:
    import threading

    threading.Event().wait(60)


def test_cancelling_ends_ready_steps_and_the_execution(make_workflow: MakeWorkflow, drain: Drain) -> None:
    execution = start(make_workflow())

    services.cancel(execution, by="ada", now=clock.now())

    execution.refresh_from_db()
    assert (execution.state, states(execution)) == ("cancelled", {"only": "cancelled"})
    assert drain() == 0


def test_an_execution_that_is_cancelled_while_a_step_runs_ends_with_that_step(
    make_workflow: MakeWorkflow,
) -> None:
    execution = start(make_workflow({"id": "a"}, {"id": "b", "needs": ["a"]}))
    held = claim()

    services.cancel(execution, by="ada", now=clock.now())
    assert queries.renew(held, lease=LEASE) is queries.Renewal.CANCELLING
    engine.finish(held, Completed(), now=clock.now())

    execution.refresh_from_db()
    assert (execution.state, states(execution)) == ("cancelled", {"a": "completed"})


@pytest.mark.parametrize(
    "outcome",
    [Failed(error="x", error_class="X"), Released(), Lost(), Completed()],
    ids=lambda o: type(o).__name__,
)
def test_a_cancelled_execution_never_tries_again(make_workflow: MakeWorkflow, outcome: Any) -> None:
    execution = start(make_workflow({"id": "a", "kind": "set", "values": {}, "retry": {"max_attempts": 9}}))
    held = claim()
    services.cancel(execution, by="ada", now=clock.now())

    engine.finish(held, outcome, now=clock.now())

    execution.refresh_from_db()
    assert execution.state == "cancelled"
    assert queries.claim(Slot("default", worker="w", lease=LEASE)) is None


def test_a_wait_of_a_cancelled_execution_ends(make_workflow: MakeWorkflow) -> None:
    execution = start(make_workflow())
    held = claim()
    services.cancel(execution, by="ada", now=clock.now())

    engine.finish(held, Waiting(clock.now() + timedelta(days=1)), now=clock.now())

    execution.refresh_from_db()
    assert execution.state == "cancelled"
