"""The `wait` step: how long, until when, and what is no instant."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from executions import services
from executions.models import Execution, Source
from executions.rules.outcomes import Completed, Failed, Outcome, Waiting
from executions.services import Start
from executions.steps.wait import run
from tests.conftest import MakeWorkflow
from tests.executions.calls import call
from workflows.definition import WaitStep, load_definition
from workflows.errors import ExpressionError, InvalidDefinition

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def wait(*, at: Any = None, resume_at: datetime | None = None, **fields: Any) -> Outcome:
    """Run a step; `at` is what its expression finds in the input."""
    (step,) = load_definition({"steps": [{"id": "pause", "kind": "wait", **fields}]}).steps
    assert isinstance(step, WaitStep)
    variables = {"input": {} if at is None else {"at": at}}
    return run(step, call(step="pause", now=NOON, resume_at=resume_at, variables=variables))


def test_a_duration_counts_from_the_claim() -> None:
    assert wait(duration="1h") == Waiting(NOON + timedelta(hours=1))


def test_a_duration_of_nothing_is_over_at_once() -> None:
    assert wait(duration=0) == Completed({"until": NOON.isoformat()})


def test_an_instant_is_the_same_whatever_its_offset() -> None:
    assert wait(until="2026-11-20T15:00:00+02:00") == Waiting(NOON + timedelta(hours=1))


@pytest.mark.parametrize("until", ["2026-11-20T12:00:00Z", "1999-01-01T00:00:00Z"])
def test_an_instant_that_has_been_is_over_at_once(until: str) -> None:
    assert isinstance(wait(until=until), Completed)


def test_a_wait_that_comes_back_keeps_to_its_first_answer() -> None:
    assert wait(until="${{ input.at }}", resume_at=NOON) == Completed({"until": NOON.isoformat()})


def test_an_expression_gives_the_instant() -> None:
    outcome = wait(until="${{ timestamp(input.at) + duration('24h') }}", at="2026-11-20T12:00:00Z")

    assert outcome == Waiting(NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (7, "must be an instant such as"),
        (True, "must be an instant such as"),
        (["2026-11-20T13:00:00Z"], "must be an instant such as"),
        ("s3cr3t", "must be an instant such as"),
        ("2026-11-20T13:00:00", "needs an offset"),
        ("9999-12-31T23:59:59-14:00", "outside the years"),
        ("0001-01-01T00:00:00+14:00", "outside the years"),
        ("9999-12-31T23:59:59Z", "more than 3660 days ahead"),
    ],
)
def test_what_is_no_instant_is_a_failure_that_does_not_show_it(at: Any, reason: str) -> None:
    outcome = wait(until="${{ input.at }}", at=at)

    assert isinstance(outcome, Failed)
    assert outcome.error_class == "InvalidWait"
    assert reason in outcome.error
    assert "s3cr3t" not in outcome.error


def test_an_expression_that_cannot_be_evaluated_is_named_as_such() -> None:
    with pytest.raises(ExpressionError):
        wait(until="${{ input.missing }}")


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_outside_the_calendar_is_refused_when_the_workflow_is_saved(until: str) -> None:
    with pytest.raises(InvalidDefinition, match="outside the years"):
        load_definition({"steps": [{"id": "pause", "kind": "wait", "until": until}]})


def test_an_instant_outside_the_calendar_fails_the_step(
    make_workflow: MakeWorkflow, drain: Callable[[], int]
) -> None:
    workflow = make_workflow({"id": "pause", "kind": "wait", "until": "${{ input.at }}"})
    cause = Start(workflow=workflow, source=Source.MANUAL, input={"at": "9999-12-31T23:59:59-14:00"})
    services.start(cause, now=clock.now())

    drain()

    assert "outside the years 1 to 9999" in Execution.objects.get().error
