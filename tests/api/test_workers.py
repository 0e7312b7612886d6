"""Workers: seen by everybody, steered by whoever answers for all organizations."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

import clock
from executions.models import StepRun, WorkerNode
from executions.services import Start, start
from executions.workers import registry
from executions.workers.load import Limits
from executions.workers.registry import Identity
from organizations.models import Organization
from organizations.roles import Role
from tests.api.conftest import V1, Client, names
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db

URL = f"{V1}/workers/"
NAME = "worker@host.example"


@pytest.fixture(autouse=True)
def worker() -> Identity:
    one = Identity(NAME, "host.example", 17, ("default",), 4, Limits(memory=2_000_000_000))
    registry.register(one)
    return one


def test_workers_are_listed_with_what_they_use(api: APIClient):
    (shown,) = api.get(URL).json()["results"]

    assert (shown["name"], shown["state"], shown["queues"], shown["slots"]) == (
        NAME,
        "active",
        ["default"],
        4,
    )
    assert (shown["memory_limit_bytes"], shown["cpu_limit_percent"]) == (2_000_000_000, None)


def test_the_steps_shown_are_those_of_the_callers_organization(
    api: APIClient, stranger: APIClient, make_workflow: MakeWorkflow
):
    start(Start(workflow=make_workflow(), source="manual"), now=clock.now())
    later = clock.now() + timedelta(minutes=1)
    StepRun.objects.update(state="running", worker=f"{NAME}:18", lease_expires_at=later, started_at=later)

    own, other = (client.get(f"{URL}{NAME}/").json() for client in (api, stranger))

    assert (own["running"], other["running"]) == (1, 1)
    assert [step["step"] for step in own["steps"]] == ["only"]
    assert other["steps"] == []


def test_the_admin_of_the_only_organization_drains_and_resumes(api: APIClient):
    drained = api.post(f"{URL}{NAME}/drain/").json()
    again = api.post(f"{URL}{NAME}/drain/").json()
    resumed = api.post(f"{URL}{NAME}/resume/").json()

    assert (drained["state"], drained["drain_requested_by"]) == ("drained", "API key admin of acme")
    assert again["drain_requested_at"] == drained["drain_requested_at"]
    assert (resumed["state"], resumed["drain_requested_at"]) == ("active", None)


def test_beside_other_organizations_no_admin_of_one_steers_workers(api: APIClient, other: Organization):
    answer = api.post(f"{URL}{NAME}/drain/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "permission_denied")
    assert WorkerNode.objects.get().drain_requested_at is None


def test_a_superuser_steers_workers_beside_other_organizations(
    other: Organization, organization: Organization, person: Callable[..., User]
):
    root = person(acme=Role.ADMIN)
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=root.pk))

    assert client.post(f"{URL}{NAME}/drain/").json()["state"] == "drained"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.EDITOR])
def test_less_than_an_admin_only_looks(program: Client, role: Role):
    assert names(program(role).get(URL)) == [NAME]
    assert program(role).post(f"{URL}{NAME}/drain/").status_code == 403


def test_one_that_has_stopped_is_not_drained(api: APIClient, worker: Identity):
    registry.stopped(worker)

    answer = api.post(f"{URL}{NAME}/drain/")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "illegal_move")


def test_a_worker_that_nobody_knows_is_not_found(api: APIClient):
    assert api.get(f"{URL}nobody@nowhere/").status_code == 404
    assert api.post(f"{URL}nobody@nowhere/drain/").status_code == 404
