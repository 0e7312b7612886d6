"""Schedules whose load is planned, and callers of the API."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.models import Organization
from organizations.roles import Role
from organizations.services import issue_api_key
from schedules import services
from schedules.models import Schedule
from tests.conftest import MakeWorkflow
from workflows import services as workflows
from workflows.models import Workflow

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
EVE = datetime(2026, 5, 31, 23, 59, 30, tzinfo=UTC)  # a forecast made now begins on Monday, 00:00

MakeSchedule = Callable[..., Schedule]
MakeClient = Callable[..., APIClient]


@pytest.fixture
def workflow(make_workflow: MakeWorkflow) -> Workflow:
    return make_workflow()


@pytest.fixture
def make(workflow: Workflow) -> MakeSchedule:
    """Make a schedule of the given name and rule: a cron, a number of seconds, or rules."""

    def make(name: str, rule: Any, *, now: datetime = EVE, **settings: Any) -> Schedule:
        wanted = {"workflow": workflow, "rules": rules(rule), **settings}
        return services.create(wanted["workflow"].organization, now=now, name=name, **wanted)

    return make


@pytest.fixture
def other(db: None) -> Organization:
    return Organization.objects.create(slug="globex", name="Globex")


@pytest.fixture
def others_workflow(other: Organization) -> Workflow:
    definition = {"inputs": {}, "steps": [{"id": "only", "kind": "set", "values": {}}]}
    return workflows.create(other, name="report", definition=definition)


@pytest.fixture
def client_of(organization: Organization) -> MakeClient:
    """Make a client that shows an API key of the given role."""

    def make(role: Role, *, of: Organization = organization) -> APIClient:
        _, key = issue_api_key(of, name=f"{role} of {of.slug}", role=role, by="test")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        return client

    return make


def rules(rule: Any) -> list[dict[str, Any]]:
    """Return the rules that a cron or a number of seconds writes."""
    match rule:
        case str():
            return [{"kind": "cron", "expression": rule}]
        case int() | float():
            return [{"kind": "interval", "every_seconds": rule, "anchor": "2026-01-01T00:00:00+00:00"}]
        case _:
            return list(rule)
