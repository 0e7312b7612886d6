"""Interval rules, in real time and on the wall clock."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.recurrence import Basis, Interval, InvalidRule, fires
from tests.schedules.recurrence.local import at, runs
from tests.schedules.recurrence.strategies import instants, zones

NOON = at("2026-03-28T12:00")
DAY = timedelta(days=1)


@settings(deadline=None)
@given(
    anchor=instants,
    after=instants,
    every=st.timedeltas(timedelta(seconds=1), timedelta(days=3660)),
    zone=zones,
)
def test_elapsed_times_are_the_anchor_plus_whole_multiples(
    anchor: datetime, after: datetime, every: timedelta, zone: ZoneInfo
) -> None:
    found = list(islice(fires(Interval(every=every, anchor=anchor), zone=zone, after=after), 5))

    assert after < found[0] <= after + every
    assert all((run - anchor) % every == timedelta(0) for run in found)
    assert all(later - earlier == every for earlier, later in pairwise(found))


def test_an_interval_also_fires_before_its_anchor() -> None:
    rule = Interval(every=timedelta(hours=1), anchor=NOON)

    assert next(fires(rule, zone="UTC", after=NOON - timedelta(hours=5, minutes=1))) == NOON - timedelta(
        hours=5
    )


def test_an_elapsed_day_moves_on_the_wall_clock_with_daylight_saving() -> None:
    rule = Interval(every=DAY, anchor=NOON)

    assert runs(rule, "Europe/Berlin", day="2026-03-28", days=3) == [
        "28 13:00+0100",
        "29 14:00+0200",
        "30 14:00+0200",
    ]


def test_a_wall_clock_day_keeps_its_time_of_day() -> None:
    rule = Interval(every=DAY, anchor=NOON, basis=Basis.WALL_CLOCK)

    assert runs(rule, "Europe/Berlin", day="2026-03-28", days=3) == [
        "28 13:00+0100",
        "29 13:00+0200",
        "30 13:00+0200",
    ]


@pytest.mark.parametrize(
    ("day", "policies", "expected"),
    [
        ("2026-03-29", {}, ["03:00+0200"]),
        ("2026-03-29", {"gap": "skip"}, []),
        ("2026-03-29", {"gap": "shift"}, ["03:30+0200"]),
        ("2026-10-25", {}, ["02:30+0200"]),
        ("2026-10-25", {"overlap": "second"}, ["02:30+0100"]),
        ("2026-10-25", {"overlap": "both"}, ["02:30+0200", "02:30+0100"]),
    ],
)
def test_a_wall_clock_interval_obeys_the_policies(
    day: str, policies: dict[str, Any], expected: list[str]
) -> None:
    rule = Interval(every=DAY, anchor=at("2026-06-01T02:30", "Europe/Berlin"), basis=Basis.WALL_CLOCK)

    assert runs(rule, "Europe/Berlin", day=day, **policies) == expected


def test_every_second_week_counts_from_the_anchor_across_transitions() -> None:
    rule = Interval(every=14 * DAY, anchor=at("2026-03-20T09:00", "Europe/Berlin"), basis=Basis.WALL_CLOCK)

    assert runs(rule, "Europe/Berlin", day="2026-10-16", days=16) == ["16 09:00+0200", "30 09:00+0100"]


@pytest.mark.parametrize(
    ("settings_", "field"),
    [
        ({"every": timedelta(0)}, "every_seconds"),
        ({"every": timedelta(milliseconds=999)}, "every_seconds"),
        ({"every": timedelta(days=3661)}, "every_seconds"),
        ({"every": -DAY}, "every_seconds"),
        ({"basis": "lunar"}, "basis"),
        ({"basis": "wall_clock", "every": timedelta(hours=23)}, "basis"),
        ({"anchor": datetime(2026, 1, 1)}, "anchor"),  # noqa: DTZ001
        ({"anchor": datetime(1800, 1, 1, tzinfo=UTC)}, "anchor"),
        ({"anchor": datetime(9999, 1, 1, tzinfo=UTC)}, "anchor"),
    ],
)
def test_an_impossible_interval_is_refused(settings_: dict[str, Any], field: str) -> None:
    settings_ = {"every": DAY, "anchor": NOON, **settings_}

    with pytest.raises(InvalidRule) as refusal:
        Interval(**settings_)

    assert refusal.value.field == field


@pytest.mark.parametrize("basis", list(Basis))
def test_an_interval_ends_at_the_horizon(basis: Basis) -> None:
    rule = Interval(every=360 * DAY, anchor=NOON, basis=basis)

    found = list(fires(rule, zone="Europe/Berlin", after=at("2190-01-01T00:00")))

    assert len(found) == 10
    assert found[-1] < at("2200-01-01T00:00")
