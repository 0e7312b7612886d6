"""`executions.start`: what other applications send, are answered, and what the log says of what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.db import DataError
from structlog.testing import capture_logs

from executions import services
from executions.calls import tasks
from executions.models import Execution
from tests.conftest import MakeWorkflow

INPUTS = {
    "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}},
    "additionalProperties": False,
}

Refused = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture
def refused(make_workflow: MakeWorkflow, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """Make a call that is refused, and return what the log says about it, and what the caller is answered."""
    make_workflow(inputs=INPUTS)

    def call(**arguments: Any) -> tuple[str, dict[str, Any]]:
        with capture_logs() as lines:
            # The logger may have been bound before, with the processors of then.
            monkeypatch.setattr(tasks, "log", structlog.get_logger())
            answer = tasks.start(**{"workflow": "report", **arguments})
        (line,) = lines
        assert line["event"] == "call refused"
        assert not answer.pop("ok")
        assert not Execution.objects.exists()
        return str(line), answer["error"]

    return call


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"input": "hunter2"}, "input: write an object"),
        ({"priority": "hunter2"}, "priority: write a whole number"),
        ({"password": "hunter2"}, "password: there is no such argument"),
        ({"api_key": ["hunter2"]}, "api_key: write a text"),
        ({"input": {"n": "hunter2"}}, "does not fit: input.n"),
        ({"input": {"kind": "hunter2"}}, "does not fit: input.kind"),
        ({"input": {"n": "hunter2", "kind": "hunter2"}}, "input.kind"),
        ({"input": {"n": ["hunter2\x00"]}}, "does not fit: input.n"),
        ({"workflow": None}, "workflow: write a text"),
        ({"priority": 11}, "priority: write a number from 0 to 9"),
        ({"workflow": "other"}, "there is no workflow 'other'"),
        ({"organization": "other"}, "there is no organization 'other'"),
        ({"api_key": "hor_hunter2_hunter2"}, "the API key is not valid"),
    ],
)
def test_the_log_names_what_is_wrong_and_never_the_value(
    refused: Refused, arguments: dict[str, Any], named: str
) -> None:
    line, _ = refused(**arguments)

    assert named in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("arguments", "code", "path"),
    [
        ({"priority": "high"}, "invalid", "priority"),
        ({"priority": 11}, "invalid", "priority"),
        ({"input": {"n": "one"}}, "invalid", "input.n"),
        ({"workflow": "other"}, "not_found", "workflow"),
        ({"organization": "other"}, "not_found", "organization"),
        ({"api_key": "wrong"}, "authentication_failed", "api_key"),
        ({"api_key": "hor_\x00_\ud800"}, "authentication_failed", "api_key"),
    ],
)
def test_the_caller_is_told_the_code_and_the_argument(
    refused: Refused, arguments: dict[str, Any], code: str, path: str
) -> None:
    _, error = refused(**arguments)

    assert error["code"] == code
    assert [field["path"] for field in error["fields"]] == [path]
    assert error["message"]


def test_an_error_of_the_database_is_told_by_its_class(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise DataError('invalid input syntax for type json DETAIL: Token "hunter2" is invalid.')

    monkeypatch.setattr(services, "start", fail)

    line, error = refused()

    assert "'DataError'" in line
    assert "hunter2" not in line
    assert error == {"code": "invalid", "message": "DataError", "fields": []}


def test_a_call_with_many_faults_is_refused_in_few_words(refused: Refused) -> None:
    line, error = refused(**{f"unknown_{number}": 1 for number in range(1_000)})

    assert len(line) < 1_000
    assert len(error["fields"]) == 20


def test_a_call_that_is_delivered_twice_starts_one_execution(make_workflow: MakeWorkflow) -> None:
    make_workflow()
    tasks.start.push_request(id="0191")

    first, second = (tasks.start(workflow="report") for _ in range(2))

    tasks.start.pop_request()
    execution = Execution.objects.get()
    assert execution.idempotency_key == "celery:0191"
    assert (first["result"], second["result"]) == ("created", "replayed")
    assert first["id"] == second["id"] == str(execution.pk)


def test_a_key_that_names_another_input_is_a_conflict(make_workflow: MakeWorkflow) -> None:
    make_workflow()
    tasks.start(workflow="report", idempotency_key="k", input={"n": 1})

    answer = tasks.start(workflow="report", idempotency_key="k", input={"n": 2})

    assert answer["error"]["code"] == "idempotency_conflict"
