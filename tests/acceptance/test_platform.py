"""Stories told by real beat and worker processes."""

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from django.conf import settings
from django.db.models import Count, QuerySet
from django_celery_beat.models import IntervalSchedule, PeriodicTask

import clock
from executions import services as execution_services
from executions.models import Attempt, Execution, Pulse, Source, StepRun
from executions.services import Start
from organizations.models import Organization
from schedules import services as schedule_services
from schedules.models import Schedule
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

EVERY_SECOND = [{"kind": "interval", "every_seconds": 1}]


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def make_schedule(workflow: Workflow, name: str, **settings_: Any) -> Schedule:
    return schedule_services.create(
        workflow.organization,
        now=clock.now(),
        name=name,
        workflow=workflow,
        **{"overlap": "allow_all", **settings_},  # no worker may be there to end a run
    )


def start(workflow: Workflow, **input_: object) -> Execution:
    cause = Start(workflow=workflow, source=Source.MANUAL, input=input_)
    return Execution.objects.get(pk=execution_services.start(cause, now=clock.now()).id)


def _at_least(rows: "QuerySet[Execution]", count: int) -> bool:
    return rows.count() >= count


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_cron_and_an_interval_schedule_fire_and_run_to_success(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "a"}, {"id": "b", "needs": ["a"]})
    cron = make_schedule(workflow, "cron", rules=[{"kind": "cron", "expression": "* * * * * *"}])
    interval = make_schedule(workflow, "interval", rules=EVERY_SECOND)

    with running("beat"), running("worker"):
        for schedule in (cron, interval):
            completed = Execution.objects.filter(schedule_id=schedule.pk, state="completed")
            eventually(partial(_at_least, completed, 3), what=f"{schedule.name} has run three times")

    fires = Execution.objects.filter(schedule_id=cron.pk).values_list("fire_at", flat=True)
    assert all(fire_at and fire_at.microsecond == 0 for fire_at in fires)


def test_two_beats_together_fire_each_time_exactly_once(make_workflow: MakeWorkflow, tmp_path: Path) -> None:
    workflow = make_workflow({"id": "only"})
    for number in range(20):
        make_schedule(workflow, f"s{number}", rules=EVERY_SECOND)
    witness = tmp_path / "periodic"
    every = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(
        name="ordinary",
        task="acceptance.witness",
        interval=every,
        args=f'["{witness}", "ran"]',
        queue="horarium-sweeps",
    )

    with running("beat"), running("beat"), running("worker"):
        fired = Execution.objects.values("schedule_id", "fire_at")
        eventually(lambda: fired.count() >= 120, what="120 fires are recorded")
        eventually(lambda: len(lines(witness)) >= 4, what="the ordinary periodic task ran")

    assert not fired.annotate(times=Count("id")).filter(times__gt=1).exists()
    for schedule in Schedule.objects.all():
        _assert_without_holes(schedule)
    row = PeriodicTask.objects.get(name="ordinary")
    assert len(lines(witness)) <= row.total_run_count
    elapsed = row.last_run_at - row.date_changed
    assert row.total_run_count <= elapsed / timedelta(seconds=1) + 1


def _assert_without_holes(schedule: Schedule) -> None:
    """Every nominal time is an execution or a recorded skip."""
    executions = Execution.objects.filter(schedule_id=schedule.pk).order_by("fire_at")
    fires = [fire_at for fire_at in executions.values_list("fire_at", flat=True) if fire_at]
    later = schedule.skipped_fires.filter(first_fire_at__gt=fires[0])
    skipped = sum(later.values_list("count", flat=True))
    span = (fires[-1] - fires[0]) / timedelta(seconds=1) + 1
    assert len(fires) + skipped == round(span)


def test_a_worker_that_is_killed_in_mid_step_is_rescued(make_workflow: MakeWorkflow, tmp_path: Path) -> None:
    witness = tmp_path / "pids"
    step = {"id": "long", "kind": "task", "task": "acceptance.linger", "args": ["${{ input.path }}", 60]}
    execution = start(make_workflow(step, {"id": "after", "needs": ["long"]}), path=str(witness))

    with running("worker", HORARIUM_LEASE_SECONDS="2") as doomed:
        eventually(lambda: lines(witness), what="the step has begun")
        doomed.signal_group(signal.SIGKILL)
        doomed.wait(5)

    with running("beat"), running("worker", HORARIUM_LEASE_SECONDS="2"):
        eventually(lambda: Execution.objects.get().state == "completed", what="the execution completes")

    assert len(lines(witness)) == 2
    attempt = Attempt.objects.get()
    assert (attempt.number, attempt.outcome) == (1, "lost")
    assert StepRun.objects.get(execution=execution, step="long").crashes == 1


