"""Dead letters and circuits in the console: each button, and what it says."""

from functools import partial

import pytest
from django.test import Client

import clock
from executions.circuits import Key, breaker, rows
from executions.circuits.breaker import Tally
from executions.models import Circuit, DeadLetter, Execution
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from tests.console.test_actions import of, press, said
from workflows.definition import CircuitBreaker

LETTERS = "/admin/executions/deadletter/"
CIRCUITS = "executions/circuit"


def test_a_redrive_from_the_failed_step_keeps_the_version(everything: Everything, login: Login) -> None:
    press(login(Role.OPERATOR), of(everything, "letter"), "go_on", input="{}")

    again = Execution.objects.get(redrive_of=everything.failed)
    assert again.version_id == everything.failed.version_id
    assert DeadLetter.objects.get().resolution == "redriven"


@pytest.mark.parametrize("action", ["redrive_selected", "go_on_selected"])
def test_selected_letters_are_redriven(everything: Everything, root: Client, action: str) -> None:
    chosen = {"action": action, "_selected_action": [str(everything.letter.pk)]}

    answer = root.post(LETTERS, chosen, follow=True)

    assert said(answer) == "Redriven"
    assert Execution.objects.filter(redrive_of=everything.failed).exists()


def test_letters_are_listed_with_their_cause(everything: Everything, root: Client) -> None:
    assert everything.failed.error.partition(":")[0] in root.get(LETTERS).content.decode()
    assert everything.failed.error[:6] not in root.get(f"{LETTERS}?cause__exact=ambiguous").content.decode()


@pytest.fixture
def circuit(everything: Everything) -> Circuit:
    """Return a circuit that has opened."""
    now = clock.now()
    fail = partial(breaker.counted, tally=Tally(0, 20), policy=CircuitBreaker(), now=now)
    rows.change(Key(everything.organization.pk, "http:api.example"), fail, now=now, error="answered 503")
    return Circuit.objects.get()


def test_a_circuit_is_closed_and_opened_by_an_operator(circuit: Circuit, login: Login) -> None:
    operator = login(Role.OPERATOR)

    assert said(press(operator, f"{CIRCUITS}/{circuit.pk}", "reset")) == "Closed"
    circuit.refresh_from_db()
    assert circuit.state == "closed"

    press(operator, f"{CIRCUITS}/{circuit.pk}", "hold_open")
    circuit.refresh_from_db()
    assert (circuit.state, circuit.retry_at) == ("open", None)


def test_a_viewer_sees_circuits_and_changes_none(circuit: Circuit, login: Login) -> None:
    viewer = login(Role.VIEWER)

    page = viewer.get(f"/admin/{CIRCUITS}/{circuit.pk}/change/").content.decode()
    assert "answered 503" in page
    assert "http:api.example" in viewer.get(f"/admin/{CIRCUITS}/").content.decode()
    assert press(viewer, f"{CIRCUITS}/{circuit.pk}", "reset").status_code == 403
