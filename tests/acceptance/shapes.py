"""Workflows of several shapes, whose steps all leave lines in one file, and a load of them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import clock
from executions import services
from executions.models import Execution, Source, StepRun
from executions.services import Start
from tests.acceptance import tasks, witness
from tests.acceptance.effects import Attempted, read
from tests.acceptance.processes import eventually
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

GATE = "${{ input.gate }}"
OF_ITEM_1 = "${{ item == 1 ? input.gate : '' }}"
LONGEST = 90.0  # seconds until all has ended: a worker that is frozen in a transaction holds rows for 30


def act(id_: str = "", **fields: Any) -> dict[str, Any]:
    """Return a step that leaves lines; `gate` and such are arguments of its task."""
    kwargs = {name: fields.pop(name) for name in ("gate", "fails", "stubborn") if name in fields}
    step = {"kind": "task", "task": tasks.effect.name, "args": ["${{ input.path }}"], "kwargs": kwargs}
    return ({"id": id_} if id_ else {}) | step | fields


SHAPES = {
    "one-step": [act("only", gate=GATE)],
    "sequence": [act("first"), act("middle", gate=GATE, needs=["first"]), act("last", needs=["middle"])],
    "fan-out": [act("part", gate=OF_ITEM_1, for_each=[0, 1, 2, 3, 4]), act("after", needs=["part"])],
    "undone": [
        act("reserve", compensate=act(gate=GATE)),
        act("charge", needs=["reserve"], compensate=act()),
        act("ship", needs=["charge"], fails=True),
    ],
    "at-most-once": [act("pay", gate=GATE, delivery="at_most_once"), act("after", needs=["pay"])],
}
HELD = {("only", -1), ("middle", -1), ("part", 1), ("reserve.compensate", -1), ("pay", -1)}


@dataclass
class Load:
    """Executions of all shapes.

    Attributes:
        path: of the witness.
        gate: while this file is missing, the first attempts of held executions do not end.
    """

    path: Path
    gate: Path
    workflows: dict[str, Workflow]
    started: list[UUID] = field(default_factory=list)

    def start(self, count: int = 1) -> None:
        """Start so many executions of each shape."""
        for _ in range(count):
            for workflow in self.workflows.values():
                self._start(workflow, gate="")

    def hold(self) -> None:
        """Start one execution of each shape, and return when each is in the middle of a step."""
        held = {str(self._start(workflow, gate=str(self.gate))) for workflow in self.workflows.values()}
        eventually(lambda: held <= self._held_now(), within=LONGEST, what="each shape is in mid-step")

    def held_runs(self) -> list[StepRun]:
        """Return the step runs that wait at the gate."""
        rows = StepRun.objects.filter(state="running", attempt=1, execution__input__gate=str(self.gate))
        return [row for row in rows if (row.step, row.item_index) in HELD]

    def _held_now(self) -> set[str]:
        return {by.execution for by, _ in read(self.path) if (by.step, by.item) in HELD and by.attempt == 1}

    def _start(self, workflow: Workflow, *, gate: str) -> UUID:
        cause = Start(workflow=workflow, source=Source.MANUAL, input={"path": str(self.path), "gate": gate})
        id_ = services.start(cause, now=clock.now()).id
        self.started.append(id_)
        return id_

    def ends(self) -> None:
        """Wait until all has ended, and check the file against the database."""
        left = Execution.objects.filter(finished_at__isnull=True)
        eventually(lambda: not left.exists(), within=LONGEST, what="every execution has ended")
        witness.check(self.path, started=self.started)


def make_load(make_workflow: MakeWorkflow, directory: Path) -> Load:
    """Make the workflows; nothing is started."""
    workflows = {name: make_workflow(*steps, name=name) for name, steps in SHAPES.items()}
    return Load(directory / "witness", directory / "gate", workflows)


def attempted(row: StepRun, attempt: int) -> Attempted:
    """Return an attempt of a step run, as its lines name it."""
    return Attempted(str(row.execution_id), row.step, row.item_index, attempt)
