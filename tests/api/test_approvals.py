"""People see what waits for their decision, and decide it once."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

import clock
from executions import services
from executions.models import Source, StepRun
from executions.services import Start
from organizations.roles import Role
from tests.api.conftest import V1, Client, paths
from tests.conftest import MakeWorkflow

URL = f"{V1}/approvals/"
FORM = {"properties": {"amount": {"type": "integer"}}, "required": ["amount"]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(make_workflow: MakeWorkflow, drain: Callable[[], int]) -> StepRun:
    step = {
        "id": "ask",
        "kind": "approval",
        "message": "Pay ${{ input.to }}?",
        "form": FORM,
        "deadline": "1h",
    }
    cause = Start(workflow=make_workflow(step), source=Source.MANUAL, input={"to": "Ann"})
    services.start(cause, now=clock.now())
    drain()
    return StepRun.objects.get()


def test_what_waits_for_a_decision_is_listed_with_what_is_asked(api: APIClient, asked: StepRun):
    (shown,) = api.get(URL).json()["results"]

    assert (shown["id"], shown["workflow_name"], shown["step"]) == (str(asked.pk), "report", "ask")
    assert (shown["message"], shown["form"], shown["decision"]) == ("Pay Ann?", FORM, None)
    assert shown["deadline_at"] is not None


def test_what_was_decided_is_listed_no_more_and_can_be_read(api: APIClient, asked: StepRun):
    answer = api.post(f"{URL}{asked.pk}/approve/", {"note": "fine", "form": {"amount": 7}})

    assert answer.status_code == 200
    assert api.get(URL).json()["results"] == []
    shown = api.get(f"{URL}{asked.pk}/").json()
    assert (shown["state"], shown["decision"]["form"]) == ("completed", {"amount": 7})
    assert shown["decision"]["by"] == "API key admin of acme"
    assert (shown["message"], shown["form"]) == ("Pay Ann?", FORM)


def test_a_rejection_needs_no_form(api: APIClient, asked: StepRun):
    shown = api.post(f"{URL}{asked.pk}/reject/", {"note": "too much"}).json()

    assert (shown["state"], shown["error"]) == ("failed", "rejected by API key admin of acme: too much")


def test_a_rejection_keeps_the_question_and_who_answered_it(api: APIClient, asked: StepRun):
    api.post(f"{URL}{asked.pk}/reject/", {"note": "too much"})

    shown = api.get(f"{URL}{asked.pk}/").json()
    assert (shown["message"], shown["form"]) == ("Pay Ann?", FORM)
    decision = {name: shown["decision"][name] for name in ("approved", "by", "note", "expired")}
    by = "API key admin of acme"
    assert decision == {"approved": False, "by": by, "note": "too much", "expired": False}


def test_what_was_cancelled_was_not_decided(api: APIClient, asked: StepRun):
    services.cancel(asked.execution, by="kim", now=clock.now())

    shown = api.get(f"{URL}{asked.pk}/").json()
    assert (shown["state"], shown["message"], shown["decision"]) == ("cancelled", "", None)


def test_a_second_decision_is_told_who_was_faster(api: APIClient, asked: StepRun):
    api.post(f"{URL}{asked.pk}/reject/", {})

    answer = api.post(f"{URL}{asked.pk}/approve/", {"form": {"amount": 7}})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_decided")
    assert "rejected by API key admin" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"form": {"amount": "x"}}, "form.amount"),
        ({}, "form.amount"),
        ({"form": []}, "form"),
        ({"note": "n" * 501}, "note"),
        ({"reason": "x"}, "reason"),
    ],
)
def test_what_is_wrong_with_a_decision_is_named(api: APIClient, asked: StepRun, body: Any, path: str):
    answer = api.post(f"{URL}{asked.pk}/approve/", body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_another_organization_sees_and_decides_nothing(stranger: APIClient, asked: StepRun):
    assert stranger.get(URL).json()["results"] == []
    assert stranger.post(f"{URL}{asked.pk}/approve/", {}).status_code == 404


def test_who_only_reads_decides_nothing(program: Client, asked: StepRun):
    viewer = program(Role.VIEWER)

    assert viewer.get(URL).status_code == 200
    assert viewer.post(f"{URL}{asked.pk}/reject/", {}).status_code == 403
    assert program(Role.OPERATOR).post(f"{URL}{asked.pk}/reject/", {}).status_code == 200


def test_a_step_of_another_kind_is_no_approval(api: APIClient, asked: StepRun):
    StepRun.objects.update(kind="set")

    assert api.post(f"{URL}{asked.pk}/approve/", {}).status_code == 404


def test_the_list_is_read_in_pages(api: APIClient, asked: StepRun):
    assert api.get(URL, {"limit": 1}).json()["next"] is None
    assert paths(api.get(URL, {"state": "waiting"})) == ["state"]
