"""A step that asks is answered on its page."""

import pytest
from django.test import Client

import clock
from executions import services
from executions.models import Execution, Source, StepRun
from executions.services import Start
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from tests.console.test_actions import press, said
from workflows import services as workflows

FORM = {"properties": {"amount": {"type": "integer"}}}


@pytest.fixture
def asked(everything: Everything) -> StepRun:
    organization = everything.greet.organization
    step = {"id": "ask", "kind": "approval", "message": "Pay?", "form": FORM}
    workflow = workflows.create(organization, name="paying", definition={"steps": [step]})
    started = services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())
    kept = {"message": "Pay?", "form": FORM}
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
