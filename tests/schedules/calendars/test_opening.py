"""The first time that calendars leave: found as a walk over every time finds it, but in fewer steps."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.calendars import Calendar, Weekly
from schedules.calendars.opening import LONGEST_LOOK, opening
from tests.schedules.calendars import judge
from tests.schedules.calendars.strategies import calendars

START = datetime(2026, 3, 27, 12, tzinfo=UTC)
ALL_WEEK = Calendar((Weekly(tuple(range(7))),))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]).map(ZoneInfo)


def every(step: timedelta, *, until: datetime = START + 2 * LONGEST_LOOK):
    def times_after(since: datetime) -> Iterator[datetime]:
        at = START + max(0, (since - START) // step + 1) * step
        while at < until:
            yield at
            at += step

    return times_after


@given(calendars(), zones, st.sampled_from([1, 7, 30, 60, 1440]))
def test_it_is_the_first_time_that_no_calendar_excludes(calendar: Calendar, zone: ZoneInfo, minutes: int):
    times_after = every(timedelta(minutes=minutes))

    found = opening(times_after, after=START, calendars=[calendar], zone=zone)

    walked = (at for at in islice(times_after(START), 40_000) if not judge.reason(at, [calendar], zone))
    assert found.at == next(walked)


@pytest.mark.parametrize("seconds", [1, 3600, 86_400])
def test_what_is_never_open_is_searched_for_ten_years_and_quickly(seconds: int):
    begun = perf_counter()

    found = opening(
        every(timedelta(seconds=seconds)), after=START, calendars=[ALL_WEEK], zone=ZoneInfo("UTC")
    )

    assert perf_counter() - begun < 1
    assert found.at is None
    assert found.until is not None
    assert found.until > START + LONGEST_LOOK - timedelta(days=1)
    assert found.reason.startswith("weekly")


def test_rules_that_end_are_told_from_a_search_that_ends():
    few = every(timedelta(days=1), until=START + timedelta(days=5))

    excluded = opening(few, after=START, calendars=[ALL_WEEK], zone=ZoneInfo("UTC"))
    nothing = opening(few, after=START + timedelta(days=9), calendars=[ALL_WEEK], zone=ZoneInfo("UTC"))

    assert (excluded.at, excluded.until, bool(excluded.reason)) == (None, None, True)
    assert (nothing.at, nothing.until, nothing.reason) == (None, None, "")
