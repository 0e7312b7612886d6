"""The forms of workflows and members: what they write, and where they say what is wrong."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from organizations.models import Membership
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from workflows.forms import EXAMPLE, as_text
from workflows.models import Workflow

ADD_WORKFLOW = "/admin/workflows/workflow/add/"


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def workflow_fields(everything: Everything, **fields: str) -> dict[str, str]:
    wanted = {"organization": str(everything.organization.pk), "name": "hello", "definition": EXAMPLE}
    return {**wanted, **fields}


def as_shown(client: Client, page: str) -> dict[str, Any]:
    """Return what the browser would post of an unchanged form."""
    form = client.get(page).context["adminform"].form
    shown = {bound.html_name: bound.value() for bound in form}
    return {name: "" if value is None else value for name, value in shown.items()}


# Workflows


def test_the_example_of_the_form_is_a_workflow(everything: Everything, login: Login) -> None:
    login(Role.EDITOR).post(ADD_WORKFLOW, workflow_fields(everything, note="first"))

    version = Workflow.objects.get(name="hello").current_version
    assert version is not None
    assert (version.number, version.note, version.created_by) == (1, "first", "kim")


def test_problems_of_a_definition_stand_at_the_field_with_their_paths(
    everything: Everything, root: Client
) -> None:
    definition = "steps:\n  - {id: a, kind: set}\n  - {id: b, kind: http, url: ftp://x}\n"

    answer = root.post(ADD_WORKFLOW, workflow_fields(everything, definition=definition))

    problems = errors(answer)["definition"]
    assert problems[0] == "steps[0].values: is required"
    assert problems[1].startswith("steps[1]")
    assert definition in answer.content.decode().replace("\r\n", "\n")


def test_a_workflow_name_taken_is_said_above_the_form(everything: Everything, root: Client) -> None:
    answer = root.post(ADD_WORKFLOW, workflow_fields(everything, name="greet"))

    assert errors(answer)["__all__"] == ["there is already a workflow called 'greet'"]


@pytest.mark.parametrize("name", ["Greet", "a b", "", "x" * 101])
def test_a_wrong_workflow_name_is_said_at_the_field(name: str, everything: Everything, root: Client) -> None:
    assert errors(root.post(ADD_WORKFLOW, workflow_fields(everything, name=name)))["name"]


def test_an_unchanged_definition_makes_no_version(everything: Everything, root: Client) -> None:
    page = f"/admin/workflows/workflow/{everything.greet.pk}/change/"
    fields = {**as_shown(root, page), "description": "Says hello"}

    assert root.post(page, fields).status_code == 302

    everything.greet.refresh_from_db()
    assert everything.greet.description == "Says hello"
    assert everything.greet.versions.count() == 1


def test_a_changed_definition_is_the_next_version(everything: Everything, root: Client) -> None:
    page = f"/admin/workflows/workflow/{everything.greet.pk}/change/"

    root.post(page, {"description": "", "definition": EXAMPLE, "note": "Greet by name"})

    everything.greet.refresh_from_db()
    version = everything.greet.current_version
    assert version is not None
    assert (version.number, version.note) == (2, "Greet by name")
    assert "Hello, " in as_text(version)


def test_a_viewer_reads_the_definition(everything: Everything, login: Login) -> None:
    text = login(Role.VIEWER).get(f"/admin/workflows/workflow/{everything.greet.pk}/change/").content.decode()

    assert "${{ input.city }}" in text
    assert "<textarea" not in text


# Members


def members(**fields: str) -> dict[str, str]:
    return {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0", "name": "Acme", **fields}


def test_an_admin_adds_a_member_by_user_name(everything: Everything, login: Login) -> None:
    User.objects.create_user("bob")
    page = f"/admin/organizations/organization/{everything.organization.pk}/change/"

    answer = login(Role.ADMIN).post(
        page, members(**{"memberships-0-username": "bob", "memberships-0-role": "operator"})
    )

    assert answer.status_code == 302
    assert Membership.objects.get(user__username="bob").role == "operator"


def test_a_member_added_again_has_the_new_role(everything: Everything, root: Client) -> None:
    page = f"/admin/organizations/organization/{everything.organization.pk}/change/"

    root.post(page, members(**{"memberships-0-username": "ada", "memberships-0-role": "viewer"}))

    assert Membership.objects.get(user__username="ada").role == "viewer"


def test_the_role_of_a_member_is_changed_on_their_organizations_page(
    everything: Everything, root: Client
) -> None:
    page = f"/admin/organizations/organization/{everything.organization.pk}/change/"
    ada = Membership.objects.get(user__username="ada")
    row = {"memberships-0-id": str(ada.pk), "memberships-0-organization": str(ada.organization_id)}

    root.post(page, members(**row, **{"memberships-0-role": "editor", "memberships-INITIAL_FORMS": "1"}))

    ada.refresh_from_db()
    assert ada.role == "editor"


def test_a_user_name_that_nobody_has_is_said(everything: Everything, root: Client) -> None:
    page = f"/admin/organizations/organization/{everything.organization.pk}/change/"

    answer = root.post(page, members(**{"memberships-0-username": "nobody", "memberships-0-role": "viewer"}))

    assert "There is no user called" in answer.content.decode()
