"""Examples in the documentation work."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from scheduler_project import processes
from scheduler_project.api.errors import ANSWERS
from scheduler_project.api.openapi import described, operations
from schedules.calendars import calendar_from_list
from schedules.recurrence import next_fire, rule_from_dict
from tests.docs.daylight_pictures import IMAGES, PICTURES, Picture, draw
from tests.docs.pages import blocks, quoted, text_of
from workflows.definition import CircuitBreaker, Definition, EventWait, Limit, Retry, parse_definition
from workflows.duration import parse_duration
from workflows.steps import KINDS, Step

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORKFLOWS = blocks("docs/workflows.md", "yaml")
EXAMPLES = blocks("docs/schedules.md", "json")
CALENDARS = [example for example in EXAMPLES if '"entries"' in example]
RULES = [example for example in EXAMPLES if example not in CALENDARS]
MODELS: list[type[BaseModel]] = [
    Definition, Limit, EventWait, Retry, CircuitBreaker, *get_args(get_args(Step)[0]),
]  # fmt: skip
ROW = re.compile(r"^\| `?([A-Za-z]+)`? \|[^`\n]*`([^`]+)`", re.MULTILINE)


def keys_in(value: Any) -> Iterator[str]:
    """Yield every key at any depth."""
    if isinstance(value, dict):
        yield from value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys_in(child)


def rules_in(example: str) -> list[dict[str, Any]]:
    content = json.loads(example)
    rules: list[dict[str, Any]] = content["rules"] if isinstance(content, dict) else content
    return rules


@pytest.mark.parametrize("example", WORKFLOWS)
def test_a_workflow_in_the_documentation_can_be_saved(example: str) -> None:
    parse_definition(example, tasks=documented_tasks().get)


def documented_tasks() -> dict[str, Callable[..., Any]]:
    """Return the functions of the page's Celery tasks by name, without registering them."""
    (source,) = (block for block in blocks("docs/workflows.md", "python") if "shared_task" in block)
    found: dict[str, Callable[..., Any]] = {}

    def shared_task(*, name: str) -> Callable[[Any], Any]:
        return lambda function: found.setdefault(name, function)

    exec(source.replace("from celery import shared_task\n", ""), {"shared_task": shared_task})
    return found


def test_the_documentation_shows_every_kind_of_step() -> None:
    shown = {step["kind"] for example in WORKFLOWS for step in yaml.safe_load(example)["steps"]}

    assert shown == set(KINDS)


@pytest.mark.parametrize("model", MODELS)
def test_every_field_of_a_definition_is_named_in_the_documentation(model: type[BaseModel]) -> None:
    properties = model.model_json_schema(by_alias=True)["properties"]

    named = {word for text in quoted("docs/workflows.md") for word in re.findall(r"\w+", text)}

    assert not properties.keys() - named


def test_every_field_of_a_definition_stands_in_an_example() -> None:
    fields = {name for model in MODELS for name in model.model_json_schema(by_alias=True)["properties"]}

    shown = {key for example in WORKFLOWS for key in keys_in(yaml.safe_load(example))}

    assert not fields - shown


@pytest.mark.parametrize("example", RULES)
def test_every_rule_in_the_documentation_fires(example: str) -> None:
    for data in rules_in(example):
        rule = rule_from_dict(data, hash_key="any", zone="Europe/Berlin", created_at=NOON, ended_at=NOON)

        assert next_fire([rule], zone="Europe/Berlin", after=NOON) is not None


@pytest.mark.parametrize("text", ["1500ms", "10s", "1h30m", "2d", "PT10S", "0s", "5m"])
def test_every_way_to_write_a_duration_is_read(text: str) -> None:
    parse_duration(text)


def test_the_commands_of_processes_are_those_of_the_process_table() -> None:
    table = {name: " ".join(processes.command(name, env={}, python="python")) for name in processes.PROCESSES}
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| `([^`]+)` \|$", text_of("docs/operations.md"), re.MULTILINE)

    assert dict(rows) == table


def test_the_operations_of_the_api_are_those_that_answer() -> None:
    answering = {(method.upper(), path) for path, method, _ in operations(described())}

    assert {row for row in ROW.findall(text_of("docs/api.md")) if row[1].startswith("/api/")} == answering


def test_every_error_of_the_api_is_documented_with_its_status() -> None:
    table = text_of("docs/api.md").partition("\n## Errors\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\d, ]+) \| ([^|]+) \|", table, re.MULTILINE)
    told = {
        (int(status), code)
        for statuses, codes in rows
        for status in statuses.split(", ")
        for code in re.findall(r"`(\w+)`", codes)
    }

    assert not {(answer.status, answer.code) for answer in ANSWERS.values()} - told


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_the_pictures_of_daylight_saving_show_what_is_computed(picture: Picture) -> None:
    assert (IMAGES / f"{picture.name}.svg").read_text(encoding="utf-8") == draw(picture)


@pytest.mark.parametrize("example", CALENDARS)
def test_every_calendar_in_the_documentation_can_be_read(example: str) -> None:
    assert calendar_from_list(json.loads(example)["entries"]).entries
