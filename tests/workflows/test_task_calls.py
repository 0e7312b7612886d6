"""Calls of Celery tasks, held against what the tasks take."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import parse_definition


class Tasks:
    """Functions as a Celery task has them in `run`, where it is bound without itself."""

    def charge(self, order, amount=1, *, currency, note=""):
        """Take one argument by position at least."""

    def anything(self, *args, **kwargs):
        """Take all."""

    def nothing(self):
        """Take none."""

    def by_position(self, first, /, second=2):
        """Take the first by position only."""


def find(name: str, /) -> Callable[..., Any] | None:
    if name == "shop.builtin":
        return dict  # tells no signature
    return getattr(Tasks(), name.removeprefix("shop."), None)


def calling(task: str, **fields: Any) -> dict[str, Any]:
    return {"steps": [{"id": "a", "kind": "task", "task": f"shop.{task}", **fields}]}


@pytest.mark.parametrize(
    "definition",
    [
        calling("charge", args=[1], kwargs={"currency": "EUR"}),
        calling("charge", kwargs={"order": 1, "currency": "EUR", "note": "${{ input.note }}"}),
        calling("charge", args=[1, 2], kwargs={"currency": "EUR"}),
        calling("anything", args=[1, 2, 3], kwargs={"x": 1}),
        calling("nothing"),
        calling("builtin", kwargs={"x": 1}),
        calling("by_position", args=[1], kwargs={"second": 2}),
        calling("elsewhere", external=True),
        calling("charge", external=True, kwargs={"wrong": 1}),
    ],
)
def test_a_call_that_the_task_takes_is_saved(definition: dict[str, Any]) -> None:
    parse_definition(definition, tasks=find)


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (calling("elsewhere"), {"task": "or write `external: true`"}),
        (calling("charge", args=[1]), {"kwargs": "shop.charge needs 'currency'"}),
        (calling("charge", kwargs={"currency": 1}), {"kwargs": "shop.charge needs 'order'"}),
        (calling("nothing", args=[1]), {"args[0]": "takes 0 arguments by position at most"}),
        (calling("charge", args=[1, 2, 3], kwargs={"currency": 1}), {"args[2]": "takes 2 arguments"}),
        (calling("charge", args=[1], kwargs={"currency": 1, "x": 1}), {"kwargs.x": "it has order, amount,"}),
        (
            calling("charge", args=[1], kwargs={"order": 1, "currency": 1}),
            {"kwargs.order": "is given 'order' by `args` already"},
        ),
        (
            calling("by_position", kwargs={"first": 1}),
            {"kwargs.first": "no arg", "args": "needs 'first', by"},
        ),
    ],
)
def test_a_call_that_would_fail_is_refused(definition: dict[str, Any], expected: dict[str, str]) -> None:
    found = errors_of(definition, tasks=find)

    assert found.keys() == {f"steps[0].{path}" for path in expected}
    for path, message in expected.items():
        assert message in found[f"steps[0].{path}"]


def test_what_undoes_a_step_and_the_hooks_are_checked_as_well() -> None:
    body = {"kind": "task", "task": "shop.elsewhere"}
    data = {"steps": [setting("a", compensate=body)], "always": [{"id": "b", **body}]}

    assert errors_of(data, tasks=find).keys() == {"steps[0].compensate.task", "always[0].task"}
