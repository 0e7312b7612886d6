"""Whole executions, from start to end, with items, compensations, hooks, outputs and deadlines."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import shared_task

import clock
from events.models import Event
from executions import engine, queries, services, sweeps
from executions.errors import InvalidStart
from executions.models import DeadLetter, Execution, Source, StepRun
from executions.rules.outcomes import Completed, Expanded, Lost
from executions.services import Start
from organizations.models import Organization
from workflows import services as workflow_services

pytestmark = pytest.mark.django_db(transaction=True)


@shared_task(name="tests.flow.fail")
def raise_error(reason: str) -> None:
    raise ConnectionError(reason)


@shared_task(name="tests.flow.number")
def number(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value} is no number")  # noqa: TRY004
    return value


Drain = Callable[[], int]
Shift = Callable[[timedelta], None]


@pytest.fixture
def start(organization: Organization) -> Callable[..., Execution]:
    """Start a definition of these sections."""

    def start_it(*steps: dict[str, Any], input: dict[str, Any] | None = None, **sections: Any) -> Execution:  # noqa: A002
        hooks = {
            name: list(map(_filled, value))
            for name, value in sections.items()
            if name in {"always", "on_failure"}
        }
        definition = {**sections, **hooks, "steps": list(map(_filled, steps))}
        workflow = workflow_services.create(organization, name="flow", definition=definition)
        cause = Start(workflow=workflow, source=Source.MANUAL, input=input or {})
        return Execution.objects.get(pk=services.start(cause, now=clock.now()).id)

    return start_it


def _filled(step: dict[str, Any]) -> dict[str, Any]:
    return step if "kind" in step else {"kind": "set", "values": {}, **step}


def fail(step_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": step_id, "kind": "task", "task": "tests.flow.fail", "args": ["no route"], **fields}


def drained(execution: Execution, drain: Drain) -> Execution:
    """Return the execution after everything that can run now has run."""
    while drain():
        pass
    execution.refresh_from_db()
    return execution


def order(execution: Execution) -> list[str]:
    """Return the steps that ran, in the order in which they ended."""
    rows = execution.step_runs.filter(item_index=-1).exclude(state__in=["cancelled", "skipped"])
    return list(rows.order_by("finished_at", "id").values_list("step", flat=True))


def output(execution: Execution, step: str) -> Any:
    return execution.step_runs.get(step=step, item_index=-1).output


def test_a_step_runs_once_for_each_item_and_hands_on_their_outputs_in_order(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start(
        {
            "id": "each",
            "for_each": "${{ input.names }}",
            "values": {"n": "${{ index }}", "name": "${{ item }}"},
        },
        {"id": "last", "needs": ["each"], "values": {"all": "${{ steps.each.output }}"}},
        input={"names": ["a", "b", "c"]},
    )

    assert drained(execution, drain).state == "completed"
    assert output(execution, "last")["all"] == [{"n": n, "name": name} for n, name in enumerate("abc")]


def test_no_more_items_run_at_once_than_the_step_allows(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start(
        {"id": "each", "for_each": list(range(7)), "max_parallel": 2, "values": {"v": "${{ item }}"}}
    )
    slot = queries.Slot("default", worker="w", lease=timedelta(seconds=30))
    whole = queries.claim(slot)
    assert whole is not None
    engine.finish(whole, Expanded(list(range(7))), now=clock.now())
    open_counts = []
    while held := queries.claim(slot):
        open_counts.append(StepRun.objects.filter(item_index__gte=0, state__in=["ready", "running"]).count())
        engine.finish(held, Completed(held.item_index), now=clock.now())

    execution.refresh_from_db()
    assert open_counts == [2, 2, 2, 2, 2, 2, 1]
    assert (execution.state, output(execution, "each")) == ("completed", list(range(7)))


def test_a_step_without_items_completes_with_an_empty_list(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start({"id": "each", "for_each": "${{ input.names }}", "values": {}}, input={"names": []})

    assert drained(execution, drain).state == "completed"
    assert output(execution, "each") == []


@pytest.mark.parametrize(
    ("fail_when", "state", "begun"),
    [
        ("first_item", "failed", 1),
        ("any_item", "failed", 3),
        ("every_item", "completed", 3),
        ("never", "completed", 3),
    ],
)
def test_failed_items_fail_the_step_as_it_says(
    start: Callable[..., Execution], drain: Drain, fail_when: str, state: str, begun: int
) -> None:
    task = {"kind": "task", "task": "tests.flow.number", "args": ["${{ item }}"]}
    execution = start(
        {"id": "each", "for_each": ["x", 2, 3], "max_parallel": 1, "fail_when": fail_when, **task}
    )

    assert drained(execution, drain).state == state
    assert StepRun.objects.filter(item_index__gte=0, attempt__gt=0).count() == begun
    if state == "completed":
        assert output(execution, "each") == [None, 2, 3]
    else:
        assert "item 0: ValueError" in execution.error


def test_items_that_all_fail_fail_the_step_unless_it_never_does(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start(fail("each", for_each=[1, 2], fail_when="every_item"))

    assert drained(execution, drain).error.startswith("each: 2 of 2 items failed")


def test_a_failure_undoes_what_had_finished_backwards_and_then_runs_the_hooks(
    start: Callable[..., Execution], drain: Drain
) -> None:
    undo = {"kind": "set", "values": {"of": "${{ steps.a.output.x }}"}}
    told = {"state": "${{ execution.state }}", "error": "${{ execution.error }}"}
    execution = start(
        {"id": "a", "values": {"x": 1}, "compensate": undo},
        {"id": "b", "needs": ["a"], "compensate": undo},
        fail("c", needs=["b"], compensate=undo),
        on_failure=[{"id": "tell", "values": told}],
        always=[{"id": "clean", "values": {"state": "${{ execution.state }}"}}],
    )

    assert drained(execution, drain).state == "failed"
    assert order(execution) == ["a", "b", "c", "b.compensate", "a.compensate", "tell", "clean"]
    assert output(execution, "a.compensate") == {"of": 1}
    assert output(execution, "tell") == {"state": "failed", "error": "c: ConnectionError: no route"}
    assert output(execution, "clean") == {"state": "failed"}
    assert DeadLetter.objects.get().cause == "failed"


def test_a_success_runs_only_what_always_runs(start: Callable[..., Execution], drain: Drain) -> None:
    execution = start(
        {"id": "a", "compensate": {"kind": "set", "values": {}}},
        on_failure=[{"id": "tell"}],
        always=[{"id": "clean"}],
        output={"done": "${{ steps.a.state }}"},
    )

    assert drained(execution, drain).state == "completed"
    assert order(execution) == ["a", "workflow.output", "clean"]
    assert output(execution, "workflow.output") == {"done": "completed"}


def test_a_cancelled_execution_compensates_and_cleans_up_and_ends_cancelled(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start(
        {"id": "a", "compensate": {"kind": "set", "values": {}}},
        {"id": "b", "needs": ["a"], "kind": "wait", "duration": "1h"},
        on_failure=[{"id": "tell"}],
        always=[{"id": "clean", "values": {"state": "${{ execution.state }}"}}],
    )
    drained(execution, drain)

    assert services.cancel(execution, by="ada", now=clock.now()).state == "running"

    assert drained(execution, drain).state == "cancelled"
    assert order(execution) == ["a", "a.compensate", "clean"]
    assert output(execution, "clean") == {"state": "cancelled"}
    assert not DeadLetter.objects.exists()


def test_a_cancel_with_nothing_to_undo_ends_at_once(start: Callable[..., Execution], drain: Drain) -> None:
    execution = start({"id": "a", "kind": "wait", "duration": "1h"})
    drained(execution, drain)

    assert services.cancel(execution, by="ada", now=clock.now()).state == "cancelled"
    assert StepRun.objects.get().state == "cancelled"


def test_a_terminated_execution_runs_nothing_more(start: Callable[..., Execution], drain: Drain) -> None:
    execution = start(
        {"id": "a", "compensate": {"kind": "set", "values": {}}},
        {"id": "b", "needs": ["a"], "kind": "wait", "duration": "1h"},
        always=[{"id": "clean"}],
    )
    drained(execution, drain)

    services.terminate(execution, by="ada", now=clock.now())

    assert drained(execution, drain).state == "cancelled"
    assert order(execution) == ["a"]


def test_an_execution_past_its_deadline_ends_timed_out(
    start: Callable[..., Execution], drain: Drain, shift_clock: Shift
) -> None:
    execution = start(
        {"id": "a", "kind": "wait", "duration": "1h"},
        on_failure=[{"id": "tell", "values": {"state": "${{ execution.state }}"}}],
        timeout="10m",
    )
    drained(execution, drain)
    shift_clock(timedelta(minutes=11))

    sweeps.time_out(now=clock.now())

    assert drained(execution, drain).state == "timed_out"
    assert output(execution, "tell") == {"state": "timed_out"}
    assert DeadLetter.objects.get().cause == "timed_out"


def test_an_output_that_cannot_be_computed_fails_the_execution(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start({"id": "a"}, output="${{ steps.a.output.missing }}")

    assert drained(execution, drain).state == "failed"
    assert "missing" in execution.error


def test_a_cancel_ends_the_items_that_have_not_begun(start: Callable[..., Execution], drain: Drain) -> None:
    execution = start(
        {"id": "each", "for_each": [1, 2, 3], "max_parallel": 2, "kind": "wait", "duration": "1h"},
    )
    drained(execution, drain)

    services.cancel(execution, by="ada", now=clock.now())

    execution.refresh_from_db()
    assert execution.state == "cancelled"
    assert set(StepRun.objects.values_list("state", flat=True)) == {"cancelled"}


def test_a_step_with_its_own_priority_runs_first(start: Callable[..., Execution], drain: Drain) -> None:
    execution = start({"id": "low", "priority": 1}, {"id": "high", "priority": 9}, {"id": "middle"})

    drained(execution, drain)

    assert order(execution) == ["high", "middle", "low"]


def test_every_execution_tells_of_its_steps(start: Callable[..., Execution], drain: Drain) -> None:
    drained(start({"id": "a", "for_each": [1, 2]}, {"id": "b", "needs": ["a"]}), drain)

    types = list(Event.objects.in_order().values_list("type", "data"))
    assert [(type_, data.get("step")) for type_, data in types] == [
        ("workflow.started", None),
        ("workflow.step.completed", "a"),
        ("workflow.step.completed", "b"),
        ("workflow.completed", None),
    ]


def test_outputs_of_items_that_are_too_large_together_fail_the_step(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start(
        {"id": "each", "for_each": [1, 2, 3], "values": {"x": "${{ input.text }}"}},
        input={"text": "x" * 400_000},
    )

    assert drained(execution, drain).state == "failed"
    assert "larger than 1000000 bytes" in execution.error


def test_a_wait_of_a_step_that_runs_once_at_most_bears_a_crash(
    start: Callable[..., Execution], drain: Drain
) -> None:
    execution = start({"id": "a", "for_each": [1], "delivery": "at_most_once", "values": {}})
    held = queries.claim(queries.Slot("default", worker="w", lease=timedelta(seconds=30)))
    assert held is not None

    engine.finish(held, Lost(), now=clock.now())

    assert drained(execution, drain).state == "completed"


def test_nobody_takes_the_key_of_a_childs_start(start: Callable[..., Execution]) -> None:
    execution = start({"id": "a"})

    with pytest.raises(InvalidStart, match="step:"):
        services.start(
            Start(workflow=execution.workflow, source=Source.CALL, idempotency_key="step:1:0"),
            now=clock.now(),
        )
