"""JSON is read strictly, and the quick look at a value says what the thorough one says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizations import plain, strict_json
from organizations.plain import NotPlain, check_plain
from organizations.strict_json import NotJSON

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None)),
    st.binary(max_size=1),
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below) | st.tuples(below) | st.dictionaries(st.text() | st.integers(), below),
    max_leaves=12,
)


@given(value=VALUES, max_text=st.integers(0, 20), max_items=st.integers(1, 12))
def test_the_quick_look_takes_nothing_that_the_thorough_one_refuses(
    value: Any, max_text: int, max_items: int
):
    if plain._is_plain(value, max_text=max_text, max_items=max_items):
        texts = [len(part) if isinstance(part, str) else 1 for _, part in plain._walk(value)]

        assert not [part for _, part in plain._walk(value) if plain._fault(part)]
        assert sum(texts) <= max_text
        assert len(texts) <= max_items


def test_values_are_taken_down_to_the_deepest_level():
    strict_json.read(b"[" * 65 + b"]" * 65)

    with pytest.raises(NotPlain, match="nested deeper than 64"):
        strict_json.read(b"[" * 66 + b"]" * 66)


@pytest.mark.parametrize(
    "body", [b"NaN", b"-Infinity", b'{"a":1,"a":2}', b"\xff", b"", b"[1,]", b"[" * 100_000, b"9" * 5000]
)
def test_what_is_no_json_is_refused(body: bytes):
    with pytest.raises(NotJSON):
        strict_json.read(body)


@pytest.mark.parametrize("body", [b'["\\ud800"]', b'["\\u0000"]', b"[1e999]", b"[9223372036854775808]"])
def test_what_cannot_be_stored_is_named(body: bytes):
    with pytest.raises(NotPlain) as caught:
        strict_json.read(body)

    assert caught.value.path == (0,)


def test_what_is_too_large_is_refused():
    with pytest.raises(NotPlain, match="too large"):
        check_plain([0] * 11, max_text=100, max_items=11)
    with pytest.raises(NotPlain, match="too large"):
        check_plain(["x" * 10], max_text=10)

    check_plain([0] * 11, max_text=12, max_items=12)
