"""The forms of workflows, schedules and members: what they write, and where they say what is wrong."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

import clock
from organizations.models import Membership
from organizations.roles import Role
from schedules import services as schedules
from schedules.models import Schedule
from tests.console.conftest import Everything, Login
from workflows.forms import EXAMPLE, as_text
from workflows.models import Workflow

ADD_WORKFLOW = "/admin/workflows/workflow/add/"
ADD_SCHEDULE = "/admin/schedules/schedule/add/"


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200, answer
    found: dict[str, list[str]] = answer.context["adminform"].form.errors
    return found


def workflow_fields(everything: Everything, **fields: str) -> dict[str, str]:
    wanted = {"organization": str(everything.organization.pk), "name": "hello", "definition": EXAMPLE}
    return {**wanted, **fields}


def schedule_fields(everything: Everything, **fields: str) -> dict[str, str]:
    return {
        "organization": str(everything.organization.pk),
        "workflow": str(everything.greet.pk),
        "name": "hourly",
        "kind": "cron",
        "expression": "0 * * * *",
        "timezone": "Europe/Berlin",
        "dst_gap": "at_gap_end",
        "dst_overlap": "first",
        "catchup": "latest",
        "catchup_window": "1:00:00",
        "priority": "5",
        "queue": "default",
        **fields,
    }


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


# Schedules


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, {"kind": "cron", "expression": "0 * * * *"}),
        ({"kind": "interval", "every": "1h30m"}, {"kind": "interval", "every_seconds": 5400}),
        (
            {"kind": "one_time", "at": "2099-01-01T09:00:00"},
            {"kind": "one_time", "at": "2099-01-01T09:00:00"},
        ),
        ({"kind": "several", "several": '[{"kind": "cron", "expression": "5 4 * * *"}]'}, {"kind": "cron"}),
    ],
)
def test_each_kind_of_rule_makes_a_schedule(
    fields: dict[str, str], rule: dict[str, Any], everything: Everything, login: Login
) -> None:
    answer = login(Role.EDITOR).post(ADD_SCHEDULE, schedule_fields(everything, **fields))

    assert answer.status_code == 302
    schedule = Schedule.objects.get(name="hourly")
    assert rule.items() <= schedule.rules[0].items()
    assert (schedule.created_by, schedule.timezone) == ("kim", "Europe/Berlin")


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"expression": "61 * * * *"}, "expression", "rules[0].expression: minute"),
        ({"expression": ""}, "expression", "rules[0].expression"),
        ({"kind": "interval", "every": "soon"}, "every", "write it like"),
        ({"kind": "interval", "every": "0s"}, "every", "rules[0].every_seconds"),
        ({"kind": "interval", "every": ""}, "every", "rules[0].every_seconds"),
        ({"kind": "one_time", "at": "tomorrow"}, "at", "rules[0].at"),
        ({"kind": "one_time", "at": "2001-01-01T00:00:00"}, "at", "rules: no rule fires after now"),
        ({"kind": "several", "several": "{}"}, "several", "Write a JSON list"),
        ({"kind": "several", "several": "[]"}, "several", "rules: give a list"),
        ({"kind": "several", "several": '[{"kind": "cron"}, 7]'}, "several", "rules[0].expression"),
        ({"timezone": "Mars/Olympus"}, "timezone", "Select a valid choice"),
        ({"input": '{"town": 1}'}, "input", "town"),
        ({"priority": "10"}, "priority", "a number from 0 to 9"),
        ({"queue": "a b"}, "queue", "use letters"),
        ({"catchup_window": "40 days"}, "catchup_window", ""),
        ({"name": "No"}, "name", "Start with a letter"),
        ({"name": "daily"}, "__all__", "there is already a schedule called 'daily'"),
        ({"workflow": ""}, "workflow", "required"),
        ({"kind": "lunar"}, "kind", "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_schedule_stands_at_its_field(
    fields: dict[str, str], field: str, message: str, everything: Everything, root: Client
) -> None:
    answer = root.post(ADD_SCHEDULE, schedule_fields(everything, **fields))

    assert message in errors(answer)[field][0]
    assert not Schedule.objects.filter(name="hourly").exists()


def test_an_unchanged_schedule_stays_as_it_was(
    everything: Everything, root: Client, make_schedule: Any
) -> None:
    rules = [
        {"kind": "interval", "every_seconds": 86_400, "anchor": "2026-01-01T06:00:00Z", "basis": "wall_clock"}
    ]
    schedule = make_schedule("anchored", rules=rules, input={"city": "Bonn"}, timezone="Asia/Tokyo")
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    fields = as_shown(root, page)
    fields |= {"start_at_0": "", "start_at_1": "", "end_at_0": "", "end_at_1": ""}
    assert root.post(page, fields).status_code == 302

    after = Schedule.objects.get(pk=schedule.pk)
    for column in (*schedules.SETTINGS, "next_fire_at", "cursor_at"):
        assert getattr(after, column) == getattr(schedule, column), column


def test_several_rules_are_shown_as_json_and_kept(
    everything: Everything, root: Client, make_schedule: Any
) -> None:
    rules = [{"kind": "cron", "expression": "0 6 * * *"}, {"kind": "cron", "expression": "0 18 * * *"}]
    schedule = make_schedule("twice", rules=rules)
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    fields = as_shown(root, page)
    root.post(page, {**fields, "description": "Twice a day"})

    after = Schedule.objects.get(pk=schedule.pk)
    assert fields["kind"] == "several"
    assert (after.rules, after.description) == (schedule.rules, "Twice a day")


def test_a_change_based_on_an_old_version_is_refused_and_nothing_typed_is_lost(
    everything: Everything, root: Client
) -> None:
    page = f"/admin/schedules/schedule/{everything.schedule.pk}/change/"
    fields = as_shown(root, page)
    schedules.change(everything.schedule, now=clock.now(), description="Somebody else's")

    answer = root.post(page, {**fields, "description": "Mine"})

    assert "was based on 1" in errors(answer)["__all__"][0]
    assert answer.context["adminform"].form["description"].value() == "Mine"
    assert Schedule.objects.get(pk=everything.schedule.pk).description == "Somebody else's"


def test_a_viewer_reads_a_schedule(everything: Everything, login: Login) -> None:
    text = (
        login(Role.VIEWER).get(f"/admin/schedules/schedule/{everything.schedule.pk}/change/").content.decode()
    )

    assert "0 6 * * *" in text
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
