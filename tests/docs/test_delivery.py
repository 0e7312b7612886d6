"""The page on delivery: its examples work, and what it promises is shown by tests."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import horarium
from tests.docs.pages import blocks, text_of
from workflows.definition import parse_definition

PAGE = "docs/delivery.md"
TOLD = {"Not promised", "What is lost, and when"}  # they promise nothing


class Step:
    """What the code of a step is given."""

    execution_id = "e"
    attempt = 2
    idempotency_key = "e:charge"


def tasks() -> dict[str, Callable[..., Any]]:
    """Return the functions of the page's tasks by name, without registering them."""
    (source,) = blocks(PAGE, "python")
    found: dict[str, Callable[..., Any]] = {}

    def shared_task(*, name: str) -> Callable[[Any], Any]:
        return lambda function: found.setdefault(name, function)

    exec(source.replace("from celery import shared_task\n", ""), {"shared_task": shared_task})
    return found


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", text_of(PAGE), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("example", blocks(PAGE, "yaml"))
def test_a_workflow_of_the_page_can_be_saved(example: str) -> None:
    parse_definition(example, tasks=tasks().get)


def test_the_effect_of_the_page_carries_the_key_of_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[httpx.Request] = []

    def bank(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"id": "c-1"})

    monkeypatch.setattr(httpx, "post", httpx.Client(transport=httpx.MockTransport(bank)).post)
    token = horarium.current_step.set(Step())  # type: ignore[arg-type] # as much of it as a task reads
    try:
        assert tasks()["shop.charge"](7, amount=9.95) == {"id": "c-1"}
    finally:
        horarium.current_step.reset(token)

    assert sent[0].headers["Idempotency-Key"] == "e:charge"


@pytest.mark.parametrize("name", sorted(sections().keys() - TOLD))
def test_every_promise_names_a_test(name: str) -> None:
    text = sections()[name]
    rows = re.findall(r"^\| (?!.*---).+\|$", text, flags=re.MULTILINE)

    if "Shown by |" in text:
        assert all("`tests/" in row or "no test of ours" in row for row in rows[1:])
    else:
        assert "Shown by `tests/" in text
