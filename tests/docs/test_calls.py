"""What the pages say of calls by Celery is what the tasks accept and answer. The examples run in `tests/acceptance`."""

import json
import re

import pytest

from executions.calls import tasks
from executions.calls.messages import Call, ExecutionCall, StartCall
from executions.models import Execution
from tests.conftest import MakeWorkflow
from tests.docs.pages import blocks, quoted, text_of

PAGE = "docs/calling-from-celery.md"


def arguments(of: str) -> list[str]:
    """Return the names in the table below the line that names these tasks."""
    table = text_of(PAGE).partition(f"\n{of}:\n\n")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", PAGE])
def test_the_call_by_name_is_one_that_the_task_accepts(page: str) -> None:
    (example,) = (block for block in blocks(page, "python") if "executions.start" in block)
    call = re.search(r"call = (\{.*\})$", example, flags=re.MULTILINE)

    assert call
    assert '"executions.start", kwargs=call, queue="horarium-calls"' in example
    StartCall.model_validate(json.loads(call[1]))


@pytest.mark.parametrize(
    ("of", "shape"),
    [("`executions.start`", StartCall), ("`executions.cancel` and `executions.status`", ExecutionCall)],
)
def test_every_argument_of_a_call_is_documented(of: str, shape: type[Call]) -> None:
    assert sorted(arguments(of)) == sorted(shape.model_fields)


def test_every_field_of_a_status_is_documented(make_workflow: MakeWorkflow) -> None:
    make_workflow()
    tasks.start(workflow="report")

    status = tasks.status(execution=str(Execution.objects.get().pk))

    text = " ".join(quoted(PAGE))
    assert all(re.search(rf"\b{name}\b", text) for name in {*status, *status["steps"][0]})
