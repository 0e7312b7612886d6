"""Pausing after failures: what counts, when, and what stops nothing."""

import pytest

import clock
from executions.models import Execution
from schedules import endings, services
from schedules.models import Schedule
from tests.schedules.minutes import (
    BROKEN,
    Beat,
    MakeMinutely,
    at,
    claim,
    end_all,
    finish,
    fired,
    skipped,
    stands,
)


def test_what_was_due_when_it_paused_is_recorded(minutely: MakeMinutely, beat: Beat) -> None:
    fragile = minutely(auto_pause_after=1)
    beat(1)
    end_all([BROKEN])

    beat(1.5)
    services.resume(fragile, by="ada", now=at(4.5))

    assert skipped(fragile) == [("paused", 2, 4, 3)]
    assert stands(fragile) == ("active", 5)


def test_failures_from_before_a_resume_do_not_count(minutely: MakeMinutely, beat: Beat) -> None:
    fragile = minutely(auto_pause_after=1, overlap="allow_all")
    beat(1)
    beat(2)
    first, second = claim(), claim()
    finish(first, BROKEN)
    beat(2.1)
    assert stands(fragile)[0] == "paused"

    services.resume(fragile, by="ada", now=at(2.5))
    finish(second, BROKEN)
    beat(2.6)

    assert stands(fragile) == ("active", 3)
    assert fragile.consecutive_failures == 0


def test_a_resume_starts_the_count_again(minutely: MakeMinutely, beat: Beat) -> None:
    fragile = minutely(auto_pause_after=2)
    beat(1)
    end_all([BROKEN])
    beat(1.1)
    services.pause(fragile, by="ada", now=at(1.2))
    services.resume(fragile, by="ada", now=at(1.3))

    beat(2)
    end_all([BROKEN])
    beat(2.1)

    assert stands(fragile) == ("active", 3)


def test_a_failed_run_by_hand_does_not_count(minutely: MakeMinutely, beat: Beat) -> None:
    fragile = minutely(auto_pause_after=1)
    services.trigger(fragile, by="ada", now=at(0.5))

    end_all([BROKEN])
    beat(0.6)

    assert stands(fragile) == ("active", 1)


def test_each_end_counts_once_however_often_beat_looks(minutely: MakeMinutely, beat: Beat) -> None:
    fragile = minutely(auto_pause_after=2)
    beat(1)
    end_all([BROKEN])

    for _ in range(3):
        endings.follow_ends()

    fragile.refresh_from_db()
    assert fragile.consecutive_failures == 1
    assert not Execution.objects.filter(is_watched=True).exists()


def test_a_schedule_without_the_setting_is_not_told(minutely: MakeMinutely, beat: Beat) -> None:
    schedule = minutely()
    beat(1)
    end_all([BROKEN])

    assert endings.follow_ends() == 0
    assert stands(schedule) == ("active", 2)


def test_ends_of_a_purged_schedule_are_taken_and_forgotten(minutely: MakeMinutely, beat: Beat) -> None:
    gone = minutely(auto_pause_after=1)
    beat(1)
    archived = services.archive(gone, by="ada", now=at(1.5))
    services.purge(archived, by="ada", now=at(1.6))

    end_all([BROKEN])
    endings.follow_ends()

    assert not Execution.objects.filter(is_watched=True).exists()


@pytest.mark.parametrize("stop", [services.pause, services.disable, services.archive])
def test_ends_of_a_stopped_schedule_change_no_state(minutely: MakeMinutely, beat: Beat, stop: object) -> None:
    fragile = minutely(auto_pause_after=1)
    beat(1)
    stopped = stop(fragile, by="ada", now=at(1.5))  # type: ignore[operator]

    end_all([BROKEN])
    beat(1.6)

    assert stands(fragile) == (stopped.state, None)


@pytest.mark.parametrize("rules", [5, [5], [{"kind": "after_completion"}], [{"kind": "cron"}]])
def test_a_schedule_whose_rules_somebody_broke_keeps_no_other_from_being_told(
    minutely: MakeMinutely, beat: Beat, rules: object
) -> None:
    bad, good = minutely("bad", auto_pause_after=1), minutely("good", auto_pause_after=1)
    beat(1)
    end_all([BROKEN, BROKEN])
    Schedule.objects.filter(pk=bad.pk).update(rules=rules)

    endings.follow_ends()

    assert stands(good)[0] == "paused"
    assert stands(bad)[0] in {"paused", "error"}


def test_runs_of_a_pass_that_fail_together_pause_it_once(minutely: MakeMinutely, beat: Beat) -> None:
    fragile = minutely(auto_pause_after=2, overlap="allow_all", catchup="all")
    beat(5)
    end_all([BROKEN] * 5)

    beat(5.1)

    assert (stands(fragile), fragile.consecutive_failures) == (("paused", None), 5)
    assert fired(fragile) == [1, 2, 3, 4, 5]
    assert clock.now() == at(5.1)
