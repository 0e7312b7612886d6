"""What a move makes of a schedule's rules."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules.load.moves import Move, MoveKind, changed, is_hourly, minute_of
from tests.schedules.load.conftest import rules


def move(kind: MoveKind, **options: Any) -> Move:
    return Move(UUID(int=1), 1, kind, **options)


@pytest.mark.parametrize(
    ("rule", "minute"),
    [
        ("0 9 * * *", 0),
        ("30 9,10 * * MON", 30),
        ("0 5 9 * * *", 5),
        ("@daily", 0),
        ("  @Hourly ", 0),
        ("H 9 * * *", None),
        ("*/5 * * * *", None),
        ("0,30 * * * *", None),
        ("*/10 0 * * * *", None),
        (60, None),
        ([*rules("0 9 * * *"), *rules("0 10 * * *")], None),
    ],
)
def test_only_one_number_is_a_minute_that_can_be_moved(rule: Any, minute: int | None):
    assert minute_of(rules(rule)) == minute


@pytest.mark.parametrize(
    ("expression", "moved"),
    [
        ("0 9 * * MON", "7 9 * * MON"),
        ("15 0 9 * * *", "15 7 9 * * *"),
        ("@daily", "7 0 * * *"),
    ],
)
def test_an_offset_changes_the_minute_alone(expression: str, moved: str):
    rule = {"kind": "cron", "expression": expression, "day_match": "and"}

    settings = changed([rule], move(MoveKind.OFFSET, minute=7))

    assert settings == {"rules": [{"kind": "cron", "expression": moved, "day_match": "and"}]}


def test_a_hash_takes_the_place_of_the_minute():
    settings = changed(rules("0 * * * *"), move(MoveKind.H))

    assert settings == {"rules": rules("H * * * *")}


def test_a_window_leaves_the_rules_alone():
    settings = changed(rules(60), move(MoveKind.WINDOW, window=timedelta(minutes=5)))

    assert settings == {"spread": "window", "spread_window": timedelta(minutes=5)}


@pytest.mark.parametrize("kind", [MoveKind.OFFSET, MoveKind.H])
def test_a_move_that_does_not_fit_is_refused_with_a_remedy(kind: MoveKind):
    with pytest.raises(ValueError, match="use window"):
        changed(rules("*/5 * * * *"), move(kind, minute=7))


@pytest.mark.parametrize(
    ("expression", "hourly"), [("@hourly", True), ("0 */2 * * *", True), ("@daily", False)]
)
def test_a_rule_is_hourly_where_its_hour_is_open(expression: str, hourly: bool):
    assert is_hourly(rules(expression)) is hourly
