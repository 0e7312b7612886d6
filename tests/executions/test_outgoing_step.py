"""The `http` step and where it may not go."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import clock
from executions import services
from executions.circuits import effects
from executions.models import Attempt, Circuit, Execution, Source
from executions.rules.outcomes import Completed, Failed
from executions.services import Start
from tests.conftest import MakeWorkflow
from tests.executions.outgoing import CALL, recording, send


@pytest.fixture
def allow(settings: Any) -> Callable[..., None]:
    def allow(*entries: str) -> None:
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"http_allow": list(entries)})

    return allow


def test_a_refused_address_is_final_and_says_what_to_do(allow: Callable[..., None]) -> None:
    allow()

    outcome = send("http://localhost:8000/x?token=s3cr3t")

    assert isinstance(outcome, Failed)
    assert (outcome.error_class, outcome.is_final, outcome.was_interrupted) == (
        "ForbiddenAddress",
        True,
        False,
    )
    assert "localhost" in outcome.error
    assert "HORARIUM_HTTP_ALLOW" in outcome.error
    assert "s3cr3t" not in outcome.error


def test_a_refusal_says_nothing_of_the_target(allow: Callable[..., None]) -> None:
    allow()

    assert effects.is_well("http", send("http://127.0.0.1/")) is None


def test_a_refused_step_is_not_tried_again_and_opens_no_circuit(
    make_workflow: MakeWorkflow, drain: Callable[[], int], allow: Callable[..., None]
) -> None:
    allow()
    breaker = {"failures": 0.1, "minimum": 1}
    step = {"id": "call", "kind": "http", "url": "http://127.1/", "circuit_breaker": breaker}
    workflow = make_workflow({**step, "retry": {"max_attempts": 5, "initial": "1ms"}})
    services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())

    drain()

    assert Execution.objects.get().state == "failed"
    assert ["HORARIUM_HTTP_ALLOW" in attempt.error for attempt in Attempt.objects.all()] == [True]
    assert not Circuit.objects.exclude(state="closed").exists()


def test_a_host_is_asked_at_the_port_that_is_allowed_and_no_other(allow: Callable[..., None]) -> None:
    with recording() as server, recording() as other:
        allow(f"localhost:{server.port}")

        assert isinstance(send(f"http://localhost:{server.port}/"), Completed)
        assert send(f"http://localhost:{other.port}/").error_class == "ForbiddenAddress"


def test_the_depth_that_is_sent_is_one_more_than_that_of_the_execution() -> None:
    with recording() as server:
        send(f"http://127.0.0.1:{server.port}/", call=replace(CALL, depth=4))

    assert server.seen[0][2]["horarium-depth"] == "5"
