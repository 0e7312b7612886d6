"""Patterns of types, and values within events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.patterns import MISSING, at_path, digest, equal, is_pattern, matches, patterns_of

NAMES = st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=3)
TYPES = st.lists(NAMES, min_size=1, max_size=4).map(".".join)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_a_type_is_of_its_prefixes():
    assert patterns_of("order.created.eu") == ["order.created.eu", "order.*", "order.created.*", "*"]


@pytest.mark.parametrize(
    ("pattern", "type_", "expected"),
    [
        ("order.created", "order.created", True),
        ("order.created", "order.created.eu", False),
        ("order.*", "order.created", True),
        ("order.*", "order.created.eu", True),
        ("order.*", "order", False),
        ("order.*", "orders.created", False),
        ("*", "anything", True),
        ("*", "workflow.failed", False),
        ("workflow.*", "workflow.failed", True),
    ],
)
def test_a_pattern_matches_whole_parts(pattern: str, type_: str, expected: bool):
    assert matches(pattern, type_) is expected


@given(TYPES, TYPES)
def test_looking_up_by_patterns_finds_what_matches(type_: str, other: str):
    for pattern in {other, f"{other}.*", "*", *patterns_of(other)}:
        assert (pattern in patterns_of(type_)) == matches(pattern, type_)


@pytest.mark.parametrize("text", ["order.created", "order.*", "*", "com.example/x-1", "a"])
def test_types_and_prefixes_are_patterns(text: str):
    assert is_pattern(text)


@pytest.mark.parametrize(
    "text", ["", " ", "order. created", "*.created", "order.*.eu", "order*", "**", "a\x00b"]
)
def test_other_stars_and_spaces_are_no_patterns(text: str):
    assert not is_pattern(text)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data.lines.0.sku", "a"),
        ("data.lines.1", MISSING),
        ("data.none", None),
        ("data.none.x", MISSING),
        ("x", MISSING),
    ],
)
def test_a_path_leads_through_maps_and_lists(path: str, expected: object):
    assert at_path({"data": {"lines": [{"sku": "a"}], "none": None}}, path) is expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        ({"a": [1]}, {"a": [1.0]}, True),
        (None, 0, False),
    ],
)
def test_values_are_equal_as_json(left: object, right: object, expected: bool):
    assert equal(left, right) is expected


@given(JSON, JSON)
def test_equal_values_have_one_digest_within_what_the_database_holds(left: object, right: object):
    assert 0 <= digest(left) < 2**63
    if equal(left, right):
        assert digest(left) == digest(right)
