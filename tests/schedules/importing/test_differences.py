"""Why two schedulers differ."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.importing import differences
from schedules.importing.differences import compared

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
UNTIL = NOON + timedelta(days=400)


def reasons(*, old: Iterable[datetime] = (), new: Iterable[datetime] = ()) -> list[str]:
    return [found.why for found in compared(old, new, until=UNTIL, zone=BERLIN).differences]


def test_times_that_both_have_are_counted_and_not_listed() -> None:
    comparison = compared([NOON, UNTIL], [NOON, UNTIL], until=UNTIL, zone=BERLIN)

    assert (comparison.same, comparison.differences) == (2, ())


def test_a_repeated_hour_is_named() -> None:
    second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert reasons(new=[second_half_past_two]) == [differences.REPEATED]


def test_a_missing_hour_is_named_with_its_time() -> None:
    half_past_three = datetime(2027, 3, 28, 1, 30, tzinfo=UTC)

    (why,) = reasons(old=[half_past_three])

    assert why.startswith("02:30 does not exist on this day")


def test_another_time_on_that_day_is_put_down_to_the_clock() -> None:
    later = datetime(2026, 10, 25, 12, tzinfo=UTC)

    assert reasons(old=[later]) == ["daylight saving: the clock changes at 2026-10-25 02:00 CET"]


def test_far_from_a_change_of_the_clock_the_rules_differ() -> None:
    assert reasons(old=[NOON]) == [differences.OTHER["old"]]


def test_a_cut_does_not_part_a_pair() -> None:
    dense = [NOON + timedelta(seconds=n) for n in range(differences.MOST_TIMES)]

    comparison = compared(dense, dense, until=UNTIL, zone=BERLIN)

    assert comparison.differences == ()
    assert comparison.until < dense[-1]
