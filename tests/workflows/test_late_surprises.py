"""What would fail at every run is refused when the workflow is saved."""

from typing import Any

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import parse_definition


def two(expression: str) -> dict[str, Any]:
    return {
        "steps": [
            setting("first"),
            {"id": "b", "kind": "set", "needs": ["first"], "values": {"x": f"${{{{ {expression} }}}}"}},
        ]
    }


@pytest.mark.parametrize(
    "expression", ["steps.first.ouptut", "steps['first'].ouptut", "steps.first.ouptut.n"]
)
def test_a_misspelt_part_of_a_step_is_refused(expression: str) -> None:
    assert (
        "a step has no 'ouptut'; it has output and state" in errors_of(two(expression))["steps[1].values.x"]
    )


@pytest.mark.parametrize(
    "expression",
    ["steps.first.output.ouptut", "steps.first", "size(steps.first.output)", "input.steps.first.ouptut"],
)
def test_what_a_step_has_may_be_read_however_it_is_written(expression: str) -> None:
    parse_definition(two(expression))


def with_property(**schema: Any) -> dict[str, Any]:
    return {
        "inputs": {
            "required": ["other"],
            "properties": {"n": schema},
            "$defs": {"whole": {"type": "integer"}},
        },
        "steps": [setting("a")],
    }


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "integer", "default": "x"}, "inputs.properties.n.default"),
        ({"$ref": "#/$defs/whole", "default": "x"}, "inputs.properties.n.default"),
        (
            {"type": "array", "items": {"type": "integer"}, "default": [1, "x"]},
            "inputs.properties.n.default[1]",
        ),
    ],
)
def test_a_default_that_does_not_fit_its_own_schema_is_refused(schema: dict[str, Any], path: str) -> None:
    assert list(errors_of(with_property(**schema))) == [path]


def test_a_default_that_fits_stands_beside_a_required_property_without_one() -> None:
    parse_definition(with_property(type="integer", default=3))
