"""Stories of a step that runs in another application, told by real workers of both."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

import clock
from executions import services
from executions.models import Attempt, Execution, Source, StepRun
from executions.services import Start
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@contextmanager
def shop(log: Path, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a worker of the other application, with none of our settings or modules."""
    command = [sys.executable, "-m", "celery", "-A", "other_app", "worker", "-Q", "shop", "-c", "1"]
    ours = ("DJANGO_SETTINGS_MODULE", "HORARIUM_ENV", "PYTHONPATH", "DATABASE_URL", "REDIS_URL")
    clean = {name: value for name, value in os.environ.items() if name not in ours}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=HERE,
            env={**clean, "SHOP_BROKER": settings.REDIS_URL, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    except BaseException:
        sys.stderr.write(log.read_text())
        raise
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def start(make_workflow: MakeWorkflow, task: str, **fields: Any) -> StepRun:
    step = {"id": "remote", "kind": "remote_task", "task": task, "broker_queue": "shop", **fields}
    workflow = make_workflow(step, name=task.replace(".", "-"))
    started = services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())
    return StepRun.objects.get(execution_id=started.id)


def ended(row: StepRun) -> StepRun:
    """Return the step run once it has ended."""
    rows = StepRun.objects.filter(pk=row.pk, finished_at__isnull=False)
    found: StepRun = eventually(rows.first, what=f"{row.pk} has ended")
    return found


def test_a_task_of_another_application_runs_and_its_answer_comes_back(
    make_workflow: MakeWorkflow, tmp_path: Path
):
    with running("worker"), shop(tmp_path / "log"):
        row = ended(start(make_workflow, "shop.charge", args=[7], kwargs={"currency": "CHF"}))

    assert row.state == "completed"
    key = f"{row.execution_id}:remote"
    assert row.output == {"order": 7, "currency": "CHF", "key": key, "attempt": 1}
    assert Execution.objects.get().state == "completed"


def test_a_failure_in_another_application_comes_back(make_workflow: MakeWorkflow, tmp_path: Path):
    with running("worker"), shop(tmp_path / "log"):
        refused = start(make_workflow, "shop.refuse", retry={"max_attempts": 2, "initial": "0s"})
        strange = start(make_workflow, "shop.strange")
        rows = [ended(refused), ended(strange)]

    assert [row.state for row in rows] == ["failed", "failed"]
    assert all("whose log has the reason" in row.error for row in rows)
    assert Attempt.objects.filter(step_run=refused).count() == 2


def test_an_application_that_registers_our_errback_tells_why_it_failed(
    make_workflow: MakeWorkflow, tmp_path: Path
):
    with running("worker"), shop(tmp_path / "log", SHOP_TELLS_WHY="1"):
        row = ended(start(make_workflow, "shop.refuse"))

    assert (row.state, row.error) == ("failed", "card refused")


def test_a_task_whose_worker_is_killed_is_sent_again_after_its_deadline(
    make_workflow: MakeWorkflow, tmp_path: Path
):
    witness = tmp_path / "witness"
    retry = {"max_attempts": 2, "initial": "0s"}
    with running("beat"), running("worker"):
        with shop(tmp_path / "log") as victim:
            hang = start(make_workflow, "shop.hang", args=[str(witness)], timeout="4s", retry=retry)
            eventually(witness.exists, what="the task has begun")
            os.killpg(victim.pid, signal.SIGKILL)
        with shop(tmp_path / "log"):
            row = ended(hang)

    assert (row.state, row.output) == ("completed", "at last")
    assert Attempt.objects.get().outcome == "timed_out"


def test_an_at_most_once_task_whose_worker_is_killed_ends_ambiguous(
    make_workflow: MakeWorkflow, tmp_path: Path
):
    witness = tmp_path / "witness"
    with running("beat"), running("worker"), shop(tmp_path / "log") as victim:
        step = start(make_workflow, "shop.hang", args=[str(witness)], timeout="4s", delivery="at_most_once")
        eventually(witness.exists, what="the task has begun")
        os.killpg(victim.pid, signal.SIGKILL)
        row = ended(step)

    assert row.state == "ambiguous"
