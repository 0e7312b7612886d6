"""Executions that failed, and what becomes of them."""

from collections.abc import Callable
from typing import Any

import pytest

import clock
from executions.models import Execution, StepRun
from executions.services import Start, start
from organizations.models import Organization
from workflows import services as workflows
from workflows.models import Workflow

BREAKS = "${{ 1 / input.divisor }}"  # while the divisor is 0

Define = Callable[..., Workflow]
Run = Callable[..., Execution]


def sets(step_id: str, value: Any = None, **fields: Any) -> dict[str, Any]:
    """Return a step that gives `{"v": value}`."""
    return {"id": step_id, "kind": "set", "values": {"v": value}, **fields}


def breaks(step_id: str, **fields: Any) -> dict[str, Any]:
    """Return a step that fails while the divisor of the input is 0."""
    return sets(step_id, BREAKS, **fields)


@pytest.fixture
def define(organization: Organization) -> Define:
    """Make a workflow of the given steps and other parts of a definition."""

    def define(*steps: dict[str, Any], name: str = "report", **parts: Any) -> Workflow:
        return workflows.create(organization, name=name, definition={"steps": list(steps), **parts})

    return define


@pytest.fixture
def run(drain: Callable[[], int]) -> Run:
    """Start a workflow and run it as far as it goes."""

    def run(workflow: Workflow, *, divisor: int = 0, **facts: Any) -> Execution:
        wanted = {"source": "manual", "input": {"divisor": divisor}, **facts}
        started = start(Start(workflow=workflow, **wanted), now=clock.now())
        drain()
        return Execution.objects.get(pk=started.id)

    return run


def outputs(execution: Execution) -> dict[str, Any]:
    """Return what the steps gave, or their states where they gave nothing."""
    rows = StepRun.objects.filter(execution=execution, item_index=-1)
    return {row.step: row.state if row.output is None else row.output for row in rows}
