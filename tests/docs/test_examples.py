"""Examples in the documentation work."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from executions.tasks import StartCall
from scheduler_project import processes
from scheduler_project.api.openapi import described, operations
from schedules.calendars import calendar_from_list
from schedules.recurrence import next_fire, rule_from_dict
from tests.docs.daylight_pictures import IMAGES, PICTURES, Picture, draw
from tests.docs.pages import blocks, text_of
from workflows.definition import parse_definition
from workflows.duration import parse_duration
from workflows.steps import Step

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORKFLOWS = blocks("docs/workflows.md", "yaml")
EXAMPLES = blocks("docs/schedules.md", "json")
CALENDARS = [example for example in EXAMPLES if '"entries"' in example]
RULES = [example for example in EXAMPLES if example not in CALENDARS]
ROW = re.compile(r"^\| `?([A-Za-z]+)`? \|[^`\n]*`([^`]+)`", re.MULTILINE)


def rules_in(example: str) -> list[dict[str, Any]]:
    content = json.loads(example)
    rules: list[dict[str, Any]] = content["rules"] if isinstance(content, dict) else content
    return rules


@pytest.mark.parametrize("example", WORKFLOWS)
def test_a_workflow_in_the_documentation_can_be_saved(example: str) -> None:
    parse_definition(example)


def test_the_documentation_shows_every_kind_of_step() -> None:
    known = {kind.model_fields["kind"].annotation.__args__[0] for kind in Step.__origin__.__args__}  # type: ignore[attr-defined]

    shown = {step["kind"] for example in WORKFLOWS for step in yaml.safe_load(example)["steps"]}

    assert shown == known


@pytest.mark.parametrize("example", RULES)
def test_every_rule_in_the_documentation_fires(example: str) -> None:
    for data in rules_in(example):
        rule = rule_from_dict(data, hash_key="any", zone="Europe/Berlin", created_at=NOON, ended_at=NOON)

        assert next_fire([rule], zone="Europe/Berlin", after=NOON) is not None


@pytest.mark.parametrize("text", ["1500ms", "10s", "1h30m", "2d", "PT10S", "0s", "5m"])
def test_every_way_to_write_a_duration_is_read(text: str) -> None:
    parse_duration(text)


@pytest.mark.parametrize("page", ["README.md", "docs/calling-from-celery.md"])
def test_the_call_by_celery_is_one_that_the_task_accepts(page: str) -> None:
    (example,) = blocks(page, "python")
    call = re.search(r"call = (\{.*\})$", example, flags=re.MULTILINE)

    assert call
    assert '"executions.start", kwargs=call, queue="horarium-calls"' in example
    StartCall.model_validate(json.loads(call[1]))


def test_every_argument_of_a_call_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", text_of("docs/calling-from-celery.md"), flags=re.MULTILINE)

    assert documented == list(dict.fromkeys(["workflow", "organization", "input", *StartCall.model_fields]))


def test_the_commands_of_processes_are_those_of_the_process_table() -> None:
    table = {name: " ".join(processes.command(name, env={}, python="python")) for name in processes.PROCESSES}
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| `([^`]+)` \|$", text_of("docs/operations.md"), re.MULTILINE)

    assert dict(rows) == table


def test_the_operations_of_the_api_are_those_that_answer() -> None:
    answering = {(method.upper(), path) for path, method, _ in operations(described())}

    assert {row for row in ROW.findall(text_of("docs/api.md")) if row[1].startswith("/api/")} == answering


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_the_pictures_of_daylight_saving_show_what_is_computed(picture: Picture) -> None:
    assert (IMAGES / f"{picture.name}.svg").read_text(encoding="utf-8") == draw(picture)


@pytest.mark.parametrize("example", CALENDARS)
def test_every_calendar_in_the_documentation_can_be_read(example: str) -> None:
    assert calendar_from_list(json.loads(example)["entries"]).entries
