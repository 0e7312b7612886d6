"""Moves that take a schedule off a crowded minute. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from schedules.recurrence.cron.parse import MACROS
from schedules.spread import SpreadKind

MINUTES = range(60)


class MoveKind(StrEnum):
    """How a schedule is moved."""

    OFFSET = "offset"  # another minute of the same hour
    H = "H"  # the minute that the hash of the schedule's id picks
    WINDOW = "window"  # anywhere within a length of time after the nominal time


@dataclass(frozen=True, slots=True)
class Move:
    """One move of one schedule, based on its `version`.

    Attributes:
        minute: with `offset`, the new minute, 0 to 59.
        window: with `window`, its length.
    """

    schedule_id: UUID
    version: int
    kind: MoveKind
    minute: int | None = None
    window: timedelta | None = None


def changed(rules: Sequence[Mapping[str, Any]], move: Move) -> dict[str, Any]:
    """Return the settings that a move changes, with their new values.

    Raises:
        ValueError: the move does not fit these rules; choose another kind.
    """
    if move.kind is MoveKind.WINDOW:
        return {"spread": SpreadKind.WINDOW.value, "spread_window": move.window}
    if minute_of(rules) is None:
        raise ValueError("offset and H need one cron rule whose minute is a single number; use window")
    minute = "H" if move.kind is MoveKind.H else str(move.minute)
    return {"rules": [{**rules[0], "expression": _with_minute(rules[0]["expression"], minute)}]}


def minute_of(rules: Sequence[Mapping[str, Any]]) -> int | None:
    """Return the minute of a single cron rule that has one in each hour, written as a number; else None."""
    if len(rules) != 1 or rules[0].get("kind") != "cron":
        return None
    fields = _fields(rules[0]["expression"])
    if len(fields) == 6 and not fields[0].isdigit():
        return None
    minute = fields[-5]
    return int(minute) if minute.isdigit() else None


def is_hourly(rules: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the hour of a cron rule is left open, so that nobody waits for a time of day."""
    return _fields(rules[0]["expression"])[-4].startswith("*")


def _with_minute(expression: str, minute: str) -> str:
    fields = _fields(expression)
    fields[-5] = minute
    return " ".join(fields)


def _fields(expression: str) -> list[str]:
    """Return the fields, five or six with the second first."""
    text = expression.strip()
    return MACROS.get(text.lower(), text).split()
