"""Lives of schedules at random: every nominal time is one execution or one recorded skip."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from schedules import fire, services, timetable
from schedules.models import Schedule, SkippedFire
from tests.schedules.minutes import (
    BROKEN,
    MINUTE,
    Beat,
    MakeMinutely,
    SetClock,
    accounted,
    at,
    end_all,
    fired,
)

SPREAD = {"spread": "window", "spread_window": MINUTE}
POLICIES = ("skip", "buffer_one", "buffer_all", "cancel_other", "terminate_other", "allow_all")


def settings_of(chance: random.Random) -> dict[str, Any]:
    return {
        "overlap": chance.choice(POLICIES),
        "catchup": chance.choice(["latest", "earliest", "all", "none"]),
        "catchup_window": MINUTE * chance.choice([1, 5, 60]),
        "catchup_max": chance.choice([None, 2]),
        "auto_pause_after": chance.choice([0, 1, 3]),
        **chance.choice([{}, SPREAD]),
    }


def acts_on(schedule: Schedule, minute: float) -> dict[str, Callable[[], Any]]:
    """Return what may happen to a schedule in a state, by name."""
    how: dict[str, Any] = {"by": "ada", "now": at(minute)}
    stopped: dict[str, Callable[[], Any]] = {
        "resume": partial(services.resume, schedule, **how),
        "catch up": partial(services.resume, schedule, catch_up=True, **how),
    }
    active: dict[str, Callable[[], Any]] = {
        "pause": partial(services.pause, schedule, **how),
        "pause for a while": partial(services.pause, schedule, until=at(minute + 4.2), **how),
        "disable": partial(services.disable, schedule, **how),
        "skip": partial(services.skip, schedule, **how),
        "break": partial(fire.set_aside, schedule.pk, error=ValueError("broken")),
        "edit": partial(services.change, schedule, now=at(minute), max_executions=1_000 + int(minute)),
    }
    return active if schedule.state == "active" else stopped


def due_by(schedule: Schedule, minute: float) -> int:
    """Return how many of its nominal times are due, from noon on."""
    times = timetable.fires(schedule, after=at(0))
    count = 0
    while next(times).due_at <= at(minute):
        count += 1
    return count


@pytest.mark.parametrize("seed", range(20))
def test_every_time_of_a_life_at_random_is_accounted_for_once(
    minutely: MakeMinutely, beat: Beat, set_clock: SetClock, seed: int
) -> None:
    chance = random.Random(seed)
    schedule, minute = minutely(**settings_of(chance)), 0.0

    while minute < 60:
        minute += chance.choice([0.2, 0.9, 1.3, 7.7])
        set_clock(minute)
        live(schedule, minute, chance=chance, beat=beat)
    close(schedule, beat, minute=minute)

    assert accounted(schedule) == due_by(schedule, minute + 1)
    assert_each_once(schedule)


def live(schedule: Schedule, minute: float, *, chance: random.Random, beat: Beat) -> None:
    """Let a person act, or beat pass, or runs end, or all or none of that."""
    schedule.refresh_from_db()
    acts = acts_on(schedule, minute)
    if chance.random() < 0.4:
        acts[chance.choice(list(acts))]()
    if chance.random() < 0.6:
        beat(minute)
    if chance.random() < 0.5:
        end_all([chance.choice([None, BROKEN])])


def close(schedule: Schedule, beat: Beat, *, minute: float) -> None:
    """Let the schedule account for everything up to a minute later."""
    schedule.refresh_from_db()
    if schedule.state != "active":
        services.resume(schedule, by="ada", now=at(minute))
    for later in (0, 0.01, 0.02, 0.03, 1):
        beat(minute + later)
    schedule.refresh_from_db()
    if schedule.state == "paused":  # by a failure of the last run
        services.resume(schedule, by="ada", now=at(minute + 1))


def assert_each_once(schedule: Schedule) -> None:
    """Fail where an execution's time lies in a skipped range that holds nothing but skipped times."""
    dense = [
        row
        for row in SkippedFire.objects.filter(schedule=schedule)
        if row.count == (row.last_fire_at - row.first_fire_at) // timedelta(minutes=1) + 1
    ]
    for minute in fired(schedule):
        assert not [row for row in dense if row.first_fire_at <= at(minute) <= row.last_fire_at]
