"""How two versions differ, by meaning and as text."""

from typing import Any

from tests.workflows.problems import setting
from workflows.definition import parse_definition
from workflows.difference import MAX_LINES, Change, Difference, difference

B = {"id": "b", "kind": "http", "url": "https://x", "needs": ["a"]}
BEFORE: dict[str, Any] = {
    "inputs": {"properties": {"n": {"type": "integer"}}},
    "steps": [setting("a"), B],
}


def changed(**change: Any) -> Difference:
    return difference(
        parse_definition(BEFORE), parse_definition({**BEFORE, **change}), names=("version 1", "version 2")
    )


def test_equal_definitions_do_not_differ() -> None:
    assert changed() == Difference((), "")


def test_a_changed_field_is_named_by_its_step_with_the_default_it_had() -> None:
    found = changed(steps=[setting("new"), setting("a"), {**B, "timeout": "20s"}])

    assert found.changes[0] == Change("steps[b].timeout", "5m", "20s")
    assert (found.changes[1].path, found.changes[1].before) == ("steps[new]", None)


def test_a_step_that_is_gone_and_an_input_that_is_new_are_named() -> None:
    found = changed(steps=[setting("a")], inputs={"properties": {}})

    assert [change.path for change in found.changes] == ["inputs.properties.n", "steps[b]"]
    assert found.changes[0] == Change("inputs.properties.n", {"type": "integer"}, None)


def test_a_list_is_shown_whole() -> None:
    assert changed(steps=[setting("a"), {**B, "needs": []}]).changes == (Change("steps[b].needs", ["a"], []),)


def test_the_text_is_a_unified_diff_of_what_authors_write() -> None:
    text = changed(always=[setting("tidy")]).text

    assert text.startswith("--- version 1\n+++ version 2\n")
    assert "+always:\n+  - id: tidy\n+    kind: set\n+    values: {}\n" in text
    assert "retry" not in text


def test_texts_that_are_too_long_to_compare_are_left_out() -> None:
    found = changed(steps=[setting("a", values={f"k{n}": n for n in range(MAX_LINES)})])

    assert found.text == ""
    assert found.changes
