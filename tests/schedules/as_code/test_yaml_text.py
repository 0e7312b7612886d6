"""YAML is read as its author meant it, and hostile YAML is refused at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.as_code import yaml_text
from schedules.as_code.errors import InvalidFile
from workflows import writing

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts, values, max_size=4))
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    assert yaml_text.read(writing.write(data)) == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("10:30", "10:30"),
        ("2026-11-20", "2026-11-20"),
        ("0x10", 16),
        ("007", 7),
        ("1.5e3", 1500.0),
        ("~", None),
        ("'1'", "1"),
        ("True", True),
        ("", None),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    assert yaml_text.read(f"a: {text}") == {"a": value}


def test_an_alias_repeats_its_value() -> None:
    assert yaml_text.read("a: &x [1, {b: 2}]\nc: *x") == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}


def _bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (_bomb(), "", "once its aliases are written out"),
        ("a: &a {b: *a}", "a.b", "no value above has the anchor &a"),
        ("a: *b", "a", "no value above"),
        ("[" * 100_000, "[0]" * 12, "nested deeper than 64 levels"),
        ("a: {b: 1, c: 2, b: 3}", "a", "line 1, column 17: the key 'b' stands there twice"),
        ("a: 1\na: 2", "", "the key 'a' stands there twice"),
        ("a: !!python/object/apply:os.system [ls]", "a", "tags such as"),
        ("a: !secret x", "a", "tags such as !secret"),
        ("a: !!binary aGk=", "a", "tags such as"),
        ("a: {<<: {b: 1}}", "a", "merge keys"),
        ("1: a", "", "put 1 in quotes"),
        ("[a]: b", "", "a key is text"),
        ("{a: b}: c", "", "a key is text"),
        ("a: 1\n---\nb: 2", "", "a second document"),
        ("a: .nan", "a", "no number that JSON has"),
        ("a: 1e999", "a", "no number that JSON has"),
        (f"a: {'9' * 5_000}", "a", "beyond 64 bits"),
        ('a: "\\0"', "a", "U+0000"),
        ("a: [1", "", "line 2, column 1: "),
        ("a: \x01", "", "not YAML"),
        ("# " + "x" * 1_000_000, "", "larger than 1,000,000 bytes"),
        ("# " + "ü" * 500_000, "", "larger than 1,000,000 bytes"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, path: str, words: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        yaml_text.read(text)

    (problem,) = refusal.value.errors
    assert problem["path"] == path
    assert words in problem["message"]
