"""When Celery's beat would have fired."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab

from schedules.importing import celery_times
from tests.schedules.importing.conftest import AUTUMN, WINTER

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Casablanca"]
CRONTABS = [
    crontab("*/5"),
    crontab("30", "2"),
    crontab("0", "*/2"),
    crontab("0,30", "0,1,2,3"),
    crontab("10", "2", "1-5", "1-15"),
    crontab("7", "1,2", "mon", "*", "2,3,10,11"),
]


def as_beat_asks(
    schedule: crontab, *, zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    """Turn the clock from one answer of `is_due` to the next, as beat's loop does."""
    clock = [after]
    driven: Any = crontab(*schedule.__reduce__()[1], nowfun=lambda: clock[0].astimezone(zone))
    driven.tz = zone
    last = after.astimezone(zone)
    while clock[0] <= until:
        due, wait = driven.is_due(last)
        if due:
            yield clock[0]
            last = clock[0].astimezone(zone)
        clock[0] += timedelta(seconds=wait)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("schedule", CRONTABS, ids=repr)
@pytest.mark.parametrize("month", [(2026, 10), (2027, 3), (2027, 4), (2027, 2)])
def test_the_times_are_those_that_beat_itself_would_ask_for(
    schedule: crontab, zone: str, month: tuple[int, int]
) -> None:
    # From a noon on, so that what beat remembers lies before every change of the clock.
    after = datetime(*month, 1, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    until = after + timedelta(days=32)

    found = list(celery_times.crontab_times(schedule, zone=ZoneInfo(zone))(after, until))

    assert found == list(as_beat_asks(schedule, zone=ZoneInfo(zone), after=after, until=until))


def test_beat_is_silent_while_the_clock_repeats_an_hour() -> None:
    before, after = datetime(2026, 10, 25, 0, 56, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC)

    found = celery_times.crontab_times(crontab("*/5"), zone=BERLIN)(before, after)

    assert list(found) == [after]


def test_beat_runs_a_time_that_is_missing_an_hour_later() -> None:
    night = datetime(2027, 3, 28, tzinfo=UTC)

    (found,) = celery_times.crontab_times(crontab("30", "2"), zone=BERLIN)(night, night + timedelta(hours=9))

    assert found.astimezone(BERLIN).hour == 3


def test_an_interval_counts_from_its_first_run() -> None:
    every = timedelta(hours=7)

    found = list(celery_times.interval_times(every, first=AUTUMN)(AUTUMN, AUTUMN + timedelta(hours=21)))

    assert found == [AUTUMN + n * every for n in (1, 2, 3)]


def test_an_interval_does_not_run_before_its_first_run() -> None:
    found = celery_times.interval_times(timedelta(hours=1), first=WINTER)(AUTUMN, WINTER)

    assert list(found) == [WINTER]


def test_a_relative_interval_of_a_day_runs_at_midnight() -> None:
    found = celery_times.relative_times(timedelta(days=1), zone=BERLIN)(AUTUMN, AUTUMN + timedelta(days=40))

    local = {at.astimezone(BERLIN).time().isoformat() for at in found}

    assert local == {"00:00:00"}
