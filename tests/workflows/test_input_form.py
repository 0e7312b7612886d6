"""The fields of a form for an input, from its JSON Schema."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.input_form import LEFT_OUT, InputField, Kind, input_form
from workflows.input_form.form import MAX_FIELDS

TEXT = {"type": "string"}
SCHEMAS = [
    TEXT,
    {"type": "string", "maxLength": 500},
    {"type": "string", "format": "date"},
    {"type": "integer"},
    {"type": ["number", "null"]},
    {"type": "boolean"},
    {"type": "boolean", "default": True},
    {"enum": ["a", 1, None, [2]]},
    {"type": "array", "items": TEXT},
    {"type": "array", "items": {"type": "number"}, "default": []},
    {"type": "object"},
    {},
]
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


def field(schema: Any, *, required: bool = False, **earlier: Any) -> InputField:
    wanted = ["x"] if required else []
    (one,) = input_form({"properties": {"x": schema}, "required": wanted}, given=earlier).fields
    return one


def posted(text: str) -> str:
    """Return what a browser sends of the text of a field with several lines."""
    return text.removeprefix("\n").replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (TEXT, Kind.LINE),
        ({"type": ["string", "null"]}, Kind.LINE),
        ({"type": "string", "maxLength": 200}, Kind.LINE),
        ({"type": "string", "maxLength": 201}, Kind.TEXT),
        ({"type": "string", "default": "a\nb"}, Kind.TEXT),
        ({"type": "string", "format": "date"}, Kind.DATE),
        ({"type": "string", "format": "date", "default": "someday"}, Kind.JSON),
        ({"type": "string", "format": "date-time"}, Kind.LINE),
        ({"type": "integer"}, Kind.INTEGER),
        ({"type": "number"}, Kind.NUMBER),
        ({"type": "boolean"}, Kind.CHOICE),
        ({"type": "boolean", "default": False}, Kind.CHECK),
        ({"type": ["boolean", "null"], "default": False}, Kind.CHOICE),
        ({"enum": ["a", 1]}, Kind.CHOICE),
        ({"type": "string", "const": "a"}, Kind.CHOICE),
        ({"type": "array", "items": TEXT}, Kind.TEXTS),
        ({"type": "array", "items": {"type": "integer"}}, Kind.INTEGERS),
        ({"type": "array", "items": {"type": "number"}}, Kind.NUMBERS),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}}, Kind.JSON),
        ({"type": "array", "items": {"type": "object"}}, Kind.JSON),
        ({"type": "array"}, Kind.JSON),
        ({"type": "object"}, Kind.JSON),
        ({"type": ["string", "integer"]}, Kind.JSON),
        ({"oneOf": [TEXT]}, Kind.JSON),
        ({"$ref": "#/$defs/a"}, Kind.JSON),
        ({}, Kind.JSON),
        (True, Kind.JSON),
    ],
)
def test_a_schema_decides_how_its_value_is_written(schema: Any, kind: Kind) -> None:
    assert field(schema).kind is kind


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        (TEXT, " a ", "a"),
        (TEXT, " ", LEFT_OUT),
        ({"type": "string", "maxLength": 500}, " a\r\nb ", " a\nb "),
        ({"type": "integer"}, " -7 ", -7),
        ({"type": "number"}, "7", 7),
        ({"type": "number"}, "-2.50e1", -25.0),
        ({"type": "boolean"}, "false", False),
        ({"type": "boolean", "default": True}, "", False),
        ({"enum": ["1", 1]}, "1", 1),
        ({"enum": ["1", 1]}, '"1"', "1"),
        ({"type": "array", "items": TEXT}, "a b\r\n\r\n c", ["a b", "c"]),
        ({"type": "array", "items": {"type": "integer"}}, "1\n2", [1, 2]),
        ({"type": "array", "items": TEXT}, "", LEFT_OUT),
        ({}, '{"a": [null]}', {"a": [None]}),
    ],
)
def test_what_is_written_becomes_json(schema: Any, text: str, value: Any) -> None:
    assert field(schema).read(text) == value


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (TEXT, LEFT_OUT),
        ({"type": ["string", "null"]}, None),
        ({"type": "array", "items": TEXT}, []),
        ({"type": "string", "default": "a"}, LEFT_OUT),
        ({"type": ["object", "null"]}, LEFT_OUT),
    ],
)
def test_an_empty_field_of_a_required_property(schema: Any, value: Any) -> None:
    one = field(schema, required=True)

    assert one.read("") == value
    assert one.is_required is ("default" not in schema)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "1.5"),
        ({"type": "integer"}, "1_000"),
        ({"type": "integer"}, "9" * 5000),
        ({"type": "number"}, "1,5"),
        ({"type": "number"}, "1e999"),
        ({"type": "number"}, "nan"),
        ({"type": "array", "items": {"type": "integer"}}, "1\nx"),
        ({"type": "string", "format": "date"}, "2026-02-30"),
        ({}, "NaN"),
        ({}, '{"a": 1, "a": 2}'),
        ({}, "[" * 100_000),
    ],
)
def test_what_means_no_value_is_refused(schema: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"Write a|not JSON|nested too deep"):
        field(schema).read(text)


@given(st.sampled_from(SCHEMAS), PLAIN, st.booleans())
def test_a_field_left_as_it_is_gives_back_what_it_began_with(schema: Any, value: Any, required: bool) -> None:
    one = field(schema, required=required, x=value)

    back = one.read(posted(one.text))

    if back is LEFT_OUT:
        back = schema.get("default")
    assert json.dumps(back) == json.dumps(value)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"description": "Copies", "type": "integer", "minimum": 1, "maximum": 9}, "Copies. At least 1, at most 9."),
        ({"description": "Why?", "type": "object"}, "Why? JSON."),
        ({"type": "array", "items": TEXT, "default": ["a"]}, 'One to a line. Left empty: ["a"].'),
        ({"type": "string", "format": "date-time"}, "A time such as 2026-12-01T09:00:00Z."),
        ({"type": "string", "default": ""}, ""),
    ],
)  # fmt: skip
def test_the_schema_says_what_may_be_written(schema: Any, text: str) -> None:
    assert field(schema).help == text


def test_the_only_choice_of_a_required_property_is_made() -> None:
    assert field({"const": "v1"}, required=True).text == '"v1"'
    assert field({"const": "v1"}).text == ""


def test_what_has_no_field_goes_into_more() -> None:
    schema = {"required": ["a", "b"], "properties": {"a": {}, "never": False, "new\nline": {"default": 3}}}

    form = input_form(schema, given={"c": 1})

    assert [one.name for one in form.fields] == ["a"]
    assert (form.takes_more, form.more) == (True, {"b": None, "new\nline": 3, "c": 1})


@pytest.mark.parametrize("word", ["additionalProperties", "unevaluatedProperties"])
def test_a_closed_schema_takes_no_more_and_says_what_is_lost(word: str) -> None:
    form = input_form({"properties": {"a": {}}, word: False}, given={"a": 1, "old": 2})

    assert (form.takes_more, form.more, form.lost) == (False, {}, ("old",))


def test_too_many_properties_are_one_field_of_json() -> None:
    properties: dict[str, Any] = {f"p{number}": {} for number in range(MAX_FIELDS + 1)}

    form = input_form({"properties": properties, "additionalProperties": False})

    assert (form.fields, form.takes_more) == ((), True)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("input.order.lines[0].sku", "order"),
        ("input.order[2]", "order"),
        ("input.order.id.x", "order.id"),
        ("input.orders", None),
        ("input", None),
        ("queue", None),
    ],
)
def test_a_problem_is_about_the_nearest_field(path: str, name: str | None) -> None:
    form = input_form({"properties": {"order": {}, "order.id": {}}})

    assert form.at(path) == name
