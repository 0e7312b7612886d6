"""A schedule of an organization, and a clock that stands still."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

import clock
from schedules import fire, services
from schedules.explain import Answer, explain_range
from schedules.models import Schedule
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EVERY_MINUTE = [{"kind": "cron", "expression": "* * * * *"}]

MakeSchedule = Callable[..., Schedule]
At = Callable[[datetime], datetime]


def stand_still(at: datetime) -> datetime:
    """Let the database's clock show `at` until the test's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION horarium_now() RETURNS timestamptz LANGUAGE sql STABLE "
            f"AS 'SELECT timestamptz ''{at.isoformat()}'''"
        )
    return at


@pytest.fixture
def at(db: None) -> At:
    stand_still(NOON)
    return stand_still


@pytest.fixture
def workflow(make_workflow: MakeWorkflow) -> Workflow:
    return make_workflow()


@pytest.fixture
def make(at: At, workflow: Workflow) -> MakeSchedule:
    """Make a schedule at noon that fires every minute and starts every time, whatever still runs."""

    def make(name: str = "minutely", **settings: Any) -> Schedule:
        given = {"workflow": workflow, "rules": EVERY_MINUTE, "overlap": "allow_all", **settings}
        return services.create(workflow.organization, now=clock.now(), name=name, **given)

    return make


def beat() -> None:
    """Let beat do all that is due."""
    while fire.fire_due().taken:
        pass


def ranged(schedule: Schedule, *, minutes: int, since: datetime = NOON) -> list[Answer]:
    """Explain the minutes after `since` of a schedule, read anew."""
    schedule.refresh_from_db()
    found = explain_range(schedule, from_at=since, to_at=since + minutes * MINUTE, now=clock.now())
    return found.answers


def outcomes(answers: Iterable[Answer]) -> list[tuple[int, str, str]]:
    """Return the minute past noon, the outcome and the reason of each answer."""
    return [((one.fire_at - NOON) // MINUTE, one.outcome.value, one.reason) for one in answers]
