"""Limits: what they say, and for which executions they count together."""

from typing import Any

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import parse_definition


def limited(*limits: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [setting("a")], "limits": list(limits)}


@pytest.mark.parametrize(
    "limit",
    [
        {"running": 1},
        {"running": 3, "key": "${{ input.id }}", "when_full": "terminate_other"},
        {"starts": 10, "per": "1m", "when_full": "refuse"},
    ],
)
def test_a_limit_is_kept_as_it_was_written(limit: dict[str, Any]) -> None:
    kept = parse_definition(limited(limit)).to_data()["limits"][0]

    assert {name: kept[name] for name in limit} == limit


@pytest.mark.parametrize(
    ("limit", "path", "message"),
    [
        ({}, "", "give either `running`, or `starts` with `per`"),
        ({"running": 1, "starts": 1, "per": 1}, "", "give either `running`"),
        ({"starts": 1}, "", "belong together"),
        ({"running": 1, "per": 1}, "", "belong together"),
        ({"starts": 1, "per": 1, "when_full": "cancel_other"}, "", "goes with `running`"),
        ({"running": 0}, ".running", "greater than or equal to 1"),
        ({"running": 1, "when_full": "skip"}, ".when_full", "'wait'"),
        ({"starts": 1, "per": "0s"}, ".per", "between 1s and"),
    ],
)
def test_a_limit_that_limits_nothing_is_refused(limit: dict[str, Any], path: str, message: str) -> None:
    assert message in errors_of(limited(limit))[f"limits[0]{path}"]


def test_there_are_three_limits_at_most() -> None:
    assert "limits" in errors_of(limited(*[{"running": 1}] * 4))


@pytest.mark.parametrize(
    ("key", "given", "expected"),
    [
        (None, {}, ""),
        ("${{ input.id }}", {"id": 5}, "5"),
        ("${{ input.id }}", {"id": {"b": 1, "a": None}}, '{"a":null,"b":1}'),
        ("${{ input.id }}", {"id": None}, ""),
        ("customer ${{ input.id }}", {"id": "x"}, "customer x"),
    ],
)
def test_the_key_of_an_execution_is_text(key: str | None, given: dict[str, Any], expected: str) -> None:
    (limit,) = parse_definition(limited({"running": 1, "key": key})).limits

    assert limit.key_for(given) == expected
