"""The times of a schedule must lie ahead when it is saved, and far enough apart."""

from datetime import timedelta
from typing import Any

import pytest

from schedules import services
from schedules.errors import InvalidSchedule
from schedules.models import Calendar, Schedule
from tests.schedules.minutes import EVERY_MINUTE, Beat, MakeMinutely, at, fired, stands

PAST, SOON = at(-60).isoformat(), at(60).isoformat()
DATES = {"kind": "dates", "dates": [at(-90).isoformat(), PAST]}
IN_A_GAP = "2027-03-28T02:30:00"  # in Berlin the clock goes from 02:00 to 03:00
EVERY_SECOND = [{"kind": "interval", "every_seconds": 1}]


def once(when: str) -> dict[str, Any]:
    return {"kind": "one_time", "at": when}


def refusals(refused: pytest.ExceptionInfo[InvalidSchedule]) -> dict[str, str]:
    return {error["path"]: error["message"] for error in refused.value.errors}


def hours(schedule: Schedule, *, name: str, start: float, end: float) -> Calendar:
    """Make a calendar that excludes some hours after noon."""
    entry = {"kind": "instants", "from": at(60 * start).isoformat(), "to": at(60 * end).isoformat()}
    return services.create_calendar(schedule.organization, now=at(0), name=name, entries=[entry])


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ([once(PAST)], "rules[0].at"),
        ([*EVERY_MINUTE, once(PAST)], "rules[1].at"),
        ([*EVERY_MINUTE, once("2026-11-20T09:00:00")], "rules[1].at"),
        ([*EVERY_MINUTE, once(SOON), DATES], "rules[2].dates"),
    ],
)
def test_a_rule_whose_times_have_all_passed_is_refused(
    minutely: MakeMinutely, rules: list[dict[str, Any]], path: str
) -> None:
    schedule = minutely()

    with pytest.raises(InvalidSchedule) as on_create:
        minutely("other", rules=rules)
    with pytest.raises(InvalidSchedule) as on_change:
        services.change(schedule, now=at(0), rules=rules)

    assert list(refusals(on_create)) == list(refusals(on_change)) == [path]
    assert "has passed; write a time in the future" in refusals(on_create)[path]


def test_a_rule_that_has_passed_since_it_was_saved_may_stay_in_an_edit(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(rules=[*EVERY_MINUTE, once(at(2.5).isoformat())])
    beat(3)
    schedule.refresh_from_db()

    moved = services.change(schedule, now=at(3), rules=[*reversed(schedule.rules)], timezone="Asia/Tokyo")

    assert moved.version == 2
    with pytest.raises(InvalidSchedule, match=r"rules\[1\]\.at"):
        services.change(schedule, now=at(3), rules=[*EVERY_MINUTE, once(at(2.6).isoformat())])


def test_an_edit_that_moves_a_wall_clock_time_into_the_past_is_refused(minutely: MakeMinutely) -> None:
    schedule = minutely(rules=[*EVERY_MINUTE, once("2026-11-20T13:00:00")])

    with pytest.raises(InvalidSchedule, match=r"rules\[1\]\.at"):
        services.change(schedule, now=at(0), timezone="Asia/Tokyo")


def test_a_time_in_a_gap_that_is_skipped_is_refused_with_the_gap(minutely: MakeMinutely) -> None:
    rules = [*EVERY_MINUTE, once(IN_A_GAP)]
    schedule = minutely(rules=rules, timezone="Europe/Berlin")

    with pytest.raises(InvalidSchedule) as on_create:
        minutely("other", rules=rules, timezone="Europe/Berlin", dst_gap="skip")
    with pytest.raises(InvalidSchedule) as on_change:
        services.change(schedule, now=at(0), dst_gap="skip")

    assert refusals(on_create) == refusals(on_change)
    assert "the gap from 2027-03-28 02:00 to 03:00 in Europe/Berlin" in refusals(on_create)["rules[1].at"]


def test_a_dense_rule_fires_after_a_long_window(minutely: MakeMinutely) -> None:
    calendar = hours(minutely("other"), name="long", start=-1, end=40)

    schedule = minutely(rules=EVERY_SECOND, calendars=[calendar.pk])

    assert (schedule.state, schedule.catchup_window) == ("active", timedelta(hours=1))


def test_a_rule_that_is_excluded_for_good_says_how_long_was_searched(minutely: MakeMinutely) -> None:
    entries = [{"kind": "weekly", "days": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]}]
    organization = minutely("other").organization
    calendar = services.create_calendar(organization, now=at(0), name="always", entries=entries)

    with pytest.raises(InvalidSchedule) as refused:
        minutely(calendars=[calendar.pk])

    message = refusals(refused)["calendars"]
    assert "exclude every time of the rules until 2036-" in message
    assert "weekly MON,TUE" in message


def test_two_rules_that_nearly_meet_are_named(minutely: MakeMinutely) -> None:
    rules = [*EVERY_MINUTE, {"kind": "interval", "every_seconds": 60, "anchor": at(0.0037).isoformat()}]

    with pytest.raises(InvalidSchedule) as refused:
        minutely(rules=rules)

    assert "rules[0] at 2026-11-20T12:01:00+00:00 and rules[1] at " in refusals(refused)["rules"]
    assert "are 0.222 s apart" in refusals(refused)["rules"]


def test_every_rule_that_cannot_be_read_is_told_beside_the_zone(minutely: MakeMinutely) -> None:
    rules = [{"kind": "cron", "expression": "61 * * * *"}, *EVERY_MINUTE, {"kind": "lunar"}]

    with pytest.raises(InvalidSchedule) as refused:
        minutely(rules=rules, timezone="Mars/Olympus")

    assert set(refusals(refused)) == {"timezone", "rules[0].expression", "rules[2].kind"}


def test_a_request_to_leave_out_a_time_ends_with_the_rule_that_named_it(
    minutely: MakeMinutely, beat: Beat
) -> None:
    schedule = minutely(overlap="allow_all")
    for minute in (2, 3):
        services.skip(schedule, by="ada", now=at(0.5), at=at(minute))

    kept = services.change(
        schedule, now=at(0.6), rules=[{"kind": "interval", "every_seconds": 120, "anchor": at(0).isoformat()}]
    )
    for minute in range(1, 5):
        beat(minute)

    assert kept.skip_times == [at(2)]
    assert (fired(schedule), stands(schedule)) == ([4], ("active", 6))
