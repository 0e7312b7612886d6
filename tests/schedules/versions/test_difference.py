"""Which fires an edit adds and removes."""

from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from schedules.models import Schedule
from schedules.versions import fires_changed

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def settings(expression: str, **others: Any) -> Schedule:
    rules = [{"kind": "cron", "expression": expression}]
    return Schedule(id=UUID(int=1), rules=rules, timezone="UTC", created_at=NOON, **others)


def test_an_edit_of_the_hour_moves_thirty_fires() -> None:
    changed = fires_changed(settings("0 9 * * *"), settings("0 10 * * *"), now=NOON)

    assert (len(changed.removed), len(changed.added), changed.more) == (30, 30, 0)
    assert changed.removed[0] == datetime(2026, 6, 2, 9, tzinfo=UTC)
    assert changed.added[0] == datetime(2026, 6, 2, 10, tzinfo=UTC)
    assert changed.until == NOON + 30 * DAY


def test_an_edit_that_moves_nothing_changes_nothing() -> None:
    before = settings("0 9 * * *")
    after = copy(before)
    after.description = "the same"

    changed = fires_changed(before, after, now=NOON)

    assert (changed.removed, changed.added, changed.more) == ((), (), 0)


def test_only_what_differs_is_listed() -> None:
    changed = fires_changed(settings("0 9 * * *"), settings("0 9 * * MON-FRI"), now=NOON)

    assert changed.added == ()
    assert {at.isoweekday() for at in changed.removed} == {6, 7}


def test_more_than_fifty_are_counted() -> None:
    changed = fires_changed(settings("0 * * * *"), settings("30 * * * *"), now=NOON)

    assert (len(changed.removed), len(changed.added)) == (50, 50)
    assert changed.more == 2 * (720 - 50)


def test_dense_rules_are_compared_only_as_far_as_both_were_read() -> None:
    changed = fires_changed(settings("* * * * * *"), settings("0 * * * * *"), now=NOON)

    assert changed.until == NOON + timedelta(seconds=10_001)
    assert changed.added == ()
    assert len(changed.removed) + changed.more == 10_001 - 166


def test_an_earlier_end_removes_what_came_after() -> None:
    changed = fires_changed(settings("0 9 * * *"), settings("0 9 * * *", end_at=NOON + 10 * DAY), now=NOON)

    assert (len(changed.removed), changed.added) == (20, ())


def test_rules_that_an_edit_mends_count_as_none() -> None:
    changed = fires_changed(settings("61 * * * *"), settings("0 9 * * *"), now=NOON)

    assert (changed.removed, len(changed.added)) == ((), 30)
