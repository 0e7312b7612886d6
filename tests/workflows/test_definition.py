"""Definitions: shape, meaning, and messages a person can act on."""

import json

import pytest
from jsonschema import Draft202012Validator

from workflows.definition import definition_schema, load_definition, parse_definition
from workflows.errors import InvalidDefinition

EXAMPLE = """
inputs: {type: object, properties: {city: {type: string}}, required: [city]}
steps:
  - id: fetch
    kind: http
    url: https://example.com/${{ input.city }}
    retry: {max_attempts: 3, initial: 500ms, retry_on: [503, 5xx, TimeoutError]}
  - {id: warm, kind: set, needs: [fetch], if: steps.fetch.output.body.t > 20, values: {t: "${{ steps.fetch.output }}"}}
  - {id: pause, kind: wait, needs: [warm], duration: PT1H}
  - {id: tell, kind: task, task: app.tell, needs: [pause], args: ["${{ steps.fetch.output.body.t }}"], timeout: 90}
"""


def errors_of(data):
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(data)
    return {error["path"]: error["message"] for error in caught.value.errors}


def steps(*given):
    return {"steps": [{"kind": "set", "values": {}, **step} for step in given]}


def test_yaml_json_and_a_mapping_mean_the_same():
    definition = parse_definition(EXAMPLE)

    assert parse_definition(json.dumps(definition.to_data())) == definition
    assert parse_definition(definition.to_data()) == definition


def test_a_stored_definition_loads_as_it_was_and_writes_every_default_out():
    definition = parse_definition(EXAMPLE)

    assert load_definition(definition.to_data()) == definition
    assert definition.to_data()["steps"][3]["timeout"] == "1m30s"
    assert definition.to_data()["steps"][0]["retry"]["retry_on"] == ["503", "5xx", "TimeoutError"]
    assert definition.to_data()["steps"][1]["retry"]["cap"] == "5m"


def test_the_schema_accepts_what_is_written_and_is_itself_valid():
    schema = definition_schema()

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(parse_definition(EXAMPLE).to_data())


def test_a_step_renders_its_fields_by_attribute_name():
    fetch = parse_definition(EXAMPLE).step("fetch")

    assert fetch.render({"input": {"city": "Oslo"}})["url"] == "https://example.com/Oslo"
    assert fetch.guard is None


def test_every_problem_of_shape_is_named_with_its_path():
    http = {"id": "a", "kind": "http", "url": "ftp://x"}
    problems = errors_of(
        {"steps": [{**http, "retry": {"initial": "5x"}, "colour": 1}, {"id": "B"}, {"id": "c", "kind": "st"}]}
    )

    assert problems["steps[0].colour"] == "there is no such field here"
    assert "write it like" in problems["steps[0].retry.initial"]
    assert problems["steps[1].kind"] == (
        "is required: task, remote_task, http, workflow, wait, approval, set"
    )
    assert problems["steps[2].kind"].startswith("there is no such kind of step")


@pytest.mark.parametrize(
    ("step", "path"),
    [
        ({"kind": "wait"}, "steps[0]"),
        ({"kind": "wait", "duration": 1, "until": "2026-11-20T09:00:00Z"}, "steps[0]"),
        ({"kind": "wait", "until": "2026-11-20T09:00:00"}, "steps[0]"),
        ({"kind": "http", "url": "x"}, "steps[0]"),
        ({"kind": "http", "url": "https://x", "json": 1, "body": 2}, "steps[0]"),
        ({"kind": "http", "url": "https://x", "expect": [99]}, "steps[0].expect[0]"),
        ({"kind": "set", "values": {}, "timeout": "0.5s"}, "steps[0].timeout"),
        ({"kind": "set", "values": {}, "timeout": "25h"}, "steps[0].timeout"),
        ({"kind": "set", "values": {}, "retry": {"max_attempts": 101}}, "steps[0].retry.max_attempts"),
        ({"kind": "set", "values": {}, "retry": {"never_on": [99]}}, "steps[0].retry.never_on[0]"),
        ({"kind": "set", "values": {}, "id": "a-b"}, "steps[0].id"),
        ({"kind": "set", "values": {}, "queue": "a b"}, "steps[0].queue"),
        ({"kind": "task", "task": "a b"}, "steps[0].task"),
    ],
)
def test_a_field_out_of_its_bounds_is_refused(step, path):
    assert path in errors_of({"steps": [{"id": "a", **step}]})


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        (steps({"id": "a"}, {"id": "a"}), "steps[0].id", "'a' is the id of 2 steps"),
        (steps({"id": "a", "needs": ["b"]}), "steps[0].needs[0]", "there is no step 'b'"),
        (steps({"id": "a", "needs": ["a"]}), "steps[0].needs[0]", "a step cannot need itself"),
        (steps({"id": "a"}, {"id": "b", "needs": ["a", "a"]}), "steps[1].needs[0]", "'a' stands there twice"),
        (
            steps({"id": "z", "needs": ["c"]}, *({"id": i, "needs": [n]} for i, n in ("ab", "bc", "ca"))),
            "steps",
            "these steps wait for each other: a → b → c → a",
        ),
    ],
)
def test_a_graph_that_cannot_run_is_refused(data, path, message):
    assert errors_of(data)[path] == message


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({"if": "steps.other.output"}, "if", "add 'other' to needs"),
        ({"values": {"x": ["${{ steps.other.output }}"]}}, "values.x[0]", "add 'other' to needs"),
        ({"values": {"x": "${{ steps.nowhere.output }}"}}, "values.x", "there is no step 'nowhere'"),
        ({"values": {"x": "${{ size(steps) }}"}}, "values.x", "name the step"),
        ({"values": {"x": "${{ inptu.y }}"}}, "values.x", "unknown variable 'inptu'"),
        ({"values": {"x": "${{ input.y"}}, "values.x", "never closed"),
        ({"if": "${{ true }}"}, "if", "without ${{ }}"),
        ({"if": "1 +"}, "if", "not a CEL expression"),
    ],
)
def test_an_expression_that_cannot_work_is_refused_where_it_stands(step, path, message):
    assert message in errors_of(steps({"id": "other"}, {"id": "a", **step}))[f"steps[1].{path}"]


def test_a_step_may_read_what_it_needs_by_way_of_others():
    chain = steps(
        {"id": "a"}, {"id": "b", "needs": ["a"]}, {"id": "c", "needs": ["b"], "if": "steps.a.output.x"}
    )

    assert parse_definition(chain).step("c").guard is not None


def test_a_problem_in_the_body_of_a_request_is_named_as_it_was_written():
    step = {"id": "a", "kind": "http", "url": "https://x", "json": {"y": "${{ no.x }}"}}

    assert "steps[0].json.y" in errors_of({"steps": [step]})


def test_str_lists_every_problem_on_its_own_line():
    with pytest.raises(
        InvalidDefinition, match=r"^steps\[0\]\.id: .*\nsteps\[0\]\.x: there is no such field here$"
    ):
        parse_definition({"steps": [{"id": "A", "kind": "set", "values": {}, "x": 1}]})


@pytest.mark.parametrize("count", [0, 101])
def test_a_definition_has_1_to_100_steps(count):
    assert "steps" in errors_of(steps(*({"id": f"s{index}"} for index in range(count))))
