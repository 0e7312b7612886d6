"""Callers of the API, and what they work on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

import clock
from organizations.models import Membership, Organization
from organizations.roles import Role
from organizations.services import issue_api_key
from schedules import services as schedules
from schedules.models import Schedule
from workflows import services as workflows
from workflows.models import Workflow

V1 = "/api/v1"
DEFINITION = {
    "inputs": {"properties": {"city": {"type": "string"}}, "additionalProperties": False},
    "steps": [{"id": "greet", "kind": "set", "values": {"to": "${{ input }}"}}],
}
CRON = [{"kind": "cron", "expression": "0 6 * * *"}]

Client = Callable[..., APIClient]


@pytest.fixture
def other(db: None) -> Organization:
    return Organization.objects.create(slug="globex", name="Globex")


@pytest.fixture
def program(organization: Organization) -> Client:
    """Make a client that shows an API key of the given role."""

    def make(role: Role = Role.ADMIN, *, of: Organization = organization) -> APIClient:
        _, key = issue_api_key(of, name=f"{role} of {of.slug}", role=role, by="test")
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        return client

    return make


@pytest.fixture
def api(program: Client) -> APIClient:
    """Return a client that may do everything in the organization."""
    return program(Role.ADMIN)


@pytest.fixture
def stranger(program: Client, other: Organization) -> APIClient:
    """Return a client that may do everything in the other organization."""
    return program(Role.ADMIN, of=other)


@pytest.fixture
def person(db: None) -> Callable[..., User]:
    """Make a person with the given roles."""

    def make(**roles: Any) -> User:
        user = User.objects.create_user("kim")
        for slug, role in roles.items():
            Membership.objects.create(organization=Organization.objects.get(slug=slug), user=user, role=role)
        return user

    return make


@pytest.fixture
def workflow(organization: Organization) -> Workflow:
    return workflows.create(organization, name="report", definition=DEFINITION)


@pytest.fixture
def schedule(workflow: Workflow) -> Schedule:
    return schedules.create(
        workflow.organization, now=clock.now(), name="nightly", workflow=workflow, rules=CRON
    )


@pytest.fixture
def make_schedule(workflow: Workflow) -> Callable[..., Schedule]:
    """Make a schedule of the given name and settings."""

    def make(name: str, **settings: Any) -> Schedule:
        wanted = {"workflow": workflow, "rules": CRON, "catchup_window": timedelta(hours=1), **settings}
        return schedules.create(workflow.organization, now=clock.now(), name=name, **wanted)

    return make


def paths(answer: Any) -> list[str]:
    """Return which fields an error names."""
    return [field["path"] for field in answer.json()["error"]["fields"]]


def names(answer: Any) -> list[str]:
    """Return the names on a page."""
    return [row["name"] for row in answer.json()["results"]]
