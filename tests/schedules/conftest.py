"""Schedules under a clock that stands still, and a beat that passes when it is told to."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

import clock
from organizations.models import Organization
from schedules import endings, fire, services
from schedules.models import Schedule
from tests.conftest import MakeWorkflow
from tests.schedules.minutes import EVERY_MINUTE, Beat, MakeMinutely, SetClock, at
from workflows.models import Workflow


def _clock_is(answer: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE OR REPLACE FUNCTION horarium_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$SELECT {answer}$$"
        )


@pytest.fixture
def set_clock(db: None) -> Iterator[SetClock]:
    """Stop the database's clock so many minutes after noon, for every connection."""

    def set_to(minute: float) -> datetime:
        _clock_is(f"timestamptz '{at(minute).isoformat()}'")
        return clock.now()

    yield set_to
    if not connection.in_atomic_block:
        _clock_is("statement_timestamp()")


@pytest.fixture
def target(make_workflow: MakeWorkflow) -> Workflow:
    """Make the workflow that schedules here start: one step that sets nothing."""
    return make_workflow(name="target", inputs={"properties": {"n": {"type": "integer"}}})


@pytest.fixture
def minutely(organization: Organization, target: Workflow, set_clock: SetClock) -> MakeMinutely:
    """Make a schedule at noon that fires every minute from 12:01 on."""

    def make(name: str = "minutely", **settings: Any) -> Schedule:
        given = {"workflow": target, "rules": EVERY_MINUTE, **settings}
        return services.create(organization, now=set_clock(0), name=name, **given)

    return make


@pytest.fixture
def beat(set_clock: SetClock) -> Beat:
    """Let beat pass at that many minutes after noon, until nothing is due."""

    def passes(minute: float) -> int:
        now, taken = set_clock(minute), 0
        while (done := fire.fire_due()).taken:
            taken += done.taken
        endings.follow_ends()
        services.resume_due(now=now)
        return taken

    return passes
