"""One-time rules: an instant, or a time on the wall clock."""

from datetime import datetime
from typing import Any

import pytest

from schedules.recurrence import InvalidRule, OneTime, fires
from tests.schedules.recurrence.local import at, runs

GAP = OneTime(at=datetime(2026, 3, 29, 2, 30))  # noqa: DTZ001
OVERLAP = OneTime(at=datetime(2026, 10, 25, 2, 30))  # noqa: DTZ001


def test_an_instant_fires_once_in_any_zone() -> None:
    noon = at("2026-12-01T12:00", "Asia/Tokyo")

    assert list(fires(OneTime(at=noon), zone="Europe/Berlin", after=at("2026-01-01T00:00"))) == [noon]


def test_a_wall_clock_time_fires_once_in_its_zone() -> None:
    rule = OneTime(at=datetime(2026, 12, 1, 9))  # noqa: DTZ001

    found = list(fires(rule, zone="Asia/Tokyo", after=at("2020-01-01T00:00")))

    assert found == [at("2026-12-01T09:00", "Asia/Tokyo")]


@pytest.mark.parametrize("rule", [OneTime(at=at("2026-12-01T09:00")), OneTime(at=datetime(2026, 12, 1, 9))])  # noqa: DTZ001
def test_a_time_that_has_come_does_not_fire_again(rule: OneTime) -> None:
    assert list(fires(rule, zone="UTC", after=at("2026-12-01T09:00"))) == []


@pytest.mark.parametrize(
    ("rule", "day", "policies", "expected"),
    [
        (GAP, "2026-03-29", {}, ["03:00+0200"]),
        (GAP, "2026-03-29", {"gap": "skip"}, []),
        (GAP, "2026-03-29", {"gap": "shift"}, ["03:30+0200"]),
        (OVERLAP, "2026-10-25", {}, ["02:30+0200"]),
        (OVERLAP, "2026-10-25", {"overlap": "second"}, ["02:30+0100"]),
        (OVERLAP, "2026-10-25", {"overlap": "both"}, ["02:30+0200", "02:30+0100"]),
    ],
)
def test_a_wall_clock_time_obeys_the_policies(
    rule: OneTime, day: str, policies: dict[str, Any], expected: list[str]
) -> None:
    assert runs(rule, "Europe/Berlin", day=day, **policies) == expected


@pytest.mark.parametrize("year", [1969, 2200, 9999])
def test_a_time_beyond_the_search_is_refused(year: int) -> None:
    with pytest.raises(InvalidRule) as refusal:
        OneTime(at=datetime(year, 1, 1))  # noqa: DTZ001

    assert refusal.value.field == "at"
