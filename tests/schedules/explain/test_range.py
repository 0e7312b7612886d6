"""What became of each time of a range."""

from datetime import timedelta

import clock
from executions.models import Execution
from schedules import services
from schedules.explain import explain_range
from schedules.models import Schedule, SkippedFire
from tests.schedules.explain.conftest import HOUR, MINUTE, NOON, At, MakeSchedule, beat, outcomes, ranged


def test_a_started_time_names_its_execution_and_how_it_stands(make: MakeSchedule, at: At) -> None:
    schedule = make()
    at(NOON + MINUTE)
    beat()

    (first, *_) = ranged(schedule, minutes=1)

    execution = Execution.objects.get()
    assert (first.outcome, first.fire_at, first.version) == ("started", NOON + MINUTE, 1)
    assert [(run.id, run.kind, run.state) for run in first.runs] == [(execution.pk, "auto", "running")]
    assert first.why == (
        f"Recorded at 2026-06-01 12:01:00 +00:00 as execution {execution.pk}, ready: no worker has taken it yet."
    )


def test_a_time_to_come_will_fire_and_one_that_beat_has_not_seen_is_pending(
    make: MakeSchedule, at: At
) -> None:
    schedule = make()
    at(NOON + MINUTE)

    pending, coming = ranged(schedule, minutes=2)

    assert (pending.outcome, coming.outcome) == ("pending", "will_fire")
    assert pending.why == "Due since 2026-06-01 12:01:00 +00:00; beat has not looked at it yet."
    assert coming.why == "Will start at 2026-06-01 12:02:00 +00:00."


def test_a_time_with_spread_says_when_it_is_due(make: MakeSchedule) -> None:
    schedule = make(spread="jitter", spread_window=timedelta(seconds=30))

    (coming,) = ranged(schedule, minutes=1)

    assert coming.due_at is not None
    assert coming.fire_at < coming.due_at < coming.fire_at + timedelta(seconds=30)


def test_an_outage_is_told_time_by_time_from_one_recorded_range(make: MakeSchedule, at: At) -> None:
    schedule = make()
    at(NOON + 5 * MINUTE)
    beat()

    answers = ranged(schedule, minutes=5)

    skip = SkippedFire.objects.get()
    assert [one.outcome for one in answers] == ["skipped"] * 4 + ["started"]
    assert {(one.skip.count, one.reason) for one in answers[:4] if one.skip} == {(skip.count, "misfire")}
    assert answers[0].why == (
        "Not started: a newer time takes its place: catchup is latest; reached at 2026-06-01T12:05:00+00:00."
    )


def test_a_refused_overlap_is_told_from_a_waiting_run(make: MakeSchedule, at: At) -> None:
    skips, waits = make("skips", overlap="skip"), make("waits", overlap="buffer_one")
    for minute in (1, 2, 3):
        at(NOON + minute * MINUTE)
        beat()

    assert outcomes(ranged(skips, minutes=3)) == [
        (1, "started", ""),
        (2, "skipped", "overlap"),
        (3, "skipped", "overlap"),
    ]
    assert outcomes(ranged(waits, minutes=3)) == [
        (1, "started", ""),
        (2, "waiting", ""),
        (3, "skipped", "overlap"),
    ]
    assert (
        "waits for a place, of the schedule or in a limit of the workflow, until 2026-06-01 13:02"
        in ranged(waits, minutes=3)[1].why
    )


def test_a_run_that_was_dropped_while_it_waited_is_a_skipped_time(make: MakeSchedule, at: At) -> None:
    schedule = make(overlap="buffer_all")
    for minute in (1, 2):
        at(NOON + minute * MINUTE)
        beat()
    services.change(schedule, now=clock.now(), overlap="skip")

    started, dropped = ranged(schedule, minutes=2)

    assert (started.outcome, dropped.outcome, dropped.reason) == ("started", "skipped", "overlap")
    assert "the overlap policy became skip" in dropped.why
    assert [run.has_begun for run in dropped.runs] == [False]


def test_a_paused_schedule_says_who_paused_it_and_until_when_nothing_fires(
    make: MakeSchedule, at: At
) -> None:
    schedule = make()
    services.pause(schedule, by="ada", reason="stocktaking", until=NOON + 3 * MINUTE, now=clock.now())
    at(NOON + MINUTE)

    answers = ranged(schedule, minutes=4)

    assert outcomes(answers) == [
        (1, "skipped", "paused"),
        (2, "will_not_fire", "paused"),
        (3, "will_not_fire", "paused"),
        (4, "will_fire", ""),
    ]
    assert answers[0].why == "Not started: the schedule was paused (by ada: stocktaking)."
    assert answers[1].why == "Will not start: the schedule is paused (by ada: stocktaking)."


def test_a_pause_that_is_over_is_told_from_its_record(make: MakeSchedule, at: At) -> None:
    schedule = make()
    services.pause(schedule, by="ada", reason="stocktaking", now=clock.now())
    at(NOON + 2 * MINUTE)
    services.resume(schedule, by="ada", now=clock.now())

    assert outcomes(ranged(schedule, minutes=3)) == [
        (1, "skipped", "paused"),
        (2, "skipped", "paused"),
        (3, "will_fire", ""),
    ]


def test_disabled_archived_and_broken_schedules_say_so(make: MakeSchedule) -> None:
    disabled, archived, broken = make("disabled"), make("archived"), make("broken")
    services.disable(disabled, by="ada", now=clock.now(), reason="moved")
    services.archive(archived, by="ada", now=clock.now())
    Schedule.objects.filter(pk=broken.pk).update(state="error", error="input.n: is missing", next_due_at=None)

    assert outcomes(ranged(disabled, minutes=1)) == [(1, "will_not_fire", "disabled")]
    assert outcomes(ranged(archived, minutes=1)) == [(1, "will_not_fire", "archived")]
    assert ranged(broken, minutes=1)[0].why == (
        "Will not start: the schedule is in error (input.n: is missing)."
    )


