"""From text to data: the traps of YAML and JSON, each once."""

from typing import Any

import pytest

from workflows.definition import parse_definition
from workflows.errors import InvalidDefinition
from workflows.reading import read

BOMB = "\n".join(["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)])
MERGE_BOMB = "\n".join(
    ["a0: &a0 {x: 1}"] + [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 12)]
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2", "the key 'a' stands there twice"),
        ('{"a": 1, "a": 2}', "the key 'a' stands there twice"),
        ("x: [{a: 1, b: 2, a: 3}]", "line 1, column 5: the key 'a' stands there twice"),
        ('{"a": NaN}', "NaN is not JSON"),
        ("steps: [.nan]", "NaN and infinity"),
        ("steps: [1e999]", "NaN and infinity"),
        ('{"steps": "\\ud800"}', "surrogate"),
        ('{"steps": "\\u0000"}', "U+0000"),
        ("x: \0", "not YAML"),
        ("[" * 100_000, "nested deeper"),
        ("- " * 50_000, "nested deeper"),
        ('{"steps": ' + "[" * 100_000, "nested deeper"),
        ("steps: &a [*a]", "nested deeper"),
        (BOMB, "too large"),
        (MERGE_BOMB, "too large"),
        ("x" * 300_000, "larger than 256 kB"),
        ("steps: " + "9" * 5_000, "beyond 64 bits"),
        ("steps: 99999999999999999999", "beyond 64 bits"),
        ("steps: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("steps: !!timestamp 2026-11-20", "a date is not a JSON value"),
        ("1: 2", "the key 1 is not text"),
        ("- steps", "a definition is a mapping"),
        ("", "a definition is a mapping"),
        ("{", "line 2, column 1"),
    ],
)
def test_a_trap_is_refused_with_a_reason(text, reason):
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(text)

    assert reason in str(caught.value)


def test_scalars_mean_what_yaml_1_2_says():
    text = "[no, on, 10:30, 2026-11-20, 010, 0x1F, 1_000, ~, true, 1.5, 1e3, '1', 5m, 0b1]"

    values = read(f"x: {text}")["x"]

    assert values == [
        "no",
        "on",
        "10:30",
        "2026-11-20",
        10,
        31,
        "1_000",
        None,
        True,
        1.5,
        1000.0,
        "1",
        "5m",
        "0b1",
    ]


def test_an_anchor_may_be_used_again():
    assert read("a: &retry {x: 1}\nb: *retry") == {"a": {"x": 1}, "b": {"x": 1}}


def test_a_mapping_is_held_to_the_same_limits():
    bad: list[Any] = [
        {"steps": {1, 2}},
        {"steps": ["x" * 300_000]},
        {"steps": float("nan")},
        {"steps": "\ud800"},
        {1: 2},
        [],
    ]
    for data in bad:
        with pytest.raises(InvalidDefinition):
            parse_definition(data)
