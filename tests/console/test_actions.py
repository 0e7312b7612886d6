"""Each button and list action: its effect, and what it says when a service refuses."""

from typing import Any

import pytest
from django.test import Client

import clock
from executions import dead_letters
from executions.models import DeadLetter, Execution
from organizations.models import ApiKey
from organizations.roles import Role
from organizations.services import authenticate
from schedules import fire
from schedules import services as schedules
from tests.console.conftest import Everything, Login
from workflows import services as workflows

Submit = dict[str, str]
SUBMIT: Submit = {"_form_submitted": "True"}


def press(client: Client, path: str, button: str, **fields: str) -> Any:
    return client.post(f"/admin/{path}/{button}/", {**SUBMIT, **fields}, follow=True)


def said(answer: Any) -> str:
    return " | ".join(str(message) for message in answer.context["messages"])


def of(everything: Everything, row: str) -> str:
    paths = {
        "schedule": "schedules/schedule",
        "letter": "executions/deadletter",
        "greet": "workflows/workflow",
    }
    return f"{paths.get(row, 'executions/execution')}/{getattr(everything, row).pk}"


def test_cancel_ends_an_execution(everything: Everything, login: Login) -> None:
    answer = press(login(Role.OPERATOR), of(everything, "running"), "cancel")

    everything.running.refresh_from_db()
    assert everything.running.state == "cancelled"
    assert said(answer) == "Cancellation requested"


def test_an_execution_that_has_ended_offers_no_cancel(everything: Everything, root: Client) -> None:
    answer = press(root, of(everything, "done"), "cancel")

    assert answer.status_code == 403
    assert "/cancel/" not in root.get(f"/admin/{of(everything, 'done')}/change/").content.decode()


