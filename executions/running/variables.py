"""The variables that a step's expressions may read."""

import json
from typing import Any

from executions.advancing import planned
from executions.models import WHOLE, Execution, StepRun
from executions.queries import Claim
from executions.rules import graph
from executions.states import STEP_FINAL
from workflows.definition import Section, Step
from workflows.services import definition_of

HOOKS = frozenset({Section.COMPENSATE, Section.ON_FAILURE, Section.ALWAYS})
NOT_REACHED = {"state": None, "output": None}


def variables_of(step: Step, held: Claim) -> dict[str, Any]:
    """Return `input`, `execution`, `schedule` and, where the step refers to them, `steps`; of an item `item`, `index`.

    Shapes: `execution` is `{"id", "source", "priority", "attempt", "created_at"}`,
    and where the step runs because the execution ends also `{"state", "error"}`:
    as what, and why. `schedule` is `{"id", "fire_at"}` with nulls for an
    execution of another source, `steps.fetch` is `{"state", "output"}`, with
    nulls for a step that was not reached.
    """
    variables = {
        "input": _input(step, held),
        "execution": {
            "id": str(held.execution_id),
            "source": held.source,
            "priority": held.priority,
            "attempt": held.attempt,
            "created_at": held.execution_created_at.isoformat(),
            **_end(step, held),
        },
        "schedule": {
            "id": str(held.schedule_id) if held.schedule_id else None,
            "fire_at": held.fire_at.isoformat() if held.fire_at else None,
        },
        "steps": _steps(step, held),
    }
    if held.is_item:
        item = None if held.item_json is None else json.loads(held.item_json)
        variables |= {"item": item, "index": held.item_index}
    return variables


def _input(step: Step, held: Claim) -> Any:
    if held.input_json is not None:
        return json.loads(held.input_json)
    if all(root != "input" for root, _ in step.references):
        return {}
    return Execution.objects.values_list("input", flat=True).get(pk=held.execution_id)


def _end(step: Step, held: Claim) -> dict[str, Any]:
    """Return how the execution is about to end, for a step that runs because it ends."""
    wanted = {key for root, key in step.references if root == "execution"}
    if wanted.isdisjoint({None, "state", "error"}):
        return {}
    definition = definition_of(held.version_id)
    if definition.section_of(step.id) not in HOOKS:
        return {}
    plan = planned(held.execution_id, definition, ends_as=held.ends_as)
    return {"state": plan.result, "error": _error(held)}


def _error(held: Claim) -> str:
    failed = StepRun.objects.filter(
        execution_id=held.execution_id, item_index=WHOLE, state__in=sorted(graph.FAILED)
    )
    first = failed.order_by("finished_at", "id").values_list("step", "error").first()
    return ": ".join(first) if first else ""


def _steps(step: Step, held: Claim) -> dict[str, Any]:
    wanted = {key for root, key in step.references if root == "steps"}
    if not wanted:
        return {}
    rows = StepRun.objects.filter(execution_id=held.execution_id, item_index=WHOLE)
    if None not in wanted:
        rows = rows.filter(step__in=wanted)
    found = {
        # What is kept in the row of a step that has not ended is its own.
        name: {"state": state, "output": output if state in STEP_FINAL else None}
        for name, state, output in rows.values_list("step", "state", "output")
    }
    return {name: NOT_REACHED for name in wanted if name is not None} | found
