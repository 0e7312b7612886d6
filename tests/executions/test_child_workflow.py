"""A step that starts another workflow: one child for each attempt that counts, and both hear of each other's end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import clock
from executions import engine, services
from executions.models import Attempt, Execution, Source, StepRun
from executions.queries import claim
from executions.queries.claims import Slot
from executions.rules.outcomes import Completed, Failed
from executions.services import Start
from executions.steps.workflow import MAX_DEPTH, run
from executions.waiting import children
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.executions.calls import call as first_call
from tests.races.connections import at_once
from workflows import services as workflows
from workflows.definition import WorkflowStep
from workflows.models import Workflow

pytestmark = pytest.mark.django_db

Drain = Callable[[], int]
SLOT = Slot("default", worker="worker@test:1", lease=timedelta(seconds=30))
TWICE = {"max_attempts": 2, "initial": "0s"}
ASK = {"id": "ask", "kind": "approval", "message": "Go on?"}


@pytest.fixture
def bill(make_workflow: MakeWorkflow) -> Workflow:
    """Return the child: it gives back its input."""
    inputs = {"properties": {"order": {"type": "integer"}}}
    return make_workflow(
        {"id": "make", "kind": "set", "values": {"bill": "${{ input.order }}"}}, name="bill", inputs=inputs
    )


@pytest.fixture
def slow(make_workflow: MakeWorkflow) -> Workflow:
    """Return a child that waits for a person."""
    return make_workflow(ASK, name="slow")


@pytest.fixture
def parent(make_workflow: MakeWorkflow) -> Callable[..., StepRun]:
    """Start a workflow with one step that starts `bill`, or another one."""

    def make(workflow: str = "bill", *, start: dict[str, Any] | None = None, **fields: Any) -> StepRun:
        step = {"id": "sub", "kind": "workflow", "workflow": workflow, **fields}
        cause = Start(workflow=make_workflow(step, name="parent"), source=Source.MANUAL, **(start or {}))
        return StepRun.objects.get(execution_id=services.start(cause, now=clock.now()).id)

    return make


def state(row: StepRun) -> str:
    row.refresh_from_db()
    return row.state if row.state != "waiting" else f"waits for {row.waits_for}"


def child(row: StepRun) -> Execution:
    return Execution.objects.filter(parent_step_id=row.pk).latest("created_at")


def test_the_output_of_the_child_is_the_output_of_the_step(bill: Workflow, parent: Any, drain: Drain):
    row = parent(input={"order": "${{ input.order }}"}, start={"input": {"order": 7}})

    drain()

    assert (state(row), row.output) == ("completed", {"bill": 7})
    assert Execution.objects.get(pk=row.execution_id).state == "completed"
    assert (child(row).source, child(row).started_by) == ("parent", "step sub")


def test_the_child_inherits_priority_and_queue(slow: Workflow, parent: Any, drain: Drain):
    row = parent("slow", start={"priority": 8})
    drain()

    assert state(row) == "waits for execution"
    assert (child(row).priority, child(row).queue) == (8, "default")


def test_a_child_that_fails_fails_the_attempt_and_the_next_one_starts_another(
    make_workflow: MakeWorkflow, parent: Any, drain: Drain
):
    make_workflow({"id": "no", "kind": "set", "values": {"x": "${{ input.missing }}"}}, name="bill")
    row = parent(retry=TWICE)

    drain()

    assert state(row) == "failed"
    assert row.error.startswith(f"workflow 'bill' ({child(row).pk}) failed: no: ")
    assert Execution.objects.filter(parent_step_id=row.pk).count() == 2
    assert Attempt.objects.filter(step_run=row).count() == 2


def test_a_crash_after_the_start_starts_no_second_child(slow: Workflow, parent: Any):
    row = parent("slow")
    held = claim(SLOT)
    assert held is not None
    step = WorkflowStep(id="sub", kind="workflow", workflow="slow")
    ids: dict[str, UUID] = {name: getattr(held, name) for name in ("execution_id", "organization_id")}

    outcomes = [run(step, first_call(step_run_id=row.pk, attempt=number, **ids)) for number in (1, 2)]

    assert outcomes[0] == outcomes[1]
    assert Execution.objects.filter(parent_step_id=row.pk).count() == 1


@pytest.mark.parametrize(
    ("workflow", "reason"),
    [("nobody", "there is no workflow 'nobody'"), ("gone", "workflow gone is archived")],
)
def test_a_workflow_that_cannot_start_fails_the_step_for_good(
    make_workflow: MakeWorkflow, parent: Any, drain: Drain, workflow: str, reason: str
):
    gone = make_workflow(name="gone")
    row = parent("gone", retry=TWICE)
    workflows.archive(gone)
    step = WorkflowStep(id="sub", kind="workflow", workflow=workflow)

    outcome = run(step, call_for(row))

    assert isinstance(outcome, Failed)
    assert outcome.is_final
    assert reason in outcome.error


def test_an_input_that_does_not_fit_is_named_without_its_value(bill: Workflow, parent: Any, drain: Drain):
    row = parent(input={"order": "s3cr3t"}, retry=TWICE)

    drain()

    assert state(row) == "failed"
    assert "cannot be started so: input.order must fit its inputs" in row.error
    assert "s3cr3t" not in row.error


def test_another_organizations_workflow_is_not_found(make_workflow: MakeWorkflow, parent: Any, drain: Drain):
    other = Organization.objects.create(slug="globex", name="Globex")
    make_workflow(name="secret")
    row = parent("secret")
    Workflow.objects.filter(name="secret").update(organization=other)

    drain()

    assert "there is no workflow 'secret'" in StepRun.objects.get(pk=row.pk).error


def test_workflows_that_start_each_other_end(make_workflow: MakeWorkflow, parent: Any, drain: Drain):
    ping = make_workflow(name="ping")
    make_workflow({"id": "sub", "kind": "workflow", "workflow": "ping"}, name="pong")
    row = parent("ping")
    workflows.change(ping, definition={"steps": [{"id": "sub", "kind": "workflow", "workflow": "pong"}]})

    drain()

    assert state(row) == "failed"
    assert f"nested {MAX_DEPTH} deep already" in row.error
    assert Execution.objects.count() == MAX_DEPTH


def test_cancelling_the_parent_cancels_the_child_and_then_it_ends(slow: Workflow, parent: Any, drain: Drain):
    row = parent("slow")
    drain()

    services.cancel(row.execution, by="kim", now=clock.now())

    assert child(row).state == "cancelled"
    assert state(row) == "cancelled"
    assert Execution.objects.get(pk=row.execution_id).state == "cancelled"


def test_terminating_the_parent_ends_the_child(slow: Workflow, parent: Any, drain: Drain):
    row = parent("slow")
    drain()

    services.terminate(row.execution, by="kim", now=clock.now())

    assert child(row).state == "cancelled"
    assert state(row) == "cancelled"


def test_a_child_that_a_person_cancels_fails_the_step_for_good(slow: Workflow, parent: Any, drain: Drain):
    row = parent("slow", retry=TWICE)
    drain()

    services.cancel(child(row), by="kim", now=clock.now())

    assert state(row) == "failed"
    assert "was cancelled" in row.error


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(5))
def test_a_child_that_ends_while_its_parent_begins_to_wait_is_heard(
    make_workflow: MakeWorkflow, parent: Any, _: int
):
    make_workflow({"id": "make", "kind": "set", "values": {"x": 1}, "queue": "other"}, name="bill")
    row = parent()
    held = claim(SLOT)
    assert held is not None
    step = WorkflowStep(id="sub", kind="workflow", workflow="bill")
    waiting = run(step, call_for(row))
    made = claim(Slot("other", worker="worker@test:2", lease=timedelta(seconds=30)))
    assert made is not None

    at_once(
        lambda: engine.finish(held, waiting, now=clock.now()),
        lambda: engine.finish(made, Completed({"x": 1}), now=clock.now()),
    )

    assert (state(row), row.output) == ("completed", {"x": 1})


def test_the_sweep_tells_a_parent_that_nobody_told(
    bill: Workflow, parent: Any, monkeypatch: Any, drain: Drain
):
    with monkeypatch.context() as patch:
        patch.setattr(children, "tell_parent", lambda *_, **__: None)
        row = parent(input={"order": 7})
        drain()
        assert state(row) == "waits for execution"

    assert children.tell_parents_left(now=clock.now()) == 1
    assert state(row) == "completed"
    assert children.tell_parents_left(now=clock.now()) == 0


def test_the_sweep_ends_a_child_whose_parent_has_ended(
    slow: Workflow, parent: Any, monkeypatch: Any, drain: Drain
):
    row = parent("slow")
    drain()
    with monkeypatch.context() as patch:
        patch.setattr(children, "cancel_children", lambda *_, **__: None)
        services.terminate(row.execution, by="kim", now=clock.now())
    assert child(row).state == "running"

    assert children.cancel_children_left(now=clock.now()) == 1
    assert child(row).state == "cancelled"
    assert children.cancel_children_left(now=clock.now()) == 0


def test_a_child_of_an_always_step_runs_on_while_its_parent_is_cancelled(
    slow: Workflow, organization: Organization, drain: Drain
):
    definition = {
        "steps": [ASK],
        "always": [{"id": "tidy", "kind": "workflow", "workflow": "slow"}],
    }
    workflow = workflows.create(organization, name="tidied", definition=definition)
    execution = Execution.objects.get(
        pk=services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now()).id
    )
    drain()
    for _ in range(2):
        services.cancel(execution, by="kim", now=clock.now())
        drain()

    assert child(StepRun.objects.get(step="tidy")).state == "running"
    assert children.cancel_children_left(now=clock.now()) == 0


def call_for(row: StepRun) -> Any:
    return first_call(
        execution_id=row.execution_id, organization_id=row.organization_id, step_run_id=row.pk, step="sub"
    )
