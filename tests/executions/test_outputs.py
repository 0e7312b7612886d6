"""What of a step's output can be kept."""

import re
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from executions.rules.outcomes import Completed, Failed, Skipped
from executions.running.outputs import MAX_BYTES, storable

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("output", "plain"),
    [
        (None, None),
        (0, 0),
        ("é€😀", "é€😀"),
        ((1, (2,)), [1, [2]]),
        ({1: "a", None: "b"}, {"1": "a", "null": "b"}),
        ([NOON, date(2026, 11, 20)], ["2026-11-20T12:00:00Z", "2026-11-20"]),
        ([Decimal("1.10"), uuid.UUID(int=0)], ["1.10", "00000000-0000-0000-0000-000000000000"]),
    ],
)
def test_an_output_becomes_plain_json(output: Any, plain: Any) -> None:
    assert storable(Completed(output)) == Completed(plain)


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (object(), "not JSON serializable"),
        ({(1, 2): 3}, "keys must be"),
        (float("nan"), "not JSON compliant"),
        (2**63, "beyond 64 bits"),
        (["a\x00"], "U\\+0000"),
        ({"\ud800": 1}, "surrogate"),
        (nested(65), "nested deeper"),
        (nested(10_000), "recursion"),
        (LOOP, "Circular"),
        ([0] * 100_001, "over 100,000 values"),
        ("x" * (MAX_BYTES - 1), "1,000,001 bytes"),
        ("é" * (MAX_BYTES // 2), "1,000,002 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 50 else "",
)
def test_what_cannot_be_kept_is_a_failure_that_says_why(output: Any, reason: str) -> None:
    outcome = storable(Completed(output))

    assert isinstance(outcome, Failed)
    assert outcome.error_class == "InvalidOutput"
    assert re.search(reason, outcome.error)


@pytest.mark.parametrize("character", ["x", "é", "€", "😀"])
def test_the_largest_output_is_measured_in_bytes_of_utf_8(character: str) -> None:
    text = character * ((MAX_BYTES - 2) // len(character.encode()))

    assert storable(Completed(text)) == Completed(text)
    assert isinstance(storable(Completed(text + character)), Failed)


@pytest.mark.parametrize("outcome", [Skipped(), Failed(error="x", error_class="X")])
def test_other_outcomes_pass_unchanged(outcome: Any) -> None:
    assert storable(outcome) is outcome
