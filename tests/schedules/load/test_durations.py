"""How long executions are expected to take."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from executions.models import Execution
from schedules.load import durations as module
from schedules.load.durations import ASSUMED, Basis, Duration, durations
from schedules.load.queries import RECENT
from schedules.models import Schedule
from tests.schedules.load.conftest import MONDAY, MakeSchedule
from workflows.models import Workflow, WorkflowVersion

pytestmark = pytest.mark.django_db

Ran = Callable[..., None]


@pytest.fixture
def ran(workflow: Workflow) -> Ran:
    """Record executions that took the given seconds, the oldest first."""

    version = WorkflowVersion.objects.get(workflow=workflow)

    def ran(schedule: Schedule, *seconds: float, state: str = "completed", kind: str = "auto") -> None:
        for number, took in enumerate(seconds):
            at = MONDAY + timedelta(hours=number)
            Execution.objects.create(
                organization=workflow.organization,
                workflow=workflow,
                version=version,
                source="schedule",
                state=state,
                schedule_id=schedule.pk,
                fire_kind=kind,
                fire_at=at,
                created_at=at,
                finished_at=at + timedelta(seconds=took),
            )

    return ran


def test_a_schedules_own_executions_count(make: MakeSchedule, ran: Ran):
    schedule = make("one", "0 9 * * *")
    ran(schedule, *range(1, 22))

    assert durations([schedule])[schedule.pk] == Duration(11, 20, Basis.SCHEDULE)


def test_only_the_newest_executions_count(make: MakeSchedule, ran: Ran):
    schedule = make("one", "0 9 * * *")
    ran(schedule, 1_000, 1_000, *[2] * RECENT)

    assert durations([schedule])[schedule.pk].mean == 2


def test_what_was_cancelled_or_started_by_hand_does_not_count(make: MakeSchedule, ran: Ran):
    schedule = make("one", "0 9 * * *")
    ran(schedule, 5, state="failed")
    ran(schedule, 100, kind="manual:1")
    ran(schedule, 100, state="cancelled", kind="auto ")

    assert durations([schedule])[schedule.pk] == Duration(5, 5, Basis.SCHEDULE)


def test_a_new_schedule_takes_what_its_workflow_took(make: MakeSchedule, ran: Ran):
    old, new = make("old", "0 9 * * *"), make("new", "0 9 * * *")
    ran(old, 30)

    assert durations([old, new])[new.pk] == Duration(30, 30, Basis.WORKFLOW)


def test_without_any_execution_a_second_is_assumed(make: MakeSchedule):
    schedule = make("one", "0 9 * * *")

    assert durations([schedule])[schedule.pk] is ASSUMED


def test_many_schedules_are_read_in_parts(make: MakeSchedule, ran: Ran, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 2)
    schedules = [make(f"s{n}", "0 9 * * *") for n in range(5)]
    for number, schedule in enumerate(schedules):
        ran(schedule, number + 1)

    assert [duration.mean for duration in durations(schedules).values()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("mean", "p95", "measure", "whole"), [(0.1, 3, "mean", 1), (2.2, 9.5, "p95", 10)])
def test_a_plan_counts_in_whole_seconds(mean: float, p95: float, measure: str, whole: int):
    assert Duration(mean, p95, Basis.SCHEDULE).whole(measure) == whole
