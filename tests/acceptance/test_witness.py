"""The checker of the stories finds what it is there to find."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import clock
from executions import engine, queries, services
from executions.models import Execution, Source, StepRun
from executions.queries import Slot
from executions.rules.outcomes import Completed, Failed, Lost, Outcome
from executions.services import Start
from tests.acceptance import witness
from tests.acceptance.effects import note, read
from tests.acceptance.shapes import act, attempted
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
FAILED = Failed(error="no", error_class="ValueError")


@pytest.fixture
def run(make_workflow: MakeWorkflow) -> Callable[..., StepRun]:
    """Run a step, each of whose attempts ends as told, without its code."""

    def run(*outcomes: Outcome, **fields: Any) -> StepRun:
        retry = {"max_attempts": 9, "initial": "0s", "jitter": "none"}
        workflow = make_workflow(act("only", **{"retry": retry, **fields}))
        cause = Start(workflow=workflow, source=Source.MANUAL, input={"path": ""})
        services.start(cause, now=clock.now())
        for outcome in outcomes:
            held = queries.claim(Slot("default", worker="w@host:1", lease=MINUTE))
            assert held
            engine.finish(held, outcome, now=clock.now())
        return StepRun.objects.get()

    return run


def write(path: Path, row: StepRun, lines: str) -> list[str]:
    """Write lines such as `1 begin, 1 end`, and return what the checker has against them."""
    for line in lines.split(", ") if lines else ():
        number, what = line.split()
        note(str(path), attempted(row, int(number)), what)
    return list(witness.disagreements(read(path)))


@pytest.mark.parametrize(
    ("outcomes", "lines"),
    [
        ([Completed()], "1 begin, 1 end"),
        ([Lost(), Completed()], "1 begin, 1 end, 2 begin, 2 end"),
        ([Lost(), Completed()], "2 begin, 1 begin, 2 end, 1 end"),
        ([Lost(), Completed()], "2 begin, 2 end"),
        ([FAILED, Completed()], "1 begin, 2 begin, 2 end"),
    ],
)
def test_what_interrupted_attempts_allow_passes(run, tmp_path: Path, outcomes, lines: str) -> None:
    assert write(tmp_path / "witness", run(*outcomes), lines) == []


@pytest.mark.parametrize(
    ("outcomes", "lines", "problem"),
    [
        ([Completed()], "", "completed without its effect"),
        ([Completed()], "1 begin", "completed without its effect"),
        ([Completed()], "1 begin, 1 end, 1 end", "attempt 1 wrote twice"),
        ([Completed()], "1 begin, 1 end, 2 begin, 2 end", "attempt 2 was never claimed"),
        ([Completed()], "1 end", "attempt 1 ended without having begun"),
        ([FAILED, Completed()], "1 begin, 1 end, 2 begin, 2 end", "had its effect and is recorded as failed"),
    ],
)
def test_what_they_do_not_allow_is_found(run, tmp_path: Path, outcomes, lines: str, problem: str) -> None:
    found = write(tmp_path / "witness", run(*outcomes), lines)

    assert any(problem in one for one in found), found


def test_an_at_most_once_step_that_began_twice_is_found(run, tmp_path: Path) -> None:
    row = run(FAILED, Completed(), delivery="at_most_once")

    (found,) = write(tmp_path / "witness", row, "1 begin, 2 begin, 2 end")

    assert "at_most_once, and begun 2 times" in found


def test_lines_of_nobody_are_found(run, tmp_path: Path) -> None:
    row = run(Completed())
    row.step = "other"

    found = write(tmp_path / "witness", row, "1 begin")

    assert any(problem.startswith("nobody's") for problem in found)


def test_what_has_not_ended_and_what_is_gone_are_found(run) -> None:
    row = run()
    missing = uuid4()

    assert list(witness.stuck()) == [
        f"execution {row.execution_id} is running",
        f"{row.execution_id} only -1 is ready ",
    ]
    assert list(witness.lost([Execution.objects.get().pk, missing])) == [
        f"execution {missing} was started and is gone"
    ]


def test_a_finished_step_that_was_not_compensated_is_found(run) -> None:
    row = run(Completed(), compensate=act())
    Execution.objects.update(state="failed")

    assert list(witness.not_undone()) == [f"{row.execution_id} only -1 was never compensated"]
