"""`executions.services.start`: where executions are born."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events.models import Event
from executions.errors import IdempotencyConflict, InvalidStart, NotStartable
from executions.models import Execution, Source, StepRun
from executions.services import Start, start, start_many
from tests.conftest import MakeWorkflow
from workflows import services as workflow_services
from workflows.errors import InvalidInput

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def cause(make_workflow: MakeWorkflow, **changes: Any) -> Start:
    return Start(**{"workflow": make_workflow({"id": "only"}), "source": Source.MANUAL, **changes})


def test_a_start_records_the_execution_its_first_steps_and_an_event(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "a"}, {"id": "b"}, {"id": "c", "needs": ["a"]})

    started = start(Start(workflow=workflow, source=Source.MANUAL, priority=7), now=NOON)

    assert started.created
    assert Execution.objects.get().version_id == workflow.current_version_id
    assert set(StepRun.objects.values_list("step", "state", "priority")) == {
        ("a", "ready", 7),
        ("b", "ready", 7),
    }
    assert Event.objects.get().type == "workflow.started"


def test_the_same_idempotency_key_answers_with_the_first_execution(make_workflow: MakeWorkflow) -> None:
    order = cause(make_workflow, idempotency_key="order-1", input={"n": 1})

    first, second = start(order, now=NOON), start(order, now=NOON)

    assert (first.created, second.created) == (True, False)
    assert first.id == second.id
    assert Execution.objects.count() == 1


def test_an_idempotency_key_with_another_input_is_refused(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"})
    start(Start(workflow=workflow, source=Source.MANUAL, idempotency_key="k", input={"n": 1}), now=NOON)

    with pytest.raises(IdempotencyConflict, match="new key"):
        start(Start(workflow=workflow, source=Source.MANUAL, idempotency_key="k", input={"n": 2}), now=NOON)


def test_defaults_of_the_input_schema_are_applied(make_workflow: MakeWorkflow) -> None:
    inputs = {"type": "object", "properties": {"city": {"type": "string", "default": "Berlin"}}}
    workflow = make_workflow({"id": "only"}, inputs=inputs)

    start(Start(workflow=workflow, source=Source.MANUAL), now=NOON)

    assert Execution.objects.get().input == {"city": "Berlin"}


def test_an_input_that_does_not_fit_the_schema_starts_nothing(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"}, inputs={"properties": {"n": {"type": "integer"}}})

    with pytest.raises(InvalidInput, match=r"input\.n"):
        start(Start(workflow=workflow, source=Source.MANUAL, input={"n": "x"}), now=NOON)

    assert not Execution.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("priority", 10), ("priority", True), ("queue", "a b"), ("idempotency_key", "k" * 201)],
)
def test_a_setting_out_of_bounds_is_named(make_workflow: MakeWorkflow, field: str, value: Any) -> None:
    with pytest.raises(InvalidStart, match=field):
        start(cause(make_workflow, **{field: value}), now=NOON)


def test_an_archived_workflow_starts_nothing(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"})
    workflow_services.archive(workflow)

    with pytest.raises(NotStartable, match="archived"):
        start(Start(workflow=workflow, source=Source.MANUAL), now=NOON)


def test_one_fire_per_nominal_time_whoever_records_it(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"})
    schedule_id = workflow.pk  # any UUID
    fire = Start(
        workflow=workflow, source="schedule", schedule_id=schedule_id, fire_kind="auto", fire_at=NOON
    )

    verdicts = start_many([fire, fire], now=NOON) + start_many([fire], now=NOON)

    assert [verdict.id is not None for verdict in verdicts] == [True, False, False]
    assert StepRun.objects.count() == 1


def test_a_running_execution_keeps_the_version_it_started_with(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"})
    start(Start(workflow=workflow, source=Source.MANUAL), now=NOON)
    before = workflow.current_version_id

    workflow_services.change(workflow, definition={"steps": [{"id": "other", "kind": "set", "values": {}}]})

    workflow.refresh_from_db()
    assert workflow.current_version_id != before
    assert Execution.objects.get().version_id == before