def test_an_execution_that_ends_meanwhile_gives_a_message(
    everything: Everything, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("executions.admin.executions.EXECUTION_FINAL", frozenset())

    answer = press(root, of(everything, "done"), "cancel")

    assert said(answer) == "the execution is completed; it cannot become cancelled"


def test_redrive_starts_again_and_shows_the_new_execution(everything: Everything, login: Login) -> None:
    answer = press(login(Role.OPERATOR), of(everything, "failed"), "redrive", input="{}")

    again = Execution.objects.get(redrive_of=everything.failed)
    assert answer.redirect_chain[-1][0].endswith(f"/{again.pk}/change/")
    assert "Redrive of" in answer.content.decode()
    assert DeadLetter.objects.get().resolution == "redriven"


def test_redrive_of_a_settled_dead_letter_gives_a_message(everything: Everything, root: Client) -> None:
    dead_letters.discard(everything.letter, by="ada", now=clock.now())

    answer = press(root, of(everything, "failed"), "redrive", input="{}")

    assert said(answer) == "the dead letter was discarded by ada before"


@pytest.mark.parametrize("text", ["{", "[]", "NaN", '{"a": 1, "a": 2}', "[" * 100_000])
def test_input_that_is_no_json_object_is_said_in_the_dialog(
    text: str, everything: Everything, root: Client
) -> None:
    answer = press(root, of(everything, "failed"), "redrive", input=text)

    assert answer.context["form"].errors["input"]


def test_a_workflow_is_archived(everything: Everything, root: Client) -> None:
    press(root, of(everything, "greet"), "archive")

    everything.greet.refresh_from_db()
    assert everything.greet.state == "archived"


def test_a_dead_letter_is_redriven_or_discarded_once(everything: Everything, root: Client) -> None:
    press(root, of(everything, "letter"), "discard", note="known outage")

    everything.letter.refresh_from_db()
    assert (everything.letter.resolution, everything.letter.note) == ("discarded", "known outage")
    assert press(root, of(everything, "letter"), "redrive", input="{}").status_code == 403


def test_a_dead_letter_is_redriven_with_another_input(everything: Everything, root: Client) -> None:
    press(root, of(everything, "letter"), "redrive", input='{"city": "Bern"}')

    assert Execution.objects.get(redrive_of=everything.failed).input == {"city": "Bern"}


def test_a_schedule_is_paused_resumed_and_triggered(everything: Everything, login: Login) -> None:
    operator, path = login(Role.OPERATOR), of(everything, "schedule")

    press(operator, path, "pause", reason="holiday")
    everything.schedule.refresh_from_db()
    assert (everything.schedule.state, everything.schedule.pause_reason) == ("paused", "holiday")
    assert "holiday" in operator.get(f"/admin/{path}/change/").content.decode()

    press(operator, path, "resume")
    everything.schedule.refresh_from_db()
    assert everything.schedule.state == "active"

    count = Execution.objects.filter(schedule_id=everything.schedule.pk).count()
    press(operator, path, "trigger")
    assert Execution.objects.filter(schedule_id=everything.schedule.pk).count() == count + 1


def test_a_schedule_whose_input_no_longer_fits_says_so(everything: Everything, root: Client) -> None:
    strict = {"inputs": {"required": ["age"]}, "steps": [{"id": "a", "kind": "set", "values": {}}]}
    workflows.change(everything.greet, definition=strict)

    answer = press(root, of(everything, "schedule"), "trigger")

    assert answer.context["form"].errors["input"] == ["input.age: is required"]


def test_an_archived_schedule_offers_nothing(everything: Everything, root: Client) -> None:
    press(root, of(everything, "schedule"), "archive")

    page = root.get(f"/admin/{of(everything, 'schedule')}/change/")
    assert page.status_code == 200
    for button in ("trigger", "pause", "resume", "archive"):
        assert f"/{everything.schedule.pk}/{button}/" not in page.content.decode()
        assert press(root, of(everything, "schedule"), button).status_code == 403


def test_out_of_a_dialog_the_browser_is_sent_on(everything: Everything, root: Client) -> None:
    path = f"/admin/{of(everything, 'schedule')}"

    answer = root.post(f"{path}/pause/", SUBMIT, headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"] == f"{path}/change/"


def on_list(client: Client, path: str, action: str, *rows: Any) -> Any:
    fields = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(f"/admin/{path}/", fields, follow=True)


def test_a_list_action_does_what_it_can_and_says_what_it_could_not(
    everything: Everything, root: Client
) -> None:
    answer = on_list(root, "executions/execution", "cancel_selected", everything.running, everything.done)

    assert "Cancelled" in said(answer)
    assert "the execution is completed; it cannot become cancelled" in said(answer)


def test_executions_and_dead_letters_are_redriven_from_their_lists(
    everything: Everything, root: Client
) -> None:
    on_list(root, "executions/execution", "redrive_selected", everything.failed)
    answer = on_list(root, "executions/deadletter", "redrive_selected", everything.letter)

    assert Execution.objects.filter(redrive_of=everything.failed).count() == 1
    assert "was redriven by root before" in said(answer)


def test_dead_letters_are_discarded_from_their_list(everything: Everything, root: Client) -> None:
    on_list(root, "executions/deadletter", "discard_selected", everything.letter)

    assert DeadLetter.objects.get().resolution == "discarded"


def test_schedules_are_paused_resumed_and_triggered_from_their_list(
    everything: Everything, root: Client
) -> None:
    path, schedule = "schedules/schedule", everything.schedule

    assert said(on_list(root, path, "pause_selected", schedule)) == "Paused"
    assert said(on_list(root, path, "pause_selected", schedule)) == "Paused"  # safe to repeat
    assert said(on_list(root, path, "resume_selected", schedule)) == "Resumed"
    assert said(on_list(root, path, "trigger_selected", schedule)) == "Triggered"


def test_a_schedule_in_error_shows_the_reason_and_is_resumed(everything: Everything, root: Client) -> None:
    fire.set_aside(everything.schedule.pk, error=ValueError("unreadable rule"))
    path = of(everything, "schedule")

    assert "unreadable rule" in root.get(f"/admin/{path}/change/").content.decode()
    assert said(press(root, path, "resume")) == "Resumed"


def test_a_stored_rule_that_cannot_be_read_does_not_break_its_page(
    everything: Everything, root: Client
) -> None:
    type(everything.schedule).objects.filter(pk=everything.schedule.pk).update(rules=[{"kind": "lunar"}])

    assert root.get(f"/admin/{of(everything, 'schedule')}/change/").status_code == 200
    assert root.get("/admin/schedules/schedule/").status_code == 200


def test_an_api_key_is_shown_once_and_revoked(everything: Everything, login: Login) -> None:
    admin = login(Role.ADMIN)
    fields = {"organization": str(everything.organization.pk), "name": "deploy", "role": "operator"}

    answer = admin.post("/admin/organizations/apikey/add/", fields, follow=True)
    row = ApiKey.objects.get(name="deploy")
    key = said(answer).partition('hz-key">')[2].partition("<")[0]
    assert authenticate(key, now=clock.now()) == row
    assert key not in admin.get("/admin/organizations/apikey/").content.decode()

    press(admin, f"organizations/apikey/{row.pk}", "revoke")
    row.refresh_from_db()
    assert row.revoked_at is not None


def test_api_keys_are_revoked_from_their_list(everything: Everything, root: Client) -> None:
    on_list(root, "organizations/apikey", "revoke_selected", ApiKey.objects.get())

    assert ApiKey.objects.get().revoked_at is not None


def test_what_a_person_did_stands_in_the_history(everything: Everything, root: Client) -> None:
    press(root, of(everything, "schedule"), "pause", reason="")

    assert "Paused" in root.get(f"/admin/{of(everything, 'schedule')}/history/").content.decode()
    assert schedules.next_fires(everything.schedule, after=clock.now(), count=1)


@pytest.mark.parametrize(
    "path",
    [
        "executions/execution/no-id/redrive",
        "executions/deadletter/no-id/redrive",
    ],
)
def test_a_dialog_of_a_row_that_cannot_be_is_not_there(path: str, root: Client) -> None:
    assert root.get(f"/admin/{path}/").status_code == 404