def test_redis_emptied_under_load_loses_nothing(make_workflow: MakeWorkflow, tmp_path: Path) -> None:
    witness = tmp_path / "numbers"
    args = ["${{ input.path }}", "${{ string(input.n) }}"]
    workflow = make_workflow({"id": "only", "kind": "task", "task": "acceptance.witness", "args": args})

    with running("beat"), running("worker"), redis.Redis.from_url(settings.REDIS_URL) as client:
        for number in range(300):
            start(workflow, path=str(witness), n=number)
            if number % 50 == 25:
                client.flushdb()
        client.flushdb()
        eventually(lambda: Execution.objects.filter(state="completed").count() == 300, what="all complete")

    assert Counter(lines(witness)) == {str(number): 1 for number in range(300)}


@pytest.mark.parametrize("to_whom", ["process", "group"])
def test_sigterm_hands_a_long_step_back_and_another_worker_finishes_it(
    make_workflow: MakeWorkflow, tmp_path: Path, to_whom: str
) -> None:
    witness = tmp_path / "pids"
    step = {"id": "long", "kind": "task", "task": "acceptance.linger", "args": ["${{ input.path }}", 60]}
    start(make_workflow(step), path=str(witness))

    with running("worker", HORARIUM_SHUTDOWN_GRACE_SECONDS="0.5") as leaving:
        eventually(lambda: lines(witness), what="the step has begun")
        if to_whom == "group":
            leaving.signal_group(signal.SIGTERM)
        else:
            leaving.terminate()
        leaving.wait(10)
    assert StepRun.objects.get().state == "ready"

    with running("worker"), running("beat"):
        eventually(lambda: Execution.objects.get().state == "completed", what="the execution completes")

    assert Attempt.objects.get().outcome == "released"
    assert StepRun.objects.get().crashes == 0


def test_another_application_starts_a_workflow_by_name(
    organization: Organization, make_workflow: MakeWorkflow
) -> None:
    make_workflow({"id": "only"}, name="invoice", inputs={"required": ["order"]})
    stranger = Celery("shop", broker=settings.CELERY_BROKER_URL, set_as_current=False)
    call = {"workflow": "invoice", "input": {"order": 7}, "idempotency_key": "order-7", "priority": 9}

    with running("worker"):
        for arguments in (call, call, {**call, "input": {}, "idempotency_key": "bad"}):
            stranger.send_task("executions.start", kwargs=arguments, queue="horarium-calls")
        eventually(
            lambda: Execution.objects.filter(state="completed").exists(), what="the execution completes"
        )

    stranger.close()
    execution = Execution.objects.get()
    assert (execution.source, execution.input, execution.priority) == ("call", {"order": 7}, 9)


def test_an_idle_platform_shows_signs_of_life() -> None:
    with running("beat"), running("worker"):
        eventually(lambda: set(Pulse.objects.values_list("role", flat=True)) == {"beat", "worker"})


def test_a_schedule_made_while_beat_waits_fires_at_its_time(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow({"id": "only"})

    with running("beat"):
        eventually(lambda: Pulse.objects.filter(role="beat").exists(), what="beat is running")
        at = clock.now() + timedelta(milliseconds=300)
        make_schedule(workflow, "soon", rules=[{"kind": "one_time", "at": at.isoformat()}])
        execution = eventually(Execution.objects.first, what="it has fired")

    assert execution.fire_at == at


def test_a_step_that_outlives_its_lease_is_kept_by_the_heartbeat(
    make_workflow: MakeWorkflow, tmp_path: Path
) -> None:
    witness = tmp_path / "pids"
    step = {"id": "long", "kind": "task", "task": "acceptance.linger", "args": ["${{ input.path }}", 4]}
    start(make_workflow(step), path=str(witness))

    with running("beat"), running("worker", HORARIUM_LEASE_SECONDS="1"):
        eventually(lambda: Execution.objects.get().state == "completed", what="the execution completes")

    assert StepRun.objects.get().attempt == 1
    assert len(lines(witness)) == 1


def test_a_running_step_is_interrupted_when_its_execution_is_cancelled(
    make_workflow: MakeWorkflow, tmp_path: Path
) -> None:
    witness = tmp_path / "pids"
    step = {"id": "long", "kind": "task", "task": "acceptance.linger", "args": ["${{ input.path }}", 60]}
    execution = start(make_workflow(step), path=str(witness))

    with running("worker", HORARIUM_LEASE_SECONDS="1"):
        eventually(lambda: lines(witness), what="the step has begun")
        execution_services.cancel(execution, by="ada", now=clock.now())
        eventually(lambda: Execution.objects.get().state == "cancelled", what="the execution is cancelled")

    assert StepRun.objects.get().state == "cancelled"
