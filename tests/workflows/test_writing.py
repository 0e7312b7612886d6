"""A definition shown as YAML is read back as it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.reading import read
from workflows.writing import write

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(data=st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_is_written_is_read_back(data: dict[str, Any]) -> None:
    assert read(write(data)) == data


@pytest.mark.parametrize(
    "text",
    ["no", "on", "0o17", "1e5", "10:30", "2026-01-01", "null", "~", "", ".5", "+1", "=", "<<", "a: b", "#"],
)
def test_a_text_that_looks_like_something_else_stays_a_text(text: str) -> None:
    assert read(write({"value": text, text: 1})) == {"value": text, text: 1}


def test_text_of_several_lines_is_written_as_lines() -> None:
    assert write({"run": "first\nsecond\n"}) == "run: |\n  first\n  second\n"
