"""Stories of code that hangs in C or dies, told by real worker processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

import clock
from executions import services
from executions.models import Attempt, Execution, Source, StepRun
from executions.services import Start
from tests.acceptance import tasks
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

HANG = {"id": "only", "kind": "task", "task": tasks.hang.name, "args": ["${{ input.path }}"]}
CRASH = {**HANG, "task": tasks.crash.name}
WITNESS = {**HANG, "task": tasks.linger.name, "args": ["${{ input.path }}", 0.5]}


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def start(make_workflow: MakeWorkflow, tmp_path: Path) -> Any:
    """Start an execution of one step, which writes a line into the returned file."""

    def start_step(name: str, step: dict[str, Any], **changes: Any) -> tuple[Execution, Path]:
        path = tmp_path / name
        cause = Start(
            workflow=make_workflow({**step, **changes}, name=name),
            source=Source.MANUAL,
            input={"path": str(path)},
        )
        return Execution.objects.get(pk=services.start(cause, now=clock.now()).id), path

    return start_step


def pids(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def ends(execution: Execution, *, within: float = 30) -> str:
    """Return the state in which an execution ends."""
    final = Execution.objects.filter(pk=execution.pk, finished_at__isnull=False)
    eventually(final.exists, within=within, what=f"{execution.workflow.name} ends")
    return final.get().state


def outcomes(execution: Execution) -> list[str]:
    attempts = Attempt.objects.filter(step_run__execution=execution).order_by("number")
    return list(attempts.values_list("outcome", flat=True))


def test_a_step_that_hangs_in_c_is_ended_and_retried_and_nothing_else_suffers(start: Any) -> None:
    with running("worker", HORARIUM_WORKER_CONCURRENCY="2"):
        retry = {"max_attempts": 2, "initial": "0s"}
        hanging, first = start("hanging", HANG, timeout="2s", retry=retry)
        eventually(lambda: pids(first), what="the step hangs")
        innocent = [start(f"innocent-{number}", WITNESS)[0] for number in range(6)]

        assert {ends(execution, within=5) for execution in innocent} == {"completed"}
        assert ends(hanging) == "failed"

        assert outcomes(hanging) == ["timed_out", "timed_out"]
        assert len(set(pids(first))) == 2
        later = [start(f"later-{number}", {**WITNESS, "args": ["${{ input.path }}", 2]}) for number in (1, 2)]
        eventually(lambda: len({tuple(pids(path)) for _, path in later if pids(path)}) == 2, what="two slots")


def test_a_step_that_hangs_in_c_for_longer_than_a_lease_is_slow_and_not_lost(start: Any) -> None:
    lease = {"HORARIUM_LEASE_SECONDS": "6"}
    with running("beat"), running("worker", HORARIUM_WORKER_CONCURRENCY="2", **lease):
        hanging, path = start("hanging", HANG, timeout="15s")

        assert ends(hanging) == "failed"

    assert outcomes(hanging) == ["timed_out"]
    assert len(pids(path)) == 1


def test_a_cancelled_step_that_hangs_in_c_is_ended_before_its_timeout(start: Any) -> None:
    with running("worker", HORARIUM_WORKER_CONCURRENCY="1", HORARIUM_LEASE_SECONDS="2"):
        hanging, path = start("hanging", HANG, timeout="1h")
        eventually(lambda: pids(path), what="the step hangs")
        services.cancel(hanging, by="ada", now=clock.now())

        assert ends(hanging) == "cancelled"


def test_a_step_whose_process_dies_is_tried_again_long_before_its_lease_ends(start: Any) -> None:
    with running("worker", HORARIUM_WORKER_CONCURRENCY="1", HORARIUM_LEASE_SECONDS="600"):
        dying, path = start("dying", CRASH)
        eventually(lambda: len(pids(path)) >= 2, what="a second attempt")

    assert outcomes(dying)[0] == "lost"
    assert StepRun.objects.get().crashes >= 1
