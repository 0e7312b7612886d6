"""Results of tasks and expressions as plain JSON."""

import enum
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from workflows.errors import NotPlain
from workflows.payload import as_plain

HOLDS_ITSELF: list = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ((1, [2.5, None]), [1, [2.5, None]]),
        ({1: {"a": True}}, {"1": {"a": True}}),
        (datetime(2026, 11, 20, 9, tzinfo=UTC), "2026-11-20T09:00:00Z"),
        (datetime(2026, 11, 20, 9), "2026-11-20T09:00:00"),  # noqa: DTZ001 - a task may return one
        (date(2026, 11, 20), "2026-11-20"),
        (timedelta(minutes=90), "1h30m"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.10"), "1.10"),
        (Colour.RED, 1),
    ],
)
def test_what_tasks_usually_return_becomes_json(value, plain):
    assert as_plain(value) == plain
    assert type(as_plain(value)) is type(plain)


@pytest.mark.parametrize(
    "value", [b"x", {1, 2}, object(), float("inf"), "\0", ["\ud800"], {True: 1}, {None: 1}, HOLDS_ITSELF]
)
def test_what_cannot_be_kept_is_refused(value):
    with pytest.raises(NotPlain):
        as_plain(value)