def test_a_limit_of_starts_ends_the_times_that_will_fire(make: MakeSchedule, at: At) -> None:
    schedule = make(max_executions=2)
    at(NOON + MINUTE)
    beat()

    ahead = outcomes(ranged(schedule, minutes=3))
    at(NOON + 3 * MINUTE)
    beat()

    assert ahead == [(1, "started", ""), (2, "will_fire", ""), (3, "will_not_fire", "limit")]
    assert outcomes(ranged(schedule, minutes=4))[-1] == (4, "will_not_fire", "limit")


def test_times_after_the_limit_stay_explained_when_it_is_raised(make: MakeSchedule, at: At) -> None:
    schedule = make(max_executions=1)
    at(NOON + MINUTE)
    beat()
    at(NOON + 3 * MINUTE)
    services.change(schedule, now=clock.now(), max_executions=5)

    assert outcomes(ranged(schedule, minutes=4)) == [
        (1, "started", ""),
        (2, "skipped", "limit"),
        (3, "skipped", "limit"),
        (4, "will_fire", ""),
    ]


def test_a_calendar_and_a_request_leave_times_out(make: MakeSchedule) -> None:
    lunch = services.create_calendar(
        make("other").organization,
        name="lunch",
        now=clock.now(),
        entries=[{"kind": "instants", "from": "2026-06-01T12:02:00Z", "to": "2026-06-01T12:03:00Z"}],
    )
    schedule = make(calendars=[lunch.pk])
    services.skip(schedule, by="ada", now=clock.now(), at=NOON + 3 * MINUTE)

    assert outcomes(ranged(schedule, minutes=4)) == [
        (1, "will_fire", ""),
        (2, "will_not_fire", "calendar"),
        (3, "will_not_fire", "requested"),
        (4, "will_fire", ""),
    ]


def test_an_edited_schedule_explains_its_past_by_the_rules_of_then(make: MakeSchedule, at: At) -> None:
    schedule = make()
    for minute in (1, 2):
        at(NOON + minute * MINUTE)
        beat()
    services.change(schedule, now=clock.now(), rules=[{"kind": "cron", "expression": "*/5 * * * *"}])
    at(NOON + 10 * MINUTE)
    beat()

    answers = ranged(schedule, minutes=15)

    assert outcomes(answers) == [
        (1, "started", ""),
        (2, "started", ""),
        (5, "skipped", "misfire"),
        (10, "started", ""),
        (15, "will_fire", ""),
    ]
    assert [one.version for one in answers] == [1, 1, 2, 2, 2]


def test_a_new_name_is_no_new_period(make: MakeSchedule, at: At) -> None:
    schedule = make()
    at(NOON + MINUTE)
    services.change(schedule, now=clock.now(), name="renamed")

    assert [(one.outcome, one.version) for one in ranged(schedule, minutes=2)] == [
        ("pending", 1),
        ("will_fire", 1),
    ]


def test_what_no_rule_names_is_listed_if_it_was_recorded(make: MakeSchedule, at: At) -> None:
    schedule = make(rules=[{"kind": "cron", "expression": "0 * * * *"}])
    at(NOON + MINUTE)
    services.trigger(schedule, by="ada", now=clock.now())
    SkippedFire.objects.create(
        schedule=schedule,
        first_fire_at=NOON + 2 * MINUTE,
        last_fire_at=NOON + 2 * MINUTE,
        count=1,
        reason="misfire",
        created_at=NOON,
    )

    by_hand, skipped = ranged(schedule, minutes=5)

    assert (by_hand.outcome, by_hand.version, by_hand.due_at) == ("started", None, None)
    assert " by hand (ada) as execution " in by_hand.why
    assert (skipped.outcome, skipped.version) == ("skipped", None)


def test_a_delay_after_completion_explains_its_past_by_its_records(make: MakeSchedule, at: At) -> None:
    schedule = make(rules=[{"kind": "after_completion", "delay_seconds": 60}])
    at(NOON + MINUTE)
    beat()

    assert outcomes(ranged(schedule, minutes=5)) == [(1, "started", "")]


def test_a_full_answer_says_where_to_go_on(make: MakeSchedule) -> None:
    schedule = make()
    later = NOON + HOUR

    first = explain_range(schedule, from_at=NOON, to_at=later, now=NOON, limit=7)
    assert first.continue_from is not None
    second = explain_range(schedule, from_at=first.continue_from, to_at=later, now=NOON)

    assert (len(first.answers), len(second.answers), second.continue_from) == (7, 53, None)
    assert first.continue_from == NOON + 8 * MINUTE


def test_a_schedule_whose_rules_broke_still_lists_what_is_recorded(make: MakeSchedule, at: At) -> None:
    schedule = make()
    at(NOON + MINUTE)
    beat()
    Schedule.objects.filter(pk=schedule.pk).update(rules=[{"kind": "cron", "expression": "61 * * * *"}])

    assert outcomes(ranged(schedule, minutes=5)) == [(1, "started", "")]


def test_an_answer_costs_one_query_of_each_kind(
    make: MakeSchedule, at: At, django_assert_num_queries
) -> None:
    schedule = make()
    for minute in (1, 5, 6):
        at(NOON + minute * MINUTE)
        beat()
    schedule.refresh_from_db()

    with django_assert_num_queries(4):  # versions, executions, their steps, skipped times
        explain_range(schedule, from_at=NOON, to_at=NOON + HOUR, now=NOON)
