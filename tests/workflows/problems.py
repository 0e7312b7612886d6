"""What is wrong with a definition, for tests to look at."""

from collections.abc import Mapping
from typing import Any

import pytest

from workflows.checks.tasks import TaskRegistry
from workflows.definition import parse_definition
from workflows.errors import InvalidDefinition


def errors_of(data: Mapping[str, Any] | str, *, tasks: TaskRegistry | None = None) -> dict[str, str]:
    """Return the messages of a definition that is refused, by path."""
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(data, tasks=tasks)
    return {error["path"]: error["message"] for error in caught.value.errors}


def setting(step_id: str, **fields: Any) -> dict[str, Any]:
    """Return a `set` step."""
    return {"id": step_id, "kind": "set", "values": {}, **fields}
