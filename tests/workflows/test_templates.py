"""Templates: typed where the text is one expression, text elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.errors import ExpressionError
from workflows.templates import OPENING, compile_template

VARIABLES = {"input": {"n": 3, "name": "Ada", "none": None, "list": [1, "b"], "yes": True}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text().filter(lambda text: OPENING not in text),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


@pytest.mark.parametrize(
    ("value", "rendered"),
    [
        ("${{ input.n }}", 3),
        ("${{input.list}}", [1, "b"]),
        ("n is ${{ input.n }}", "n is 3"),
        ("${{ input.name }}${{ input.n }}", "Ada3"),
        ("<${{ input.none }}> ${{ input.yes }} ${{ input.list }}", '<> true [1,"b"]'),
        ({"a": ["${{ input.n }}", {"b": "${{ input.yes }}"}]}, {"a": [3, {"b": True}]}),
        ('${{ {"a": {"b": 1}} }}', {"a": {"b": 1}}),
        ('${{ "}}" + "${{" }}', "}}${{"),
        ("${{ {'b': 1, 'a': 2, 'c': 3} }}!", '{"a":2,"b":1,"c":3}!'),
        ("$ { {{ }} $$ ${", "$ { {{ }} $$ ${"),
        (7, 7),
    ],
)
def test_a_whole_expression_keeps_its_type_and_others_become_text(value, rendered):
    assert compile_template(value).render(VARIABLES) == rendered


@given(JSON)
def test_a_value_without_holes_renders_to_itself(value):
    assert compile_template(value).render({}) == value


def test_rendering_gives_new_lists_that_the_caller_may_change():
    template = compile_template({"a": [1]})

    template.render({})["a"].append(2)

    assert template.render({}) == {"a": [1]}


def test_references_are_those_of_all_its_expressions():
    template = compile_template(["${{ input.a }}", "${{ steps.b.output }} ${{ input.a }}"])

    assert template.references == {("input", "a"), ("steps", "b")}


@pytest.mark.parametrize("value", ["${{ input.n", "${{ '}}' ", "${{ { }}", "${{ }}", "a ${{ 1 + }} b"])
def test_a_hole_that_is_not_closed_or_not_an_expression_is_refused(value):
    with pytest.raises(ExpressionError):
        compile_template(value)
