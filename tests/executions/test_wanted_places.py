"""Which places an execution wants, and what tells their groups apart."""

from itertools import combinations
from typing import Any
from uuid import UUID

import pytest

from executions.admitting.limits.wanted import WantedPlace, is_of_limit, wanted_places
from workflows.errors import InvalidInput
from workflows.limits import Limit

WORKFLOW, OTHER = (UUID(f"01a1f9c8-7960-704c-ac3a-e056a78ba1{n}") for n in ("5d", "5e"))
KEY = "${{ input.customer }}"


def wanted(*limits: dict[str, Any], workflow: UUID = WORKFLOW, **given: Any) -> tuple[WantedPlace, ...]:
    return wanted_places([Limit(**limit) for limit in limits], workflow, given)


def key_of(limit: dict[str, Any], **given: Any) -> UUID:
    return wanted(limit, **given)[0].key


def test_neither_the_number_nor_the_place_of_a_limit_nor_its_policy_is_part_of_its_group() -> None:
    (alone,) = wanted({"running": 1})
    (_, second) = wanted({"starts": 1, "per": "1m"}, {"running": 5, "when_full": "refuse"})

    assert alone.key == second.key


def test_groups_differ_by_workflow_kind_period_key_and_value() -> None:
    keys = [
        key_of({"running": 1}),
        key_of({"running": 1}, workflow=OTHER),
        key_of({"starts": 1, "per": "1m"}),
        key_of({"starts": 1, "per": "1h"}),
        key_of({"running": 1, "key": "${{ input.other }}"}, other="acme"),
        *(
            key_of({"running": 1, "key": KEY}, customer=value)
            for value in ("acme", "", None, 1, "1", [1], "[1]")
        ),
    ]

    assert all(one != other for one, other in combinations(keys, 2))


def test_a_value_is_the_same_whatever_the_order_of_its_fields() -> None:
    one = key_of({"running": 1, "key": KEY}, customer={"a": 1, "b": 2})

    assert one == key_of({"running": 1, "key": KEY}, customer={"b": 2, "a": 1})


def test_of_two_limits_that_count_the_same_the_smaller_one_decides() -> None:
    (place,) = wanted({"running": 5}, {"running": 2, "when_full": "refuse"}, {"running": 3})

    assert (place.limit, place.when_full) == (2, "refuse")


def test_a_period_is_rounded_up_to_seconds() -> None:
    assert wanted({"starts": 1, "per": "1500ms"})[0].per_seconds == 2


def test_every_key_that_fails_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        wanted(
            {"running": 1, "key": "${{ input.a.b }}"},
            {"running": 1},
            {"running": 2, "key": "${{ input.c.d }}"},
        )

    assert [problem["path"] for problem in refused.value.errors] == ["limits[0].key", "limits[2].key"]


def test_groups_of_limits_are_told_from_those_of_schedules() -> None:
    assert is_of_limit(key_of({"running": 1}))
    assert not is_of_limit(WORKFLOW)
