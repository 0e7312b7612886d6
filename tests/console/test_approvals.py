"""A step that asks is answered on its page."""

import pytest
from django.test import Client

import clock
from executions import services
from executions.models import Execution, Source, StepRun
from executions.services import Start
from organizations.models import Organization
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from tests.console.test_actions import press, said
from workflows import services as workflows

FORM = {"properties": {"amount": {"type": "integer", "default": 7}}}
LIST = "/admin/executions/approval/"


@pytest.fixture
def asked(everything: Everything) -> StepRun:
    organization = everything.greet.organization
    step = {"id": "ask", "kind": "approval", "message": "Pay Ann?", "form": FORM}
    workflow = workflows.create(organization, name="paying", definition={"steps": [step]})
    started = services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())
    kept = {"message": "Pay <Ann>?", "form": FORM}
    rows = StepRun.objects.filter(execution_id=started.id)
    rows.update(state="waiting", waits_for="approval", attempt=1, output=kept)
    return rows.get()


def test_a_step_that_asks_can_be_approved(asked: StepRun, login: Login) -> None:
    answer = press(login(Role.OPERATOR), f"executions/steprun/{asked.pk}", "approve", form='{"amount": 7}')

    asked.refresh_from_db()
    assert (said(answer), asked.state) == ("Approved", "completed")
    assert asked.output is not None
    assert asked.output["form"] == {"amount": 7}


def test_a_step_that_asks_can_be_rejected(asked: StepRun, login: Login) -> None:
    press(login(Role.OPERATOR), f"executions/steprun/{asked.pk}", "reject", note="no")

    assert Execution.objects.get(pk=asked.execution_id).error.endswith("no")


def test_a_form_that_does_not_fit_is_shown_again(asked: StepRun, login: Login) -> None:
    answer = press(login(Role.OPERATOR), f"executions/steprun/{asked.pk}", "approve", form='{"amount": "x"}')

    assert "form.amount" in answer.content.decode()


def test_a_step_that_asks_nothing_offers_no_answer(asked: StepRun, root: Client) -> None:
    page = f"/admin/executions/steprun/{asked.pk}/change/"
    assert "/approve/" in root.get(page).content.decode()

    StepRun.objects.filter(pk=asked.pk).update(waits_for="event")

    assert "/approve/" not in root.get(page).content.decode()
    assert press(root, f"executions/steprun/{asked.pk}", "approve").status_code == 403


def test_who_only_reads_is_offered_no_answer(asked: StepRun, login: Login) -> None:
    page = login(Role.VIEWER).get(f"/admin/executions/steprun/{asked.pk}/change/").content.decode()

    assert "/approve/" not in page


def test_the_list_shows_what_waits_for_an_answer_and_no_more_once_it_has_one(
    asked: StepRun, login: Login
) -> None:
    operator = login(Role.OPERATOR)
    assert "Pay &lt;Ann&gt;?" in operator.get(LIST).content.decode()

    answer = press(operator, f"executions/approval/{asked.pk}", "approve", form='{"amount": 7}')

    assert said(answer) == "Approved"
    assert "Pay &lt;Ann&gt;?" not in operator.get(LIST).content.decode()


def test_another_organization_lists_none_of_it(asked: StepRun, other: Organization, login: Login) -> None:
    stranger = login(Role.ADMIN, of=other)

    assert stranger.get(LIST).context["cl"].result_count == 0
    assert press(stranger, f"executions/approval/{asked.pk}", "approve").status_code == 403


def test_the_dialog_shows_the_question_the_schema_and_its_defaults(asked: StepRun, root: Client) -> None:
    dialog = root.get(f"/admin/executions/steprun/{asked.pk}/approve/").content.decode()

    assert "Pay &lt;Ann&gt;?" in dialog
    assert "&quot;type&quot;: &quot;integer&quot;" in dialog
    assert "&quot;amount&quot;: 7\n}</textarea>" in dialog


def test_a_rejection_begins_with_an_empty_form(asked: StepRun, root: Client) -> None:
    dialog = root.get(f"/admin/executions/steprun/{asked.pk}/reject/").content.decode()

    assert "{}</textarea>" in dialog


def test_a_question_without_a_form_offers_none(asked: StepRun, root: Client) -> None:
    StepRun.objects.filter(pk=asked.pk).update(output={"message": "Go?", "form": {}})

    dialog = root.get(f"/admin/executions/steprun/{asked.pk}/approve/").content.decode()

    assert "Go?" in dialog
    assert "<textarea" not in dialog


def test_the_dialog_of_what_is_no_step_answers_all_the_same(everything: Everything, root: Client) -> None:
    for page in ("executions/steprun/nothing", f"executions/approval/{everything.organization.pk}"):
        assert root.get(f"/admin/{page}/approve/").status_code == 200
        assert press(root, page, "approve").status_code == 404


def test_the_menu_leads_to_what_waits_for_an_answer(everything: Everything, login: Login) -> None:
    assert f'href="{LIST}"' in login(Role.VIEWER).get("/admin/").content.decode()
