"""Schedules whose past is run."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

import clock
from executions import engine, queries
from executions.models import Execution
from executions.queries import Slot
from executions.rules.outcomes import Completed
from executions.states import EXECUTION_FINAL
from schedules import services as schedules
from schedules.backfill import drip, services
from schedules.models import Backfill, Schedule
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = "0 * * * *"

MakeSchedule = Callable[..., Schedule]
Ask = Callable[..., Backfill]
Drain = Callable[[], int]


@pytest.fixture
def workflow(make_workflow: MakeWorkflow) -> Workflow:
    return make_workflow(inputs={"properties": {"n": {"type": "integer"}}})


@pytest.fixture
def make_schedule(workflow: Workflow) -> MakeSchedule:
    """Make a schedule, at noon, of a cron or of rules."""

    def make(rule: Any = HOURLY, **settings: Any) -> Schedule:
        rules = [{"kind": "cron", "expression": rule}] if isinstance(rule, str) else rule
        given = {"name": "hourly", "workflow": workflow, "rules": rules, **settings}
        return schedules.create(workflow.organization, now=NOON, **given)

    return make


@pytest.fixture
def schedule(make_schedule: MakeSchedule) -> Schedule:
    return make_schedule()


@pytest.fixture
def ask(schedule: Schedule) -> Ask:
    """Request a backfill of the ten hours before eleven, at noon."""

    def ask(of: Schedule = schedule, **wanted: Any) -> Backfill:
        given = {"from_at": NOON - 10 * HOUR, "to_at": NOON - HOUR, **wanted}
        return services.request(of, by="ada", now=NOON, **given)

    return ask


@pytest.fixture
def seconds() -> Iterator[datetime]:
    """Yield the seconds after noon."""
    return (NOON + timedelta(seconds=number) for number in count(1))


@pytest.fixture
def run_out(seconds: Iterator[datetime], drain: Drain) -> Callable[[Backfill], Backfill]:
    """Hand out and run until the backfill has ended."""

    def run_out(backfill: Backfill) -> Backfill:
        for now in [next(seconds) for _ in range(100)]:
            drip.drip_due(now=now)
            drain()
            backfill.refresh_from_db()
            if backfill.finished_at is not None:
                return backfill
        raise AssertionError(f"still {backfill.state} after 100 seconds")

    return run_out


@pytest.fixture
def record(schedule: Schedule) -> Callable[..., Execution]:
    """Record an execution of the schedule, of the given kind and state."""

    def record(at: datetime, *, state: str = "completed", kind: str = "auto", **more: Any) -> Execution:
        given: dict[str, Any] = {
            "organization_id": schedule.organization_id,
            "workflow_id": schedule.workflow_id,
            "version_id": schedule.workflow.current_version_id,
            "source": "schedule",
            "schedule_id": schedule.pk,
            "fire_kind": kind,
            "fire_at": at,
            "state": state,
            "created_at": at,
            "finished_at": at if state in EXECUTION_FINAL else None,
            "group_key": schedule.pk,
            **more,
        }
        execution = Execution.objects.create(**given)
        if state != "pending":
            execution.step_runs.create(
                organization_id=execution.organization_id,
                step="only",
                kind="set",
                queue="default",
                priority=5,
                available_at=at,
                created_at=at,
                finished_at=at,
                state="completed",
            )
        return execution

    return record


def hours(*ago: int) -> list[datetime]:
    """Return full hours before noon."""
    return [NOON - number * HOUR for number in ago]


def ran(backfill: Backfill) -> list[datetime | None]:
    """Return the nominal times that a backfill has recorded, in the order of their start."""
    rows = Execution.objects.filter(fire_kind=backfill.fire_kind).exclude(state="pending")
    return list(rows.order_by("step_runs__id").values_list("fire_at", flat=True))


def finish_one() -> None:
    """Run the best ready step, if there is one."""
    held = queries.claim(Slot("default", worker="w", lease=timedelta(seconds=30)))
    if held is not None:
        engine.finish(held, Completed(), now=clock.now())
