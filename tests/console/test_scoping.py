"""Staff see the rows of their organizations, and do there what their role allows."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from executions.models import Execution
from organizations.models import ApiKey, Membership, Organization
from organizations.roles import Role
from organizations.scoped_admin import ScopedAdmin
from organizations.services import add_member
from schedules.models import Backfill, Calendar, Schedule
from tests.console.conftest import UNTOUCHED, Everything, Login
from tests.console.test_pages import url
from triggers.models import Delivery, Trigger, Webhook, WebhookSecret
from workflows.models import Workflow

SCOPED = [
    pytest.param(model, id=model.__name__)
    for model, pages in sorted(admin.site._registry.items(), key=lambda item: item[0].__name__)
    if isinstance(pages, ScopedAdmin) and model.__name__ not in {"Pulse", "WorkerNode"}
]
DETAIL_ACTIONS = ["cancel", "redrive"]


@pytest.fixture
def stranger(login: Login, other: Organization) -> Client:
    """Return an admin of another organization."""
    return login(Role.ADMIN, of=other, name="stranger")


@pytest.mark.parametrize("model", SCOPED)
def test_a_list_has_no_rows_of_another_organization(
    model: type[Model], everything: Everything, stranger: Client, other: Organization
) -> None:
    rows = stranger.get(url(model, "changelist")).context["cl"].result_list

    own = [row for row in rows if row == other or getattr(row, "organization", None) == other]
    assert list(rows) == own


@pytest.mark.parametrize("model", SCOPED)
def test_the_page_of_another_organizations_row_is_not_there(
    model: type[Model], everything: Everything, stranger: Client, other: Organization
) -> None:
    row = _row_of(model, everything.organization)

    for page in ("change", "history", "delete"):
        answer = stranger.get(url(model, page, row.pk))
        assert answer.status_code in {302, 403, 404}
        assert str(row).encode() not in answer.content


def _row_of(model: type[Model], organization: Organization) -> Any:
    lookup = admin.site._registry[model].organization_lookup  # type: ignore[attr-defined]
    return model._default_manager.filter(**{lookup: organization.pk}).first()


@pytest.mark.parametrize("model", SCOPED)
def test_a_member_sees_the_rows_of_their_organization(
    model: type[Model], everything: Everything, login: Login
) -> None:
    member = login(Role.ADMIN)
    row = _row_of(model, everything.organization)

    assert member.get(url(model, "changelist")).context["cl"].result_count >= 1
    assert member.get(url(model, "change", row.pk)).status_code == 200


def test_staff_without_membership_see_nothing(
    everything: Everything, login: Login, other: Organization
) -> None:
    nobody = login(Role.VIEWER, of=other)
    Membership.objects.filter(organization=other).delete()

    assert nobody.get("/admin/").status_code == 200
    assert nobody.get("/admin/executions/execution/").status_code == 403


def test_suggestions_hold_no_names_of_another_organization(everything: Everything, stranger: Client) -> None:
    answer = stranger.get(
        "/admin/autocomplete/",
        {"app_label": "schedules", "model_name": "schedule", "field_name": "workflow", "term": "gre"},
    )

    assert answer.json()["results"] == []


def test_a_schedule_cannot_be_given_another_organizations_workflow(
    everything: Everything, stranger: Client, other: Organization
) -> None:
    answer = stranger.post(
        "/admin/schedules/schedule/add/",
        {
            **UNTOUCHED,
            "organization": str(other.pk),
            "name": "spy",
            "workflow": str(everything.greet.pk),
            "kind": "interval",
            "every": "10s",
        },
    )

    assert "workflow" in answer.context["adminform"].form.errors
    assert not Schedule.objects.filter(name="spy").exists()


def test_a_row_cannot_be_added_to_another_organization(
    everything: Everything, login: Login, other: Organization
) -> None:
    editor = login(Role.EDITOR, of=other)
    add_member(everything.organization, user_id=_id_of(editor), role=Role.VIEWER)

    answer = editor.post(
        "/admin/workflows/workflow/add/",
        {"organization": str(everything.organization.pk), "name": "spy", "definition": "steps: []"},
    )

    assert "organization" in answer.context["adminform"].form.errors


def _id_of(client: Client) -> int:
    return int(client.session["_auth_user_id"])


BUTTONS = [
    ("executions/execution", "running", "cancel"),
    ("executions/execution", "failed", "redrive"),
    ("executions/deadletter", "letter", "redrive"),
    ("executions/deadletter", "letter", "discard"),
    ("schedules/schedule", "schedule", "trigger"),
    ("schedules/schedule", "schedule", "pause"),
    ("schedules/schedule", "schedule", "archive"),
    ("schedules/schedule", "schedule", "disable"),
    ("schedules/schedule", "schedule", "skip_next"),
    ("schedules/backfill", "backfill", "pause"),
    ("schedules/backfill", "backfill", "cancel"),
    ("schedules/calendar", "calendar", "remove"),
    ("workflows/workflow", "greet", "start"),
    ("workflows/workflow", "greet", "archive"),
    ("triggers/trigger", "trigger", "pause"),
    ("triggers/trigger", "trigger", "remove"),
    ("triggers/webhook", "webhook", "pause"),
    ("triggers/webhook", "webhook", "add_secret"),
    ("triggers/webhook", "webhook", "end_secret"),
    ("triggers/webhook", "webhook", "remove"),
    ("triggers/delivery", "delivery", "replay"),
]


@pytest.mark.parametrize(("path", "row", "button"), BUTTONS)
def test_a_viewer_presses_no_button(
    path: str, row: str, button: str, everything: Everything, login: Login
) -> None:
    viewer = login(Role.VIEWER)
    page = f"/admin/{path}/{getattr(everything, row).pk}"
    before = _state_of_everything()

    text = viewer.get(f"{page}/change/").content.decode()
    answer = viewer.post(f"{page}/{button}/", {"_form_submitted": "True", "input": "{}", "priority": "5"})

    assert f"{page}/{button}/" not in text
    assert answer.status_code == 403
    assert _state_of_everything() == before


@pytest.mark.parametrize(("path", "row", "button"), BUTTONS)
def test_a_stranger_presses_no_button(
    path: str, row: str, button: str, everything: Everything, stranger: Client
) -> None:
    before = _state_of_everything()

    answer = stranger.post(
        f"/admin/{path}/{getattr(everything, row).pk}/{button}/",
        {"_form_submitted": "True", "input": "{}", "priority": "5"},
    )

    assert answer.status_code in {403, 404}
    assert _state_of_everything() == before


@pytest.mark.parametrize(("path", "row", "button"), BUTTONS)
def test_a_link_changes_nothing(
    path: str, row: str, button: str, everything: Everything, root: Client
) -> None:
    before = _state_of_everything()

    answer = root.get(f"/admin/{path}/{getattr(everything, row).pk}/{button}/", {"_form_submitted": "True"})

    assert answer.status_code == 200
    assert _state_of_everything() == before


def _state_of_everything() -> list[Any]:
    return [
        sorted(Execution.objects.values_list("pk", "state", "cancel_requested_at")),
        sorted(Schedule.objects.values_list("pk", "state", "version", "skip_times")),
        sorted(Workflow.objects.values_list("pk", "state")),
        sorted(Backfill.objects.values_list("pk", "state")),
        sorted(Calendar.objects.values_list("pk", "version")),
        sorted(Trigger.objects.values_list("pk", "state")),
        sorted(Webhook.objects.values_list("pk", "state")),
        sorted(WebhookSecret.objects.values_list("pk", "expires_at")),
        Delivery.objects.count(),
    ]


@pytest.mark.parametrize("action", ["cancel_selected", "redrive_selected"])
def test_a_viewer_has_no_actions_on_lists(action: str, everything: Everything, login: Login) -> None:
    before = _state_of_everything()

    login(Role.VIEWER).post(
        "/admin/executions/execution/", {"action": action, "_selected_action": [str(everything.running.pk)]}
    )

    assert _state_of_everything() == before


def test_an_action_on_rows_of_two_organizations_stops_where_the_role_does(
    everything: Everything, login: Login, other: Organization
) -> None:
    operator = login(Role.OPERATOR, of=other)
    add_member(everything.organization, user_id=_id_of(operator), role=Role.VIEWER)

    answer = operator.post(
        "/admin/executions/execution/",
        {"action": "cancel_selected", "_selected_action": [str(everything.running.pk)]},
        follow=True,
    )

    assert "your role in Acme does not allow it" in answer.content.decode()
    everything.running.refresh_from_db()
    assert everything.running.state == "running"


def test_only_editors_write_workflows_and_schedules(everything: Everything, login: Login) -> None:
    operator, editor = login(Role.OPERATOR, name="op"), login(Role.EDITOR, name="ed")

    for path in ("workflows/workflow", "schedules/schedule"):
        assert operator.get(f"/admin/{path}/add/").status_code == 403
        assert editor.get(f"/admin/{path}/add/").status_code == 200
    page = f"/admin/workflows/workflow/{everything.greet.pk}/change/"
    assert operator.post(page, {"description": "mine", "definition": "steps: []"}).status_code == 403


def test_only_admins_see_api_keys_and_change_members(everything: Everything, login: Login) -> None:
    editor = login(Role.EDITOR)
    page = f"/admin/organizations/organization/{everything.organization.pk}/change/"

    assert editor.get("/admin/organizations/apikey/").status_code == 403
    assert editor.get(page).status_code == 200
    assert editor.post(page, {"name": "Mine"}).status_code == 403
    assert not ApiKey.objects.filter(name="mine").exists()
