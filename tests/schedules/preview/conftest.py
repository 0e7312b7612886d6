"""A schedule of an organization, made on a day without a jump of the clock."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from schedules import services
from schedules.models import Schedule
from tests.conftest import MakeWorkflow

EVE = datetime(2026, 3, 27, 12, tzinfo=UTC)  # two days before the clocks of Europe go forward
MakeSchedule = Callable[..., Schedule]


@pytest.fixture
def make(make_workflow: MakeWorkflow) -> MakeSchedule:
    """Make a schedule of the given name and cron, in Berlin."""
    workflow = make_workflow()

    def make(expression: str, *, name: str = "daily", **settings: Any) -> Schedule:
        rules = [{"kind": "cron", "expression": expression}]
        given = {"workflow": workflow, "rules": rules, "timezone": "Europe/Berlin", **settings}
        return services.create(workflow.organization, now=EVE, name=name, **given)

    return make
