"""Workflows by their names, and triggers that start them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from organizations.models import Organization
from tests.conftest import MakeWorkflow
from triggers import services
from triggers.models import Trigger
from workflows.models import Workflow

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

MakeTrigger = Callable[..., Trigger]


@pytest.fixture
def load(make_workflow: MakeWorkflow) -> Workflow:
    """Make the workflow that triggers here start."""
    return make_workflow(name="load")


@pytest.fixture
def extract(make_workflow: MakeWorkflow) -> Workflow:
    """Make a workflow after which others start."""
    return make_workflow(name="extract")


@pytest.fixture
def make_trigger(organization: Organization) -> MakeTrigger:
    """Make a trigger of the given workflow and settings, for orders unless they say otherwise."""

    def make(workflow: Workflow, *, name: str = "on-order", now: datetime = NOON, **settings: Any) -> Trigger:
        cause = {} if "after" in settings else {"pattern": "order.created"}
        wanted = {"workflow": workflow, "name": name, **cause, **settings}
        return services.create(organization, now=now, by="ada", **wanted)

    return make
