"""Every wrong setting is named, and changes nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from schedules import services
from schedules.errors import InvalidSchedule
from schedules.models import Schedule
from tests.schedules.minutes import EVERY_MINUTE, MINUTE, MakeMinutely, at

SECOND = timedelta(seconds=1)
NOBODY = UUID(int=7)
WEEKEND = [{"kind": "weekly", "days": ["SAT", "SUN"]}]

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"overlap": "sometimes"}, "overlap"),
    ({"max_active": 0}, "max_active"),
    ({"max_active": 1001}, "max_active"),
    ({"max_active": 2, "overlap": "cancel_other"}, "max_active"),
    ({"max_active": 2, "overlap": "terminate_other"}, "max_active"),
    ({"catchup": "some"}, "catchup"),
    ({"catchup_window": -SECOND}, "catchup_window"),
    ({"catchup_window": timedelta(days=30) + SECOND}, "catchup_window"),
    ({"catchup_max": 0}, "catchup_max"),
    ({"catchup_max": 2**31}, "catchup_max"),
    ({"start_deadline": timedelta(0)}, "start_deadline"),
    ({"start_deadline": timedelta(days=31)}, "start_deadline"),
    ({"auto_pause_after": -1}, "auto_pause_after"),
    ({"auto_pause_after": 1001}, "auto_pause_after"),
    ({"max_executions": 0}, "max_executions"),
    ({"max_executions": 2**31}, "max_executions"),
    ({"on_complete": "explode"}, "on_complete"),
    ({"on_excluded": "sulk"}, "on_excluded"),
    ({"spread": "thin"}, "spread"),
    ({"spread": "jitter"}, "spread_window"),
    ({"spread": "window", "spread_window": SECOND / 2}, "spread_window"),
    ({"spread": "window", "spread_window": timedelta(days=2)}, "spread_window"),
    ({"calendars": [NOBODY]}, "calendars[0]"),
    ({"calendars": [NOBODY] * 2}, "calendars"),
    ({"calendars": [UUID(int=n) for n in range(21)]}, "calendars"),
    ({"end_at": at(-1)}, "end_at"),
    ({"start_at": at(5), "end_at": at(4)}, "end_at"),
    (
        {"start_at": at(5), "end_at": at(5) + SECOND, "rules": [{"kind": "cron", "expression": "0 0 * * *"}]},
        "end_at",
    ),
    ({"rules": [*EVERY_MINUTE, {"kind": "after_completion", "delay_seconds": 0}]}, "rules[1].delay_seconds"),
    ({"rules": EVERY_MINUTE * 21}, "rules"),
    ({"rules": [{"kind": "one_time", "at": at(-1).isoformat()}]}, "rules[0].at"),
    ({"rules": [5]}, "rules[0].kind"),
    ({"priority": -1}, "priority"),
    ({"queue": ""}, "queue"),
    ({"name": ""}, "name"),
    ({"description": "d" * 2001}, "description"),
    ({"managed_by": "m" * 101}, "managed_by"),
]


def fields(refusal: pytest.ExceptionInfo[InvalidSchedule]) -> set[str]:
    return {error["path"] for error in refusal.value.errors}


@pytest.mark.parametrize(
    ("settings", "path"), WRONG, ids=[f"{path}-{n}" for n, (_, path) in enumerate(WRONG)]
)
def test_a_wrong_setting_is_named_and_saves_nothing(
    minutely: MakeMinutely, settings: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidSchedule) as on_create:
        minutely(**settings)
    assert not Schedule.objects.exists()
    schedule = minutely()
    with pytest.raises(InvalidSchedule) as on_change:
        services.change(schedule, now=at(0), **settings)

    assert path in fields(on_create)
    assert path in fields(on_change)
    assert Schedule.objects.get().version == Schedule.history.count() == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"max_active": 1000, "overlap": "queue"},
        {"catchup_window": timedelta(days=30), "catchup_max": 1},
        {"start_deadline": SECOND, "auto_pause_after": 1000},
        {"spread": "jitter", "spread_window": timedelta(hours=24)},
        {"start_at": at(5), "end_at": at(5)},
        {"max_executions": 1, "on_complete": "archive"},
    ],
)
def test_the_widest_settings_are_accepted_and_kept(minutely: MakeMinutely, settings: dict[str, Any]) -> None:
    schedule = minutely(**settings)

    stored = Schedule.objects.get()
    kept = {name: getattr(stored, name) for name in settings}
    assert kept == settings | ({"overlap": "buffer_all"} if "overlap" in settings else {})
    assert schedule.state == "active"


def test_every_problem_is_told_at_once(minutely: MakeMinutely) -> None:
    with pytest.raises(InvalidSchedule) as refusal:
        minutely(max_active=0, spread="thin", catchup_max=0, calendars=[NOBODY], end_at=at(-5), rules=[])

    assert {"max_active", "spread", "catchup_max", "calendars[0]", "rules"} <= fields(refusal)


def test_every_message_says_what_to_write(minutely: MakeMinutely) -> None:
    for settings, _ in WRONG:
        with pytest.raises(InvalidSchedule) as refusal:
            minutely(**settings)
        assert all(len(error["message"].split()) >= 3 for error in refusal.value.errors), settings


def test_a_limit_below_the_starts_that_were_made_is_refused(minutely: MakeMinutely) -> None:
    schedule = minutely()
    Schedule.objects.update(fires=5)

    with pytest.raises(InvalidSchedule, match="5 starts"):
        services.change(schedule, now=at(0.5), max_executions=4)


def test_a_rule_that_its_calendars_exclude_altogether_is_refused(minutely: MakeMinutely) -> None:
    other = minutely("other")
    calendar = services.create_calendar(other.organization, now=at(0), name="weekend", entries=WEEKEND)

    with pytest.raises(InvalidSchedule) as refusal:
        minutely(calendars=[calendar.pk], rules=[{"kind": "cron", "expression": "0 9 * * SAT"}])

    assert fields(refusal) == {"calendars"}


@pytest.mark.parametrize(("every", "window"), [(60, 60), (75_599, 60), (86_400, 24 * 60)])
def test_the_window_follows_the_period_where_it_is_left_out(
    minutely: MakeMinutely, every: int, window: int
) -> None:
    schedule = minutely(rules=[{"kind": "interval", "every_seconds": every}])

    assert schedule.catchup_window == window * MINUTE


def test_without_spread_its_length_is_nothing(minutely: MakeMinutely) -> None:
    assert minutely(spread_window=5 * MINUTE).spread_window == timedelta(0)


def test_what_is_no_setting_is_refused(minutely: MakeMinutely) -> None:
    with pytest.raises(TypeError, match="cursor_at"):
        services.change(minutely(), now=at(0), cursor_at=at(9))
