"""The variables that a step's expressions may read."""

import json
from typing import Any

from executions.models import StepRun
from executions.queries import Claim
from workflows.definition import Step


def variables_of(step: Step, held: Claim) -> dict[str, Any]:
    """Return `input`, `execution`, `schedule` and, where the step refers to them, `steps`.

    Shapes: `execution` is `{"id", "source", "priority", "attempt", "created_at"}`,
    `schedule` is `{"id", "fire_at"}` with nulls for an execution of another
    source, `steps.fetch` is `{"state", "output"}`.
    """
    return {
        "input": json.loads(held.input_json),
        "execution": {
            "id": str(held.execution_id),
            "source": held.source,
            "priority": held.priority,
            "attempt": held.attempt,
            "created_at": held.execution_created_at.isoformat(),
        },
        "schedule": {
            "id": str(held.schedule_id) if held.schedule_id else None,
            "fire_at": held.fire_at.isoformat() if held.fire_at else None,
        },
        "steps": _steps(step, held),
    }


def _steps(step: Step, held: Claim) -> dict[str, Any]:
    references = step.template.references | (step.guard.references() if step.guard else frozenset())
    wanted = {key for root, key in references if root == "steps"}
    if not wanted:
        return {}
    rows = StepRun.objects.filter(execution_id=held.execution_id)
    if None not in wanted:
        rows = rows.filter(step__in=wanted)
    return {
        name: {"state": state, "output": output}
        for name, state, output in rows.values_list("step", "state", "output")
    }
