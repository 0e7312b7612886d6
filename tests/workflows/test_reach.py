"""What expressions may read, by where they stand."""

from typing import Any

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import parse_definition

CLOSED = {"properties": {"id": {}, "n": {}}, "additionalProperties": False}


def document(**change: Any) -> dict[str, Any]:
    """Return a definition with `first`, then `last`, and two steps in each of the hooks."""
    return {
        "inputs": CLOSED,
        "steps": [setting("first"), setting("last", needs=["first"])],
        "on_failure": [setting("warn"), setting("page", needs=["warn"])],
        "always": [setting("tidy"), setting("note", needs=["tidy"])],
        **change,
    }


def reading(expression: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "set", "values": {"x": f"${{{{ {expression} }}}}"}, **fields}


def in_for_each(**fields: Any) -> dict[str, Any]:
    return {"steps": [setting("a", for_each="${{ input.n }}", **fields)]}


ALLOWED = [
    {"steps": [setting("first"), reading("steps.first.state", id="b", needs=["first"])]},
    {
        "steps": [
            setting("first", compensate=reading("steps.last.state + execution.state")),
            setting("last"),
        ]
    },
    {"on_failure": [setting("warn"), reading("steps.last.output", id="b")]},
    {"on_failure": [setting("warn"), reading("steps.warn.output", id="b", needs=["warn"])]},
    {"on_failure": [reading("execution.state + execution.error", id="b")]},
    {"always": [reading("steps.warn.state + steps.last.state + execution.state", id="b")]},
    {"output": "${{ steps.last.output }}"},
    {"limits": [{"running": 1, "key": "${{ input.id }}"}]},
    in_for_each(values={"x": "${{ [item, index] }}"}),
    {"steps": [{"id": "a", "kind": "wait", "event": {"type": "t", "match": "event.data.id == input.id"}}]},
    {
        "steps": [
            {
                "id": "a",
                "kind": "wait",
                "for_each": "${{ input.n }}",
                "event": {"type": "t", "match": "event.id == item"},
            }
        ]
    },
]


@pytest.mark.parametrize("change", ALLOWED)
def test_what_has_a_value_may_be_read(change: dict[str, Any]) -> None:
    data = document(**change)
    if "steps" in change:
        data = {"inputs": CLOSED, **change}

    parse_definition(data)


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        (
            {"steps": [setting("a"), reading("steps.a.output", id="b")]},
            "steps[1].values.x",
            "add 'a' to needs",
        ),
        ({"steps": [reading("steps.warn.state", id="b")]}, "steps[0].values.x", "runs only after this"),
        ({"steps": [reading("steps.nowhere.state", id="b")]}, "steps[0].values.x", "there is no step 'no"),
        ({"steps": [reading("execution.state", id="b")]}, "steps[0].values.x", "only in `compensate`, `on_f"),
        ({"steps": [reading("execution.name", id="b")]}, "steps[0].values.x", "there is no execution.name"),
        ({"steps": [reading("schedule.name", id="b")]}, "steps[0].values.x", "there are fire_at, id"),
        ({"steps": [reading("input.nmae", id="b")]}, "steps[0].values.x", "no input.nmae; there are id, n"),
        ({"steps": [reading("event.id", id="b")]}, "steps[0].values.x", "only in `match`"),
        ({"steps": [reading("item", id="b")]}, "steps[0].values.x", "a step with `for_each`"),
        ({"steps": [reading("secrets.key", id="b")]}, "steps[0].values.x", "nothing gives 'secrets'"),
        (in_for_each(**{"if": "item > 1"}), "steps[0].if", "not in its `if`"),
        (
            {"steps": [setting("a", for_each="${{ [index] }}")]},
            "steps[0].for_each",
            "`index` has a value only",
        ),
        (
            in_for_each(compensate=reading("item")),
            "steps[0].compensate.values.x",
            "`item` has a value only",
        ),
        (
            {"steps": [setting("a", compensate=reading("steps.warn.state"))]},
            "steps[0].compensate.values.x",
            "runs only after this",
        ),
        ({"on_failure": [reading("steps.tidy.state", id="warn")]}, "on_failure[0].values.x", "only after"),
        (
            {"always": [setting("tidy"), reading("steps.tidy.state", id="b")]},
            "always[1].values.x",
            "add 'tidy' to needs",
        ),
        ({"output": {"a": ["${{ steps.tidy.output }}"]}}, "output.a[0]", "runs only after this"),
        ({"output": "${{ steps }}"}, "output", "name the step"),
        ({"limits": [{"running": 1, "key": "${{ steps.last.output }}"}]}, "limits[0].key", "only input can"),
        ({"limits": [{"running": 1, "key": "${{ execution.id }}"}]}, "limits[0].key", "only input can be"),
        (
            {"steps": [{"id": "a", "kind": "wait", "event": {"type": "t", "match": "${{ event.id }}"}}]},
            "steps[0].event.match",
            "without ${{ }}",
        ),
        (
            {"steps": [{"id": "a", "kind": "workflow", "workflow": "w", "input": {"n": "${{ item }}"}}]},
            "steps[0].input.n",
            "`item`",
        ),
        (
            {"steps": [{"id": "a", "kind": "approval", "message": "${{ steps.b.output }}"}]},
            "steps[0].message",
            "no step 'b'",
        ),
    ],
)
def test_what_has_no_value_there_is_refused(change: dict[str, Any], path: str, message: str) -> None:
    assert message in errors_of(document(**change))[path]


def test_in_a_graph_that_is_not_sound_only_the_graph_is_blamed() -> None:
    steps = [setting("a", needs=["b"]), reading("steps.a.output", id="b", needs=["a"])]

    assert list(errors_of({"steps": steps})) == ["steps"]
