"""Whose call it is: by API key, and when it may do without one."""

from typing import Any

import pytest

import clock
from executions.calls import tasks
from executions.models import Execution
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import issue_api_key, revoke_api_key
from tests.conftest import MakeWorkflow


@pytest.fixture
def rival(organization: Organization, make_workflow: MakeWorkflow) -> Organization:
    """A second organization; the first one has the workflow `report`."""
    make_workflow()
    return Organization.objects.create(slug="rival", name="Rival")


def key_of(organization: Organization, role: Role = Role.OPERATOR) -> str:
    return issue_api_key(organization, name="shop", role=role, by="ada")[1]


def code(answer: dict[str, Any]) -> str:
    return "" if answer["ok"] else answer["error"]["code"]


@pytest.mark.parametrize(
    ("rule", "alone", "together"),
    [
        ("auto", "", "not_authenticated"),
        ("true", "not_authenticated", "not_authenticated"),
        ("false", "", ""),
    ],
)
def test_a_call_without_a_key_is_served_as_the_settings_say(
    make_workflow: MakeWorkflow, settings: Any, rule: str, alone: str, together: str
) -> None:
    make_workflow()
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"calls_require_key": rule})
    call = {"workflow": "report", "organization": "acme"}

    before = tasks.start(**call)
    Organization.objects.create(slug="rival", name="Rival")
    after = tasks.start(**call)

    assert (code(before), code(after)) == (alone, together)


def test_the_key_says_which_organization_is_meant_and_who_calls(
    organization: Organization, rival: Organization
) -> None:
    answer = tasks.start(workflow="report", api_key=key_of(organization))

    assert answer["ok"]
    assert Execution.objects.get().started_by == "API key shop"


def test_a_key_opens_no_other_organization(organization: Organization, rival: Organization) -> None:
    named = tasks.start(workflow="report", organization="acme", api_key=key_of(rival))
    unnamed = tasks.start(workflow="report", api_key=key_of(rival))

    assert (code(named), code(unnamed)) == ("not_a_member", "not_found")
    assert not Execution.objects.exists()


def test_an_execution_of_another_organization_is_as_unknown_as_one_that_never_was(
    organization: Organization, rival: Organization
) -> None:
    theirs = tasks.start(workflow="report", api_key=key_of(organization))["id"]

    for call in (tasks.cancel, tasks.status):
        assert code(call(execution=theirs, api_key=key_of(rival))) == "not_found"

    assert Execution.objects.get().state == "running"


def test_a_viewer_may_look_and_no_more(organization: Organization, rival: Organization) -> None:
    started = tasks.start(workflow="report", api_key=key_of(organization))["id"]
    viewer = {"api_key": key_of(organization, Role.VIEWER)}

    assert code(tasks.status(execution=started, **viewer)) == ""
    assert code(tasks.cancel(execution=started, **viewer)) == "role_too_low"
    assert code(tasks.start(workflow="report", **viewer)) == "role_too_low"


def test_a_key_that_was_revoked_is_refused_even_where_none_is_needed(
    organization: Organization, make_workflow: MakeWorkflow
) -> None:
    make_workflow()
    row, key = issue_api_key(organization, name="shop", role=Role.ADMIN, by="ada")
    revoke_api_key(row, now=clock.now())

    assert code(tasks.start(workflow="report", api_key=key)) == "authentication_failed"
