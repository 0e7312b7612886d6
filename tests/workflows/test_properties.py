"""What holds of every definition, however its author combines the parts."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.workflows.generated import definitions
from tests.workflows.problems import errors_of, setting
from workflows.definition import OUTPUT, Section, definition_schema, load_definition, parse_definition
from workflows.difference import difference
from workflows.errors import InvalidDefinition
from workflows.reading import MAX_BYTES
from workflows.writing import as_written

SCHEMA = Draft202012Validator(definition_schema())


@given(definitions())
def test_what_is_stored_or_written_is_read_back_unchanged(data: dict[str, Any]) -> None:
    definition = parse_definition(data)

    stored = json.loads(json.dumps(definition.to_data()))

    assert load_definition(stored) == definition
    assert load_definition(stored).to_data() == stored
    assert parse_definition(as_written(definition)) == definition
    assert difference(definition, definition, names=("a", "b")).changes == ()


@given(definitions())
def test_the_schema_accepts_every_definition(data: dict[str, Any]) -> None:
    SCHEMA.validate(data)
    SCHEMA.validate(parse_definition(data).to_data())


@given(definitions())
def test_every_step_has_one_section_and_is_found(data: dict[str, Any]) -> None:
    definition = parse_definition(data)

    ids = [step.id for step in definition.all_steps()]

    assert len(ids) == len(set(ids)) == len(definition.placed_steps)
    assert all(definition.step(step_id).id == step_id for step_id in ids)
    assert (OUTPUT in ids) == (definition.output is not None)
    undone = [step.id for step in definition.steps if step.compensate is not None]
    assert [s for s in ids if definition.section_of(s) is Section.COMPENSATE] == [
        f"{step}.compensate" for step in undone
    ]


@given(st.integers(2, 40), st.randoms(use_true_random=False), st.booleans())
def test_a_graph_is_refused_exactly_where_it_has_a_cycle(
    size: int, chance: random.Random, has_cycle: bool
) -> None:
    order = chance.sample(range(size), size)
    needs = {
        one: set(chance.sample(order[:at], chance.randint(0, min(at, 3)))) for at, one in enumerate(order)
    }
    if has_cycle:
        needs[order[-1]].add(order[0])
        needs[order[0]].add(order[-1])
    data = {"steps": [setting(f"s{one}", needs=[f"s{need}" for need in needs[one]]) for one in range(size)]}

    if not has_cycle:
        parse_definition(data)
        return
    trail = errors_of(data)["steps"].partition(": ")[2].split(" → ")
    assert trail[0] == trail[-1]
    assert all(int(b[1:]) in needs[int(a[1:])] for a, b in pairwise(trail))


HOSTILE: dict[str, dict[str, Any]] = {
    "long keys": {"k" * 10_000: 1, "steps": [setting("a", **{"x" * 10_000: 1})]},
    "long keys above many faults": {
        "steps": [setting("a", values={"k" * 10_000: [f"${{{{ no{n} }}}}" for n in range(1_000)]})]
    },
    "nesting": {"steps": [setting("a", for_each=json.loads("[" * 80 + "]" * 80))]},
    "faults without number": {
        "steps": [setting(f"s{n}", needs=[f"n{m}" for m in range(100)]) for n in range(100)]
    },
    "unknown kinds": {"steps": [{"kind": "x" * 100, "id": 5}] * 100},
    "long names": {"steps": [setting("a", needs=["n" * 10_000] * 20)]},
    "a cycle through all": {
        "always": [setting(f"t{n}", needs=[f"t{m}" for m in range(100) if m != n]) for n in range(100)],
        "steps": [setting("a")],
    },
    "forms": {
        "steps": [
            {
                "id": f"s{n}",
                "kind": "approval",
                "message": "?",
                "form": {"properties": {f"p{m}": {"pattern": "(?=a)"} for m in range(20)}},
            }
            for n in range(100)
        ]
    },
    "unknown inputs": {
        "inputs": {"properties": {f"p{n}" * 20: {} for n in range(500)}, "additionalProperties": False},
        "steps": [setting("a", values={"x": [f"${{{{ input.q{n} }}}}" for n in range(500)]})],
    },
}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_definition_is_refused_in_few_words(name: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(HOSTILE[name])

    assert len(caught.value.errors) <= 100
    assert len(str(caught.value)) <= MAX_BYTES


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "data",
    [
        {
            "steps": [
                setting(f"s{n}", values={f"k{m}": f"${{{{ input.a{m} + {n} }}}}" for m in range(80)})
                for n in range(100)
            ]
        },
        {"steps": [setting("a", values={"x": "".join(f"${{{{{n}}}}}" for n in range(20_000))})]},
        {
            "steps": [
                setting(
                    f"s{n}",
                    for_each="${{ input.a }}",
                    needs=[f"s{m}" for m in range(n)],
                    compensate={"kind": "set", "values": {"a": "${{ steps.s0.output }}"}},
                )
                for n in range(100)
            ]
        },
    ],
)
def test_a_large_definition_is_checked_in_bounded_time(data: dict[str, Any]) -> None:
    assert parse_definition(data).steps
