"""Begin executions of definitions that a test writes out, and move them on by hand."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import clock
from executions import engine, queries, services
from executions.models import Execution, Source
from executions.queries import Claim, Slot
from executions.rules.outcomes import Failed, Outcome
from executions.services import Start
from organizations.models import Organization
from workflows import services as workflow_services
from workflows.models import Workflow

SET: dict[str, Any] = {"kind": "set", "values": {}}
ASK: dict[str, Any] = {"kind": "approval", "message": "Go on?"}
SLOT = Slot("default", worker="w", lease=timedelta(minutes=5))
NO = Failed(error="no", error_class="X")

Begin = Callable[..., Execution]


def define(
    organization: Organization, *steps: dict[str, Any], name: str = "flow", **sections: Any
) -> Workflow:
    """Make a workflow; a step without kind sets nothing."""
    filled = [step if "kind" in step else {**SET, **step} for step in steps]
    return workflow_services.create(organization, name=name, definition={**sections, "steps": filled})


def begun(workflow: Workflow) -> Execution:
    started = services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())
    return Execution.objects.get(pk=started.id)


def claim(count: int = 1) -> list[Claim]:
    """Take the next step runs, in the order of steps and items."""
    taken = [held for _ in range(count) if (held := queries.claim(SLOT))]
    return sorted(taken, key=lambda held: (held.step, held.item_index))


def claim_one() -> Claim:
    (held,) = claim()
    return held


def finish(held: Claim, outcome: Outcome, *, slot: Slot | None = None) -> Claim | None:
    return engine.finish(held, outcome, now=clock.now(), slot=slot)


def state(execution: Execution) -> str:
    execution.refresh_from_db()
    return execution.state


def steps(execution: Execution) -> dict[str, str]:
    """Return the states of steps, and of items as `step[0]`."""
    rows = execution.step_runs.values_list("step", "item_index", "state")
    return {step if index < 0 else f"{step}[{index}]": found for step, index, found in rows}
