"""Queues and workers in the console: what they show, and who may do what."""

import pytest
from django.test import Client

import clock
from executions.models import QueueSetting, StepRun, WorkerNode
from organizations.models import Organization
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from tests.console.test_actions import press, said

QUEUES = "/admin/executions/queuesetting/"
WORKER = "executions/workernode/worker_40test"


def setting_path() -> str:
    return f"executions/queuesetting/{QueueSetting.objects.get().pk}"


def test_the_list_shows_every_queue_that_holds_something(everything: Everything, login: Login) -> None:
    StepRun.objects.filter(state="ready").update(queue="slow")

    page = login(Role.VIEWER).get(QUEUES).content.decode()

    assert "slow" in page
    assert "not served" in page
    assert f"/admin/executions/queuesetting/add/?organization={everything.organization.pk}" in page


def test_a_queues_page_shows_what_is_next_and_how_fast_it_moves(everything: Everything, root: Client) -> None:
    page = root.get(f"/admin/{setting_path()}/change/").content.decode()

    assert "1 ready, 0 running" in page
    assert ">greet</a>" in page
    assert "attempts per minute" in page


def test_a_queue_is_paused_and_resumed(everything: Everything, login: Login) -> None:
    operator = login(Role.OPERATOR)

    assert said(press(operator, setting_path(), "pause", reason="maintenance")) == "Paused"
    assert QueueSetting.objects.get().pause_reason == "maintenance"
    assert said(press(operator, setting_path(), "resume")) == "Resumed"
    assert QueueSetting.objects.get().paused_at is None


def test_a_viewer_pauses_nothing(everything: Everything, login: Login) -> None:
    assert press(login(Role.VIEWER), setting_path(), "pause").status_code == 403


def test_an_editor_sets_limits_of_a_queue_that_had_none(everything: Everything, login: Login) -> None:
    data = {"organization": everything.organization.pk, "name": "slow", "max_running": "3"}

    login(Role.EDITOR).post(f"{QUEUES}add/", data)

    assert QueueSetting.objects.get(name="slow").max_running == 3


def test_a_limit_of_nothing_is_refused_at_its_field(everything: Everything, login: Login) -> None:
    answer = login(Role.EDITOR).post(f"/admin/{setting_path()}/change/", {"max_running": "0"})

    assert "write a number of at least 1; for none pause the queue" in answer.content.decode()
    assert QueueSetting.objects.get().max_running == 5


def test_the_admin_of_the_only_organization_drains_and_resumes_a_worker(
    everything: Everything, login: Login
) -> None:
    admin = login(Role.ADMIN)

    press(admin, WORKER, "drain")
    assert WorkerNode.objects.get().drain_requested_by == "kim"
    press(admin, WORKER, "resume")
    assert WorkerNode.objects.get().drain_requested_at is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_less_than_an_admin_drains_nothing(everything: Everything, login: Login, role: Role) -> None:
    assert press(login(role), WORKER, "drain").status_code == 403


def test_beside_other_organizations_only_a_superuser_drains(
    everything: Everything, other: Organization, login: Login, root: Client
) -> None:
    assert press(login(Role.ADMIN), WORKER, "drain").status_code == 403
    press(root, WORKER, "drain")
    assert WorkerNode.objects.get().drain_requested_by == "root"


def test_a_workers_page_names_the_steps_of_ones_own_organizations(
    everything: Everything, login: Login
) -> None:
    now = clock.now()
    StepRun.objects.filter(state="ready").update(
        state="running", worker="worker@test:7", started_at=now, lease_expires_at=now
    )

    page = login(Role.VIEWER).get(f"/admin/{WORKER}/change/").content.decode()

    assert "greet: greet" in page
