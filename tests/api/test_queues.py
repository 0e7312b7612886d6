"""Queues: what is in them, how fast they move, and what an operator does about it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

import clock
from events.models import Event
from executions.models import Execution, QueueSetting, StepRun
from executions.queues import minutes, special
from executions.queues.histogram import bucket
from executions.services import Start, start
from organizations.models import Organization
from organizations.roles import Role
from tests.api.conftest import V1, Client, names, paths
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

pytestmark = pytest.mark.django_db

URL = f"{V1}/queues/"
NO_TIMES = {"p50": None, "p95": None, "p99": None}


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    special.forget()


@pytest.fixture
def begin(make_workflow: MakeWorkflow) -> Callable[..., Execution]:
    """Start an execution of one step."""
    made: dict[str, Workflow] = {}

    def begin(queue: str = "default", *, workflow: str = "report", **how: Any) -> Execution:
        if workflow not in made:
            made[workflow] = make_workflow(name=workflow)
        cause = Start(workflow=made[workflow], source="manual", queue=queue, **how)
        return Execution.objects.get(pk=start(cause, now=clock.now()).id)

    return begin


def step_of(execution: Execution) -> StepRun:
    return StepRun.objects.get(execution=execution)


def test_a_queue_tells_its_depth_its_oldest_step_and_that_nobody_serves_it(api: APIClient, begin):
    begin("slow")
    old = begin("slow", priority=3)
    StepRun.objects.filter(execution=old).update(available_at=clock.now() - timedelta(minutes=5))

    (queue,) = api.get(URL).json()["results"]

    assert (queue["name"], queue["depth"], queue["is_capped"], queue["running"]) == ("slow", 2, False, 0)
    assert 300 <= queue["oldest_age_seconds"] < 330
    assert (queue["workers"], queue["waiting"]) == (0, {})
    assert queue["last_hour"]["wait_seconds"] == NO_TIMES


def test_steps_that_wait_are_counted_by_what_they_wait_for(api: APIClient, begin):
    for reason in ("retry", "retry", "event"):
        StepRun.objects.filter(execution=begin()).update(state="waiting", waits_for=reason)

    queue = api.get(f"{URL}default/").json()

    assert (queue["depth"], queue["waiting"]) == (0, {"retry": 2, "event": 1})


def test_rates_and_percentiles_come_from_the_minutes_of_the_workers(
    api: APIClient, organization: Organization
):
    now = int(clock.now().timestamp()) // 60 * 60
    waits = [0] * (bucket(0.2) + 1)
    waits[bucket(0.2)] = 60
    runs = [0] * (bucket(3.0) + 1)
    runs[bucket(3.0)] = 60
    for _ in range(2):
        minutes.add([minutes.Minute(organization.pk, now, "default", 60, 6, 12.0, 180.0, waits, runs)])

    rates = api.get(f"{URL}default/").json()["last_5_minutes"]

    assert 120 / 5 <= rates["attempts_per_minute"] <= 120 / 4
    assert rates["failed_per_minute"] == pytest.approx(rates["attempts_per_minute"] / 10, abs=0.01)
    assert rates["wait_seconds"]["p99"] == pytest.approx(0.2, rel=0.125)
    assert rates["run_seconds"]["p50"] == pytest.approx(3.0, rel=0.125)


def test_what_ended_an_hour_ago_counts_no_more(api: APIClient, organization: Organization, begin):
    begin()
    an_hour_ago = int((clock.now() - timedelta(hours=1)).timestamp()) // 60 * 60
    minutes.add([minutes.Minute(organization.pk, an_hour_ago, "default", 9, 0, 1.0, 1.0, [9], [9])])

    assert api.get(f"{URL}default/").json()["last_hour"]["attempts_per_minute"] == 0


def test_a_queue_that_nobody_uses_is_not_known(api: APIClient, begin):
    begin("slow")

    assert api.get(f"{URL}slwo/").status_code == 404
    assert names(api.get(URL)) == ["slow"]


def test_another_organizations_queues_do_not_exist(stranger: APIClient, begin):
    begin("slow")

    assert names(stranger.get(URL)) == []
    assert stranger.get(f"{URL}slow/").status_code == 404
    assert stranger.get(f"{URL}slow/steps/").json()["results"] == []


def test_a_peek_shows_the_next_steps_in_the_order_of_the_claim(api: APIClient, begin):
    low, first, second = begin(priority=1), begin(), begin()
    high = begin(priority=9)

    page = api.get(f"{URL}default/steps/", {"limit": 3}).json()
    rest = api.get(page["next"]).json()

    shown = [row["execution"] for row in page["results"] + rest["results"]]
    assert shown == [str(one.pk) for one in (high, first, second, low)]
    assert page["results"][0]["priority"] == 9
    assert page["results"][0]["item_index"] is None
    assert page["results"][0]["workflow_name"] == "report"


def test_a_paused_queue_is_resumed(api: APIClient, begin):
    begin()

    paused = api.post(f"{URL}default/pause/", {"reason": "maintenance"}).json()
    resumed = api.post(f"{URL}default/resume/").json()

    assert (paused["paused_by"], paused["pause_reason"]) == ("API key admin of acme", "maintenance")
    assert paused["paused_at"].endswith("Z")
    assert resumed["paused_at"] is None
    told = Event.objects.filter(type__startswith="queue.").order_by("id").values_list("type", flat=True)
    assert list(told) == ["queue.paused", "queue.resumed"]


def test_a_resume_of_a_queue_that_is_not_paused_changes_nothing(api: APIClient):
    answer = api.post(f"{URL}default/resume/")

    assert (answer.status_code, answer.json()["paused_at"]) == (200, None)
    assert not Event.objects.filter(type="queue.resumed").exists()


def test_limits_are_set_and_taken_away(api: APIClient):
    url = f"{URL}default/"

    changed = api.patch(url, {"max_running": 3, "aging_seconds": 60}).json()
    taken = api.patch(url, {"max_running": None}).json()

    assert (changed["max_running"], changed["max_waiting"], changed["aging_seconds"]) == (3, None, 60)
    assert (taken["max_running"], taken["aging_seconds"]) == (None, 60)


@pytest.mark.parametrize("body", [{"max_running": 0}, {"paused_at": None}, {"aging_seconds": -1}])
def test_what_no_queue_can_have_is_refused(api: APIClient, body: dict[str, Any]):
    answer = api.patch(f"{URL}default/", body)

    assert answer.status_code == 400
    assert paths(answer) == list(body)


def test_a_name_that_no_queue_can_have_is_refused(api: APIClient):
    answer = api.post(f"{URL}-x/pause/")

    assert (answer.status_code, paths(answer)) == (400, ["name"])
    assert not QueueSetting.objects.exists()


def test_an_execution_moves_with_its_waiting_steps(api: APIClient, begin):
    execution = begin()

    answer = api.post(f"{V1}/executions/{execution.pk}/move/", {"queue": "fast", "priority": 9})

    assert (answer.json()["queue"], answer.json()["priority"]) == ("fast", 9)
    assert (step_of(execution).queue, step_of(execution).priority) == ("fast", 9)
    assert Event.objects.get(type="workflow.moved").data["queue"] == "fast"


def test_a_running_step_keeps_its_queue(api: APIClient, begin):
    execution = begin()
    lease = timezone.now() + timedelta(minutes=1)
    StepRun.objects.update(state="running", lease_expires_at=lease, worker="w:1")

    answer = api.post(f"{V1}/executions/{execution.pk}/move/", {"queue": "fast"})

    assert answer.json()["queue"] == "fast"
    assert step_of(execution).queue == "default"


def test_a_pending_execution_moves(api: APIClient, begin):
    execution = begin()
    StepRun.objects.all().delete()
    Execution.objects.update(state="pending", group_key=uuid4())

    answer = api.post(f"{V1}/executions/{execution.pk}/move/", {"priority": 0})

    assert (answer.status_code, answer.json()["priority"]) == (200, 0)


def test_an_execution_that_has_ended_does_not_move(api: APIClient, begin, drain):
    execution = begin()
    drain()

    answer = api.post(f"{V1}/executions/{execution.pk}/move/", {"priority": 0})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "illegal_move")


def test_a_move_to_nowhere_is_refused(api: APIClient, begin):
    url = f"{V1}/executions/{begin().pk}/move/"

    assert paths(api.post(url, {})) == ["queue"]
    assert paths(api.post(url, {"queue": "no queue"})) == ["queue"]
    assert paths(api.post(url, {"priority": 10})) == ["priority"]


def test_a_whole_queue_moves_in_bounded_parts(api: APIClient, begin):
    for _ in range(3):
        begin("slow")

    first = api.post(f"{URL}slow/move/", {"to": "fast", "limit": 2}).json()
    second = api.post(f"{URL}slow/move/", {"to": "fast", "limit": 2}).json()

    assert (first["moved"], second["moved"]) == (2, 1)
    assert set(StepRun.objects.values_list("queue", flat=True)) == {"fast"}
    assert set(Execution.objects.values_list("queue", flat=True)) == {"fast"}


def test_only_one_workflows_steps_move(api: APIClient, begin):
    begin("slow", workflow="report")
    other = begin("slow", workflow="other")
    StepRun.objects.filter(execution=other).update(state="waiting", waits_for="retry")

    moved = api.post(f"{URL}slow/move/", {"to": "fast", "workflow": "other"}).json()

    assert moved == {"moved": 1}
    assert StepRun.objects.get(queue="fast").execution_id == other.pk


def test_a_queue_does_not_move_to_itself(api: APIClient):
    assert paths(api.post(f"{URL}slow/move/", {"to": "slow"})) == ["to"]


REQUESTS: list[tuple[Role, str, str, Any]] = [
    (Role.VIEWER, "get", "", None),
    (Role.VIEWER, "get", "default/steps/", None),
    (Role.OPERATOR, "post", "default/pause/", {}),
    (Role.OPERATOR, "post", "default/resume/", {}),
    (Role.OPERATOR, "post", "default/move/", {"to": "fast"}),
    (Role.EDITOR, "patch", "default/", {"max_running": 1}),
]


@pytest.mark.parametrize(("needed", "method", "path", "body"), REQUESTS)
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_its_part(
    program: Client, needed: Role, method: str, path: str, body: Any, *, role: Role
):
    answer = getattr(program(role), method)(f"{URL}{path}", body)

    assert (answer.status_code == 403) is not role.includes(needed)
