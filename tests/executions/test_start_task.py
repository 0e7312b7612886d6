"""`executions.start`: what other applications send, and what the log says of what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.db import DataError
from structlog.testing import capture_logs

from executions import services, tasks
from executions.models import Execution
from tests.conftest import MakeWorkflow

INPUTS = {
    "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}},
    "additionalProperties": False,
}

Refused = Callable[..., str]


@pytest.fixture
def refused(make_workflow: MakeWorkflow, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Make a call that is refused, and return what the log says about it."""
    make_workflow(inputs=INPUTS)

    def call(**arguments: Any) -> str:
        with capture_logs() as lines:
            # The logger may have been bound before, with the processors of then.
            monkeypatch.setattr(tasks, "log", structlog.get_logger())
            tasks.start(**{"workflow": "report", **arguments})
        (line,) = lines
        assert line["event"] == "call refused"
        assert not Execution.objects.exists()
        return str(line)

    return call


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"input": "hunter2"}, "input: Input should be a valid dictionary"),
        ({"priority": "hunter2"}, "priority: Input should be a valid integer"),
        ({"password": "hunter2"}, "password: Extra inputs are not permitted"),
        ({"input": {"n": "hunter2"}}, "does not fit: input.n"),
        ({"input": {"kind": "hunter2"}}, "does not fit: input.kind"),
        ({"input": {"n": "hunter2", "kind": "hunter2"}}, "input.kind"),
        ({"input": {"n": ["hunter2\x00"]}}, "does not fit: input.n"),
        ({"priority": 11}, "priority: write a number from 0 to 9"),
        ({"workflow": "other"}, "Workflow matching query does not exist"),
        ({"organization": "other"}, "there is no organization 'other'"),
    ],
)
def test_the_log_names_what_is_wrong_and_never_the_value(
    refused: Refused, arguments: dict[str, Any], named: str
) -> None:
    line = refused(**arguments)

    assert named in line
    assert "hunter2" not in line


def test_an_error_of_the_database_is_logged_by_its_class(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DataError('invalid input syntax for type json DETAIL: Token "hunter2" is invalid.')

    monkeypatch.setattr(services, "start", fail)

    line = refused()

    assert "'DataError'" in line
    assert "hunter2" not in line


def test_a_call_with_many_faults_is_logged_in_few_words(refused: Refused) -> None:
    line = refused(**{f"unknown_{number}": 1 for number in range(1_000)})

    assert len(line) < 1_000


def test_a_call_that_is_delivered_twice_starts_one_execution(make_workflow: MakeWorkflow) -> None:
    make_workflow()
    tasks.start.push_request(id="0191")

    for _ in range(2):
        tasks.start(workflow="report")

    tasks.start.pop_request()
    assert Execution.objects.get().idempotency_key == "celery:0191"
