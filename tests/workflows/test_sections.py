"""Where steps stand in a definition, and what its steps are called."""

import json
from pathlib import Path

import pytest

from tests.workflows.problems import errors_of, setting
from workflows.definition import OUTPUT, Section, SetStep, TaskStep, load_definition, parse_definition

STORED = json.loads((Path(__file__).parent / "stored.json").read_text())
EXAMPLE = {
    "steps": [
        setting("reserve", compensate={"kind": "task", "task": "shop.release", "args": ["${{ input.id }}"]}),
        setting("charge", needs=["reserve"]),
    ],
    "on_failure": [setting("warn")],
    "always": [setting("tidy"), setting("note", needs=["tidy"])],
    "output": {"charged": "${{ steps.charge.output }}"},
    "timeout": "1h",
}


@pytest.mark.parametrize(
    ("step_id", "section"),
    [
        ("reserve", Section.MAIN),
        ("reserve.compensate", Section.COMPENSATE),
        ("warn", Section.ON_FAILURE),
        ("note", Section.ALWAYS),
        (OUTPUT, Section.OUTPUT),
    ],
)
def test_every_step_is_found_with_its_section(step_id: str, section: Section) -> None:
    definition = parse_definition(EXAMPLE)

    assert definition.step(step_id).id == step_id
    assert definition.section_of(step_id) is section


@pytest.mark.parametrize("step_id", ["nowhere", "charge.compensate", "compensate", ""])
def test_a_step_that_is_not_there_is_a_key_error(step_id: str) -> None:
    with pytest.raises(KeyError):
        parse_definition(EXAMPLE).step(step_id)


def test_all_steps_are_listed_once() -> None:
    ids = [step.id for step in parse_definition(EXAMPLE).all_steps()]

    assert ids == ["reserve", "charge", OUTPUT, "reserve.compensate", "warn", "tidy", "note"]


def test_what_undoes_a_step_is_an_ordinary_step_with_the_settings_of_its_own() -> None:
    undoing = parse_definition(EXAMPLE).step("reserve.compensate")

    assert isinstance(undoing, TaskStep)
    assert undoing.render({"input": {"id": 7}}) == {"args": [7], "kwargs": {}}
    assert (undoing.needs, undoing.guard, undoing.for_each) == ([], None, None)
    assert undoing.retry.max_attempts == 1


def test_it_is_built_once() -> None:
    definition = parse_definition(EXAMPLE)

    assert definition.step("reserve.compensate") is definition.step("reserve.compensate")


def test_the_output_is_computed_by_a_step_that_sets_any_json() -> None:
    step = parse_definition({"steps": [setting("a")], "output": ["${{ input.n }}", 2]}).step(OUTPUT)

    assert isinstance(step, SetStep)
    assert step.render({"input": {"n": 1}})["values"] == [1, 2]


def test_a_definition_stored_before_there_were_sections_keeps_its_meaning() -> None:
    loaded = load_definition(STORED)

    assert [step.id for step in loaded.all_steps()] == [step["id"] for step in STORED["steps"]]
    for step, stored in zip(loaded.to_data()["steps"], STORED["steps"], strict=True):
        assert {name: step[name] for name in stored} == stored
    assert loaded.step("fetch").render({"input": {"city": "Oslo", "rows": [{"n": 3}]}})["body"] == {"n": [3]}


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"always": [setting("reserve")]}, "always[0].id", "'reserve' is the id of 2 steps"),
        ({"always": [setting("a", needs=["charge"])]}, "always[0].needs[0]", "a step of another section"),
        ({"on_failure": [setting("a", needs=["b"])]}, "on_failure[0].needs[0]", "there is no step 'b'"),
        (
            {"always": [setting("a", needs=["b"]), setting("b", needs=["a"])]},
            "always",
            "wait for each other: a → b → a",
        ),
        ({"always": [setting("a", colour=1)]}, "always[0].colour", "there is no such field here"),
        ({"always": [{"id": "a"}]}, "always[0].kind", "is required: task, "),
        ({"always": [setting("a", compensate=setting("b"))]}, "always[0].compensate.id", "no such field"),
        (
            {"always": [setting("a", compensate={"kind": "set", "values": {}})]},
            "always[0].compensate",
            "only steps of `steps` are undone",
        ),
        ({"timeout": 0}, "timeout", "must lie between 1s and 3660d"),
    ],
)
def test_what_is_wrong_with_a_section_is_named_where_it_stands(change: dict, path: str, message: str) -> None:
    assert message in errors_of({**EXAMPLE, "output": None, **change})[path]
