"""Inputs: defaults, the schema, and what no input may hold."""

import pytest

from workflows.definition import check_input, load_definition, parse_definition
from workflows.errors import InvalidDefinition, InvalidInput

STEPS = [{"id": "a", "kind": "set", "values": {}}]
SCHEMA = {
    "type": "object",
    "properties": {
        "url": {"type": "string", "pattern": "^https://"},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
    },
    "required": ["url"],
    "additionalProperties": False,
}


def definition(schema):
    return parse_definition({"inputs": schema, "steps": STEPS})


def errors_of(schema, value):
    with pytest.raises(InvalidInput) as caught:
        check_input(definition(schema), value)
    return {error["path"]: error["message"] for error in caught.value.errors}


def test_defaults_fill_what_is_missing_and_are_not_shared():
    checked = check_input(definition(SCHEMA), {"url": "https://x"})
    checked["tags"].append("mine")

    assert check_input(definition(SCHEMA), {"url": "https://x"}) == {"url": "https://x", "tags": []}


def test_every_problem_is_named_with_its_path():
    assert errors_of(SCHEMA, {"tags": ["a", 1]}) == {
        "input.url": "is required",
        "input.tags[1]": "1 is not of type 'string'",
    }
    assert "does not match" in errors_of(SCHEMA, {"url": "ftp://x"})["input.url"]
    assert "'extra' was unexpected" in errors_of(SCHEMA, {"url": "https://x", "extra": 1})["input"]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"x": float("nan")}, "input.x"),
        ({"x": ["\ud800"]}, "input.x[0]"),
        ({"x": "\0"}, "input.x"),
        ({"x": 2**64}, "input.x"),
        ({"x": {1, 2}}, "input.x"),
        ({"x": {1: 2}}, "input.x"),
        ({"x": "é" * 600_000}, "input"),
        ({"x": [0] * 200_000}, "input"),
    ],
)
def test_what_cannot_be_stored_unchanged_is_refused_whatever_the_schema_says(value, path):
    assert path in errors_of({}, value)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "strin"}, "inputs.type"),
        ({"type": "array"}, "inputs.type"),
        ({"properties": {"a": {"$ref": "https://example.com/schema"}}}, "inputs.properties.a.$ref"),
        ({"properties": {"a": {"pattern": "(?=x)"}}}, "inputs.properties.a.pattern"),
        (
            {"properties": {"default": {"patternProperties": {"a": {}}}}},
            "inputs.properties.default.patternProperties",
        ),
        ({"allOf": [{"$ref": "#/$defs/a"}] * 21}, "inputs"),
    ],
)
def test_a_schema_that_is_invalid_remote_or_unbounded_is_refused(schema, path):
    with pytest.raises(InvalidDefinition) as caught:
        definition(schema)

    assert path in [error["path"] for error in caught.value.errors]


@pytest.mark.parametrize("ref", ["#", "#/$defs/missing"])
def test_a_stored_reference_that_leads_nowhere_is_an_error_and_not_a_crash(ref):
    stored = load_definition({"inputs": {"$ref": ref}, "steps": STEPS})

    with pytest.raises(InvalidInput, match="the schema refers to"):
        check_input(stored, {})


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("#/$defs/missing", "leads to no schema"),
        ("#missing", "leads to no schema"),
        ("#/allOf/first", "leads to no schema"),
        ("#/required", "leads to no schema"),
        ("#/unknown", "leads to no schema"),
        ("#", "leads back to itself"),
        ("#/$defs/round", "leads back to itself"),
    ],
)
def test_a_reference_that_leads_nowhere_or_only_to_itself_is_not_saved(keyword, target, message):
    schema = {
        "$defs": {"round": {"anyOf": [{"type": "string"}, {"$ref": "#"}]}},
        "required": ["a"],
        "unknown": {"allOf": 3},
    }

    with pytest.raises(InvalidDefinition, match=message):
        definition({**schema, "allOf": [{keyword: target}]})


def test_a_schema_may_refer_to_itself_for_what_it_contains():
    tree = {"properties": {"branches": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
    schema = {"$defs": {"tree": tree}, "properties": {"root": {"$ref": "#/$defs/tree"}, "own": {"$ref": "#"}}}

    assert "input.root.branches[0].branches" in errors_of(
        schema, {"root": {"branches": [{"branches": 1}]}, "own": {}}
    )


@pytest.mark.timeout(5)
def test_a_pattern_made_to_backtrack_does_not():
    schema = {"properties": {"x": {"pattern": "^(a+)+$"}}}

    assert "input.x" in errors_of(schema, {"x": "a" * 5_000 + "!"})
