"""Why a time was not started, or when it was, in the words of its own case."""

from datetime import timedelta

import pytest
from django.db import transaction

import clock
from executions.admitting import admission
from executions.models import Execution, StepRun
from schedules import services
from schedules.backfill import drip
from schedules.backfill import services as backfills
from schedules.explain import Answer
from schedules.models import Schedule
from tests.schedules.explain.conftest import MINUTE, NOON, At, MakeSchedule, beat, outcomes, ranged

SECOND = timedelta(seconds=1)


def pages(schedule: Schedule, *, minutes: int) -> list[str]:
    return [answer.why for answer in ranged(schedule, minutes=minutes)]


def the(answers: list[Answer]) -> Answer:
    (answer,) = answers
    return answer


def test_a_start_past_its_deadline_names_the_deadline(make: MakeSchedule, at: At) -> None:
    schedule = make(catchup="all", start_deadline=10 * SECOND)
    at(NOON + MINUTE + 15 * SECOND)
    beat()

    assert the(ranged(schedule, minutes=1)).why == (
        "Not started: past its start deadline of 10s; reached at 2026-06-01T12:01:15+00:00."
    )


def test_a_time_cut_by_catchup_max_names_it(make: MakeSchedule, at: At) -> None:
    schedule = make(catchup="all", catchup_max=1)
    at(NOON + 2 * MINUTE)
    beat()

    cut, _started = ranged(schedule, minutes=2)

    assert cut.why.startswith("Not started: newer times take its place: catchup_max is 1; reached at ")


def test_a_run_that_waited_past_its_window_says_so_once(make: MakeSchedule, at: At) -> None:
    schedule = make(overlap="buffer_all", catchup_window=MINUTE)
    for minute in (1, 2):
        at(NOON + minute * MINUTE)
        beat()
    admission.release([schedule.pk], now=at(NOON + 4 * MINUTE))

    dropped = ranged(schedule, minutes=2)[1]

    assert (dropped.reason, dropped.why) == (
        "misfire",
        "Not started: waited longer than its catch-up window.",
    )


def test_a_cancelled_backfill_is_no_overlap(make: MakeSchedule, at: At) -> None:
    schedule = make(start_at=NOON)
    Schedule.objects.filter(pk=schedule.pk).update(cursor_at=NOON + 5 * MINUTE)
    at(NOON + 5 * MINUTE)
    wanted = {"from_at": NOON + MINUTE, "to_at": NOON + 2 * MINUTE, "overlap": "allow_all", "concurrency": 1}
    backfill = backfills.request(schedule, by="ada", now=clock.now(), **wanted)
    drip.drip_due(now=clock.now())
    backfills.cancel(backfill, by="ada", now=clock.now())

    dropped = ranged(schedule, minutes=2)[1]

    assert (dropped.outcome, dropped.reason) == ("skipped", "cancelled")
    assert dropped.why == "Not started: its backfill was cancelled."


def test_a_start_that_waited_says_since_when_and_until_when(make: MakeSchedule, at: At) -> None:
    schedule = make(overlap="buffer_one")
    for minute in (1, 2):
        at(NOON + minute * MINUTE)
        beat()
    first, second = Execution.objects.order_by("fire_at")
    Execution.objects.filter(pk=first.pk).update(state="completed", finished_at=clock.now())
    admission.release([schedule.pk], now=at(NOON + 2 * MINUTE + 5 * SECOND))
    StepRun.objects.filter(execution=second).update(attempt=1)

    answer = ranged(schedule, minutes=2)[1]

    assert answer.why == (
        "Recorded at 2026-06-01 12:02:00 +00:00, waited 5 seconds for its place and got it at"
        f" 2026-06-01 12:02:05 +00:00 as execution {second.pk}, now running."
    )
    assert answer.runs[0].admitted_at == NOON + 2 * MINUTE + 5 * SECOND


def test_a_start_that_a_worker_has_taken_is_started_to_the_second(make: MakeSchedule, at: At) -> None:
    schedule = make()
    at(NOON + MINUTE)
    beat()
    StepRun.objects.update(attempt=1)

    execution = Execution.objects.get()
    assert pages(schedule, minutes=1) == [
        f"Started at 2026-06-01 12:01:00 +00:00 as execution {execution.pk}, now running."
    ]


def test_a_refused_overlap_is_told_once(make: MakeSchedule, at: At) -> None:
    schedule = make(overlap="skip")
    for minute in (1, 2):
        at(NOON + minute * MINUTE)
        beat()

    assert pages(schedule, minutes=2)[1] == (
        "Not started: another run of the schedule was active or waiting."
    )


def test_a_time_that_was_left_out_on_request_is_told_once(make: MakeSchedule, at: At) -> None:
    schedule = make()
    services.skip(schedule, by="ada", now=clock.now(), at=NOON + MINUTE)

    before = pages(schedule, minutes=1)
    at(NOON + 2 * MINUTE)
    services.pause(schedule, by="ada", now=clock.now())

    assert before == ["Will not start: a person asked to leave it out."]
    assert pages(schedule, minutes=1) == ["Not started: a person asked to leave it out."]
    assert outcomes(ranged(schedule, minutes=1)) == [(1, "skipped", "requested")]


@pytest.mark.parametrize("stop", [services.pause, services.disable])
def test_a_time_that_passes_while_it_is_stopped_is_skipped_before_and_after_the_resume(
    make: MakeSchedule, at: At, stop
) -> None:
    schedule = make()
    stop(schedule, by="ada", now=clock.now())
    at(NOON + MINUTE)
    during = outcomes(ranged(schedule, minutes=1))
    with transaction.atomic():
        services.resume(schedule, by="ada", now=clock.now())

    after = outcomes(ranged(schedule, minutes=1))

    assert during == after
    assert (after[0][1], pages(schedule, minutes=1)[0].count("by ada")) == ("skipped", 1)
    assert ": )" not in pages(schedule, minutes=1)[0]


def test_a_spread_that_puts_a_time_of_a_pause_off_beyond_its_end_lets_it_start(make: MakeSchedule) -> None:
    hourly = [{"kind": "cron", "expression": "0 * * * *"}]
    schedule = make(rules=hourly, spread="window", spread_window=60 * MINUTE)
    due_at = schedule.next_due_at
    assert due_at is not None
    services.pause(schedule, by="ada", now=clock.now(), until=due_at - SECOND)

    assert outcomes(ranged(schedule, minutes=60)) == [(60, "will_fire", "")]


def test_the_last_times_of_a_limit_are_past_once_they_have_passed(make: MakeSchedule, at: At) -> None:
    schedule = make(max_executions=1)
    at(NOON + MINUTE)
    beat()
    at(NOON + 2 * MINUTE)

    assert outcomes(ranged(schedule, minutes=3))[1:] == [
        (2, "skipped", "limit"),
        (3, "will_not_fire", "limit"),
    ]
    assert pages(schedule, minutes=3)[1:] == [
        "Not started: a limit was reached.",
        "Will not start: a limit is reached.",
    ]
