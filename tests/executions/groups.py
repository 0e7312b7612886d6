"""Starts that compete for places in one group, and what became of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import clock
from executions import engine, queries
from executions.admitting.admission import Admission
from executions.admitting.overlap import Decision, OverlapPolicy
from executions.models import Execution, Source
from executions.queries import Claim, NewStepRun, Slot
from executions.rules.outcomes import Completed, Outcome
from executions.services import Start, Verdict, start_many
from workflows.models import Workflow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
AUTO = "auto"
SHAPES = {"one step": ({"id": "a"},), "two steps": ({"id": "a"}, {"id": "b", "needs": ["a"]})}


@dataclass
class Group:
    """A group of places, as a schedule has one; its starts are numbered by their nominal time."""

    workflow: Workflow
    policy: str = "skip"
    limit: int = 1
    key: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.workflow.pk  # any UUID

    def cause(self, number: int, *, policy: str = "", **changes: Any) -> Start:
        """Return a start whose nominal time is `number` minutes after noon."""
        place = Admission(
            key=self.key,
            policy=OverlapPolicy(policy or self.policy),
            limit=changes.pop("limit", self.limit),
            waits_until=changes.pop("waits_until", None),
        )
        wanted: dict[str, Any] = {
            "workflow": self.workflow,
            "source": Source.SCHEDULE,
            "schedule_id": self.key,
            "fire_kind": AUTO,
            "fire_at": NOON + timedelta(minutes=number),
            "admission": place,
        }
        return Start(**(wanted | changes))

    def start(self, *numbers: int, **how: Any) -> list[Decision]:
        """Start with one call, and return the decisions."""
        return [verdict.decision for verdict in self.verdicts(*numbers, **how)]

    def verdicts(self, *numbers: int, **how: Any) -> list[Verdict]:
        return start_many([self.cause(number, **how) for number in numbers], now=clock.now())

    def states(self) -> dict[int, str]:
        """Return the state of each execution, by its number."""
        rows = Execution.objects.filter(group_key=self.key).order_by("fire_at")
        return {number_of(row.fire_at): row.state for row in rows}

    def numbers(self, state: str) -> list[int]:
        return [number for number, its in self.states().items() if its == state]

    def get(self, number: int) -> Execution:
        return Execution.objects.get(group_key=self.key, fire_at=NOON + timedelta(minutes=number))


MakeGroup = Callable[..., Group]


def number_of(fire_at: datetime | None) -> int:
    """Return which start of its group a nominal time belongs to."""
    assert fire_at is not None
    return (fire_at - NOON) // timedelta(minutes=1)


def claim() -> Claim:
    """Take the best ready step."""
    held = queries.claim(Slot("default", worker="w", lease=LEASE))
    assert held is not None
    return held


def end(held: Claim, outcome: Outcome | None = None) -> None:
    """Finish a step, successfully unless told otherwise."""
    engine.finish(held, outcome or Completed(), now=clock.now())


def insert_step_of(execution: Execution) -> None:
    """Insert a step run that no step of the definition has, so that its execution cannot go on."""
    row = NewStepRun(
        execution_id=execution.pk,
        organization_id=execution.organization_id,
        step="unknown",
        kind="set",
        state="ready",
        queue="default",
        priority=5,
        created_at=NOON,
    )
    queries.insert_step_runs([row])
