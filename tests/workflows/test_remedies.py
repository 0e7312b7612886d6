"""What is refused says what to write instead."""

from typing import Any

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import load_definition


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        (setting("Fetch"), "id", "lower-case letters"),
        (setting("a", queue="a b"), "queue", "letters, digits, dots"),
        ({"id": "a", "kind": "task", "task": "a b"}, "task", "as in shop.charge"),
        ({"id": "a", "kind": "workflow", "workflow": "A"}, "workflow", "lower-case letters"),
        (setting("a", retry={"retry_on": ["4 04"]}), "retry.retry_on[0]", "such as 404 or 5xx"),
        (setting("a", retry={"never_on": ["4 04"]}), "retry.never_on[0]", "such as 404 or 5xx"),
        (setting("a", retry=3), "retry", "write fields and their values"),
        ({"id": "a", "kind": "set", "values": 3}, "values", "write fields and their values"),
    ],
)
def test_a_wrong_field_is_told_what_to_write(step: dict[str, Any], path: str, message: str) -> None:
    assert message in errors_of({"steps": [step]})[f"steps[0].{path}"]


@pytest.mark.parametrize("type_", ["workflow.completed", "queue.paused", "calendar.changed"])
def test_a_wait_for_what_only_horarium_tells_is_not_saved(type_: str) -> None:
    definition = {"steps": [{"id": "a", "kind": "wait", "event": {"type": type_}}]}

    assert "Horarium's own and end no wait" in errors_of(definition)["steps[0].event.type"]
    assert load_definition(definition).steps[0].id == "a"
