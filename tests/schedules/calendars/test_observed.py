"""What becomes of single times that a calendar excludes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schedules.calendars import Nominal, OnExcluded, calendar_from_list, observed
from schedules.calendars.observed import MOST_REJECTED
from schedules.recurrence import Gap, Overlap, fires, parse_cron
from tests.schedules.recurrence.local import at

BERLIN = ZoneInfo("Europe/Berlin")
WEEKEND = {"kind": "weekly", "days": ["SAT", "SUN"]}
EVERY_DAY = {"kind": "yearly", "dates": [{"from": "01-01", "to": "12-31"}]}
CHRISTMAS = {"kind": "holidays", "country": "DE"}

Entry = dict[str, Any]


def seen(
    expression: str,
    *entries: Entry,
    day: str,
    days: int = 1,
    zone: ZoneInfo = BERLIN,
    on_excluded: OnExcluded = OnExcluded.DROP,
    gap: Gap = Gap.AT_GAP_END,
    overlap: Overlap = Overlap.FIRST,
) -> list[tuple[str, str]]:
    """Return the local times of some days, and why the excluded ones are."""
    start = at(day, zone.key)
    found = observed(
        lambda since: fires(parse_cron(expression), zone=zone, after=since, gap=gap, overlap=overlap),
        after=start - timedelta.resolution,
        calendars=[calendar_from_list([entry]) for entry in entries],
        zone=zone,
        on_excluded=on_excluded,
        gap=gap,
        overlap=overlap,
    )
    near = takewhile(lambda nominal: nominal.fire_at < at(day, zone.key) + timedelta(days=days), found)
    return [(f"{one.fire_at.astimezone(zone):%m-%d %H:%M%z}", one.excluded) for one in near]


def test_an_excluded_time_is_dropped_with_its_reason() -> None:
    assert seen("0 9 * * *", CHRISTMAS, WEEKEND, day="2026-12-24", days=4) == [
        ("12-24 09:00+0100", ""),
        ("12-25 09:00+0100", "Christmas Day (holidays DE)"),
        ("12-26 09:00+0100", "Second Day of Christmas (holidays DE)"),
        ("12-27 09:00+0100", "weekly SAT,SUN"),
    ]


def test_an_excluded_time_moves_to_the_next_day_that_no_calendar_excludes() -> None:
    shown = seen(
        "0 9 25 * *", CHRISTMAS, WEEKEND, day="2026-12-24", days=9, on_excluded=OnExcluded.NEXT_WORKING_DAY
    )

    assert shown == [
        ("12-25 09:00+0100", "Christmas Day (holidays DE); moved to 2026-12-28T09:00:00+01:00"),
        ("12-28 09:00+0100", ""),
    ]


def test_an_excluded_time_moves_to_the_previous_day_that_no_calendar_excludes() -> None:
    shown = seen(
        "0 9 27 * *",
        CHRISTMAS,
        WEEKEND,
        day="2026-12-24",
        days=9,
        on_excluded=OnExcluded.PREVIOUS_WORKING_DAY,
    )

    assert shown == [
        ("12-24 09:00+0100", ""),
        ("12-27 09:00+0100", "weekly SAT,SUN; moved to 2026-12-24T09:00:00+01:00"),
    ]


@pytest.mark.parametrize(
    ("on_excluded", "fired"),
    [
        (OnExcluded.NEXT_WORKING_DAY, ["05-22 09:00+0200", "05-25 09:00+0200"]),
        (OnExcluded.PREVIOUS_WORKING_DAY, ["05-22 09:00+0200", "05-25 09:00+0200"]),
    ],
)
def test_times_that_land_on_one_instant_are_one_fire(on_excluded: OnExcluded, fired: list[str]) -> None:
    shown = seen("0 9 * * *", WEEKEND, day="2026-05-22", days=4, on_excluded=on_excluded)

    assert [local for local, excluded in shown if not excluded] == fired
    assert len(shown) == 4


def test_a_time_that_finds_no_day_within_31_is_dropped_and_says_so() -> None:
    shown = seen("0 9 1 * *", EVERY_DAY, day="2026-05-01", on_excluded=OnExcluded.NEXT_WORKING_DAY)

    assert shown == [
        (
            "05-01 09:00+0200",
            "yearly 01-01 to 12-31; dropped, since none of the 31 days after it is free",
        )
    ]


@pytest.mark.parametrize(("last", "moves"), [("01-31", True), ("02-01", False)])
def test_a_time_moves_31_days_at_most(last: str, moves: bool) -> None:
    month = {"kind": "yearly", "dates": [{"from": "01-01", "to": last}]}

    shown = seen("0 9 1 1 *", month, day="2026-01-01", days=40, on_excluded=OnExcluded.NEXT_WORKING_DAY)

    assert (("02-01 09:00+0100", "") in shown) is moves
    assert ("moved to 2026-02-01T09:00:00+01:00" in shown[0][1]) is moves


# On 2026-03-29 the clock of Berlin skips from 02:00 to 03:00.
@pytest.mark.parametrize(
    ("gap", "target"),
    [
        (Gap.AT_GAP_END, "2026-03-29T03:00:00+02:00"),
        (Gap.SHIFT, "2026-03-29T03:30:00+02:00"),
        (Gap.SKIP, "2026-03-30T02:30:00+02:00"),
    ],
)
def test_a_time_that_moves_into_a_gap_follows_the_policy(gap: Gap, target: str) -> None:
    saturday = {"kind": "dates", "dates": ["2026-03-28"]}

    shown = seen("30 2 28 * *", saturday, day="2026-03-28", gap=gap, on_excluded=OnExcluded.NEXT_WORKING_DAY)

    assert shown == [("03-28 02:30+0100", f"date 2026-03-28; moved to {target}")]


# On 2026-10-25 the clock of Berlin shows 02:00 to 03:00 twice.
@pytest.mark.parametrize(
    ("overlap", "offset"), [(Overlap.FIRST, "+02:00"), (Overlap.SECOND, "+01:00"), (Overlap.BOTH, "+02:00")]
)
def test_a_time_that_moves_into_an_overlap_fires_once(overlap: Overlap, offset: str) -> None:
    saturday = {"kind": "dates", "dates": ["2026-10-24"]}

    shown = seen(
        "30 2 24 * *",
        saturday,
        day="2026-10-24",
        days=3,
        overlap=overlap,
        on_excluded=OnExcluded.NEXT_WORKING_DAY,
    )

    assert [excluded for _, excluded in shown] == [
        f"date 2026-10-24; moved to 2026-10-25T02:30:00{offset}",
        "",
    ]


@pytest.mark.parametrize("gap", list(Gap))
def test_a_day_that_the_zone_skips_is_no_day_to_move_to(gap: Gap) -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011
    shown = seen(
        "0 9 29 * *",
        {"kind": "dates", "dates": ["2011-12-29"]},
        day="2011-12-29",
        zone=apia,
        gap=gap,
        on_excluded=OnExcluded.NEXT_WORKING_DAY,
    )

    assert shown == [("12-29 09:00-1000", "date 2011-12-29; moved to 2011-12-31T09:00:00+14:00")]


def test_a_window_of_instants_excludes_in_every_zone() -> None:
    window = {"kind": "instants", "from": "2026-05-05T22:00:00+00:00", "to": "2026-05-05T23:00:00+00:00"}

    excluded = [local for local, excluded in seen("0 * * * *", window, day="2026-05-06") if excluded]

    assert excluded == ["05-06 00:00+0200"]


def test_without_calendars_every_time_fires() -> None:
    for on_excluded in OnExcluded:
        assert seen("0 9 * * *", day="2026-05-22", on_excluded=on_excluded) == [("05-22 09:00+0200", "")]


def minutes(since: datetime) -> Iterator[datetime]:
    return (since + timedelta(minutes=n) for n in count(1))


def years(since: datetime) -> Iterator[datetime]:
    return (datetime(year, 1, 1, 9, tzinfo=UTC) for year in range(since.year + 1, 2200))


@pytest.mark.parametrize("on_excluded", list(OnExcluded))
def test_a_calendar_that_excludes_everything_ends_after_ten_years(on_excluded: OnExcluded) -> None:
    calendars = [calendar_from_list([EVERY_DAY])]

    found = list(
        observed(years, after=at("1970-05-01"), calendars=calendars, zone=BERLIN, on_excluded=on_excluded)
    )

    assert [nominal.fire_at.year for nominal in found] == list(range(1971, 1982))
    assert all(nominal.excluded for nominal in found)


def test_a_calendar_that_excludes_everything_ends_after_100000_times() -> None:
    calendars = [calendar_from_list([EVERY_DAY])]

    found = observed(minutes, after=at("2026-01-01"), calendars=calendars, zone=BERLIN)

    assert sum(1 for _ in found) == MOST_REJECTED == 100_000


def test_times_that_always_move_go_on_for_ever() -> None:
    found = observed(
        years,
        after=at("1970-05-01"),
        calendars=[calendar_from_list([{"kind": "yearly", "dates": ["01-01"]}])],
        zone=BERLIN,
        on_excluded=OnExcluded.NEXT_WORKING_DAY,
    )

    assert sum(1 for nominal in found if not nominal.excluded) == 2199 - 1970


def test_a_rule_that_begins_late_is_not_given_up() -> None:
    late = (datetime(2090, 1, day, 9, tzinfo=UTC) for day in range(1, 10))

    found = observed(
        lambda _: late,
        after=at("1970-01-01"),
        calendars=[calendar_from_list([WEEKEND])],
        zone=BERLIN,
    )

    assert [nominal.fire_at.day for nominal in found if not nominal.excluded] == [2, 3, 4, 5, 6, 9]


def test_only_the_days_before_that_are_touched_are_asked_for() -> None:
    asked: list[datetime] = []

    def times_after(since: datetime) -> Iterator[datetime]:
        asked.append(since)
        return iter(())

    for day in ("2026-05-20", "2026-05-25", "2026-05-23"):  # a Wednesday, a Monday, a Saturday
        list(
            observed(
                times_after,
                after=at(f"{day}T12:00"),
                calendars=[calendar_from_list([WEEKEND])],
                zone=BERLIN,
                on_excluded=OnExcluded.NEXT_WORKING_DAY,
            )
        )

    saturday = at("2026-05-23", "Europe/Berlin") - timedelta.resolution
    assert asked == [at("2026-05-20T12:00"), saturday, saturday]


def test_times_ahead_are_asked_for_only_while_the_days_are_touched() -> None:
    drawn: list[datetime] = []

    def times_after(since: datetime) -> Iterator[datetime]:
        for nominal in fires(parse_cron("0 9 * * *"), zone=BERLIN, after=since):
            drawn.append(nominal)
            yield nominal

    found = observed(
        times_after,
        after=at("2026-05-20T12:00"),
        calendars=[calendar_from_list([WEEKEND])],
        zone=BERLIN,
        on_excluded=OnExcluded.PREVIOUS_WORKING_DAY,
    )

    thursday, friday = islice(found, 2)
    assert [thursday, friday] == [Nominal(drawn[0]), Nominal(drawn[1])]
    assert [nominal.day for nominal in drawn] == [21, 22, 23, 24, 25]


def local_fires(
    *times: str, excluded: list[Entry], after: str, on_excluded: OnExcluded, gap: Gap = Gap.AT_GAP_END
) -> list[str]:
    """Return when the given local times of Berlin fire."""
    named = [at(time, "Europe/Berlin").astimezone(UTC) for time in times]
    found = observed(
        lambda since: (one for one in named if one > since),
        after=at(after, "Europe/Berlin"),
        calendars=[calendar_from_list(excluded)],
        zone=BERLIN,
        on_excluded=on_excluded,
        gap=gap,
    )
    return [f"{one.fire_at.astimezone(BERLIN):%m-%d %H:%M}" for one in found if not one.excluded]


@pytest.mark.parametrize("after", ["2026-03-28T12:00", "2026-03-29T12:00", "2026-03-30T02:29"])
def test_a_time_that_moved_over_a_gap_is_found_from_beyond_it(after: str) -> None:
    saturday = {"kind": "dates", "dates": ["2026-03-28"]}

    fired = local_fires(
        "2026-03-28T02:30",
        excluded=[saturday],
        after=after,
        on_excluded=OnExcluded.NEXT_WORKING_DAY,
        gap=Gap.SKIP,
    )

    assert fired == ["03-30 02:30"]


def test_a_time_that_moves_back_over_a_gap_keeps_the_order() -> None:
    monday = {"kind": "dates", "dates": ["2026-03-30"]}

    fired = local_fires(
        "2026-03-28T10:00",
        "2026-03-30T02:30",
        excluded=[monday],
        after="2026-03-27",
        on_excluded=OnExcluded.PREVIOUS_WORKING_DAY,
        gap=Gap.SKIP,
    )

    assert fired == ["03-28 02:30", "03-28 10:00"]


@pytest.mark.parametrize("after", ["2026-01-01T12:00", "2026-01-31T23:00", "2026-02-01T08:59"])
def test_a_time_that_moved_31_days_on_is_found_from_the_end_of_them(after: str) -> None:
    january = {"kind": "yearly", "dates": [{"from": "01-01", "to": "01-31"}]}

    fired = local_fires(
        "2026-01-01T09:00", excluded=[january], after=after, on_excluded=OnExcluded.NEXT_WORKING_DAY
    )

    assert fired == ["02-01 09:00"]


def test_a_time_that_moves_31_days_back_keeps_the_order() -> None:
    january = {"kind": "yearly", "dates": [{"from": "01-02", "to": "02-01"}]}

    fired = local_fires(
        "2026-01-01T10:00",
        "2026-02-01T09:00",
        excluded=[january],
        after="2025-12-31",
        on_excluded=OnExcluded.PREVIOUS_WORKING_DAY,
    )

    assert fired == ["01-01 09:00", "01-01 10:00"]
