"""Stories of processes that die, freeze or leave in the middle of a step: nothing lost, nothing stuck, nothing doubled.

Each runs executions of several shapes; a file outside of the database is the witness of what their steps did.
"""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from events.models import Event
from executions.models import Attempt, StepRun
from tests.acceptance import witness
from tests.acceptance.effects import read
from tests.acceptance.processes import Running, eventually, running
from tests.acceptance.shapes import GATE, SHAPES, Load, act, attempted
from tests.conftest import MakeWorkflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

# One slot for each execution that is held, and one for the others.
WORKER = {"HORARIUM_WORKER_CONCURRENCY": str(len(SHAPES) + 1), "HORARIUM_LEASE_SECONDS": "4"}


def outcomes() -> Counter[str]:
    """Return how many attempts ended without success, other than those that were told to fail."""
    return Counter(Attempt.objects.exclude(outcome="failed").values_list("outcome", flat=True))


def ambiguous() -> set[str]:
    return set(StepRun.objects.filter(state="ambiguous").values_list("step", flat=True))


def pid_of(row: StepRun) -> int:
    """Return the pool process that holds a step run."""
    return int(row.worker.rpartition(":")[2])


def lets_go_of(worker: Running) -> int:
    """Return how many attempts a worker has given up, or found refused."""
    words = ("lease lost", "finish refused", "pool process killed")
    return sum(worker.output().count(word) for word in words)


def assert_each_was_interrupted(outcome: str) -> None:
    assert outcomes()[outcome] >= len(SHAPES)
    assert ambiguous() == {"pay"}


def test_a_worker_killed_under_load_loses_nothing(load: Load) -> None:
    with running("worker", **WORKER) as doomed:
        load.hold()
        load.start(3)
        doomed.signal_group(signal.SIGKILL)
        doomed.wait(5)
    load.start()

    with running("beat"), running("worker", **WORKER):
        load.ends()

    assert_each_was_interrupted("lost")


def test_pool_processes_killed_under_load_lose_nothing(load: Load) -> None:
    with running("beat"), running("worker", **WORKER):
        load.hold()
        load.start(3)
        for row in load.held_runs():
            os.kill(pid_of(row), signal.SIGKILL)
        load.ends()

    assert_each_was_interrupted("lost")


def test_a_worker_frozen_past_its_lease_and_woken_again_doubles_nothing(load: Load) -> None:
    with running("worker", **WORKER) as frozen:
        load.hold()
        load.start(3)
        frozen.signal_group(signal.SIGSTOP)
        with running("beat"), running("worker", **WORKER):
            load.ends()
            frozen.signal_group(signal.SIGCONT)
            eventually(lambda: lets_go_of(frozen) >= len(SHAPES), within=60, what="it lets go")
            load.start()
            load.ends()

    assert_each_was_interrupted("lost")


@pytest.fixture
def stubborn(make_workflow: MakeWorkflow, tmp_path: Path) -> Load:
    """Return a load of one step that no signal interrupts."""
    workflow = make_workflow(act("only", gate=GATE, stubborn=True))
    return Load(tmp_path / "witness", tmp_path / "gate", {"stubborn": workflow})


def test_the_late_write_of_a_woken_worker_is_refused_and_counted(stubborn: Load) -> None:
    with running("worker", **WORKER | {"HORARIUM_WORKER_CONCURRENCY": "1"}) as frozen:
        stubborn.hold()
        row = StepRun.objects.get()
        frozen.signal_group(signal.SIGSTOP)
        with running("beat"), running("worker", **WORKER):
            stubborn.ends()
        stubborn.gate.touch()
        os.kill(pid_of(row), signal.SIGCONT)  # its parent, which would kill it, sleeps on
        refused = eventually(Event.objects.filter(type="workflow.step.refused").first, what="a refusal")
        frozen.signal_group(signal.SIGCONT)

    assert (refused.execution_id, refused.data["attempt"]) == (row.execution_id, 1)
    effects = [line.by for line in read(stubborn.path) if line.what == "end"]
    assert effects == [attempted(row, 2), attempted(row, 1)]
    witness.check(stubborn.path, started=stubborn.started)


def test_a_deploy_in_mid_step_loses_nothing(load: Load) -> None:
    patient = WORKER | {"HORARIUM_LEASE_SECONDS": "30", "HORARIUM_SHUTDOWN_GRACE_SECONDS": "0.5"}
    with running("beat"), running("worker", **patient) as old:
        load.hold()
        with running("worker", **patient):
            load.start(3)
            old.terminate()
            load.start()
            load.ends()
            old.wait(45)  # Celery's pool may wait 30 s for an answer that its parent does not read any more

    assert_each_was_interrupted("released")
