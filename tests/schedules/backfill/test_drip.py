"""A backfill hands out its times, a few at a time."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from events.models import Event
from executions.models import Execution
from schedules import services as schedules
from schedules.backfill import drip, services
from schedules.models import Backfill, Schedule
from tests.conftest import MakeWorkflow
from tests.schedules.backfill.conftest import HOUR, NOON, Ask, MakeSchedule, finish_one, hours, ran
from workflows import services as workflows

pytestmark = pytest.mark.django_db

RunOut = Callable[[Backfill], Backfill]
Seconds = Iterator[datetime]


def test_the_times_that_an_outage_took_are_run_once_and_oldest_first(
    schedule: Schedule, record: Callable[..., Execution], run_out: RunOut
):
    for at in hours(10, 9, 2):
        record(at)

    backfill = services.request(
        schedule, by="ada", now=NOON, from_at=NOON - 10 * HOUR, to_at=NOON - HOUR, input={"n": 7}
    )
    done = run_out(backfill)

    assert (done.state, done.total, done.started, done.skipped) == ("completed", 10, 7, 3)
    assert ran(done) == hours(8, 7, 6, 5, 4, 3, 1)
    execution = Execution.objects.filter(fire_kind=done.fire_kind).first()
    assert execution is not None
    assert (execution.source, execution.schedule_id, execution.input) == ("backfill", schedule.pk, {"n": 7})
    assert (execution.priority, execution.started_by, execution.state) == (3, "ada", "completed")
    told = Event.objects.filter(type__startswith="schedule.backfill.").order_by("id")
    assert list(told.values_list("type", flat=True)) == [
        "schedule.backfill.started",
        "schedule.backfill.completed",
    ]


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize(
    ("order", "ago"), [("oldest_first", range(10, 0, -1)), ("newest_first", range(1, 11))]
)
def test_times_start_in_the_order_that_was_asked_for(
    ask: Ask, run_out: RunOut, order: str, ago: range, concurrency: int
):
    done = run_out(ask(order=order, concurrency=concurrency))

    assert ran(done) == hours(*ago)


@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
@pytest.mark.parametrize("concurrency", [1, 2, 4])
def test_no_more_than_its_concurrency_run_at_once(ask: Ask, seconds: Seconds, order: str, concurrency: int):
    backfill = ask(order=order, concurrency=concurrency)
    peaks = set()
    for now in (next(seconds) for _ in range(25)):
        drip.drip_due(now=now)
        peaks.add(Execution.objects.filter(state="running").count())
        finish_one()

    assert max(peaks) == concurrency
    assert Execution.objects.filter(fire_kind=backfill.fire_kind, state="completed").count() == 10


def test_it_is_not_completed_before_its_last_execution_has_ended(ask: Ask, seconds: Seconds, drain):
    backfill = ask(from_at=NOON - HOUR)
    for _ in range(3):
        drip.drip_due(now=next(seconds))
    backfill.refresh_from_db()
    assert (backfill.state, backfill.started) == ("running", 1)

    drain()
    drip.drip_due(now=next(seconds))

    backfill.refresh_from_db()
    assert backfill.state == "completed"


def test_a_long_range_is_recorded_only_a_few_executions_ahead(make_schedule: MakeSchedule, ask: Ask):
    minutely = make_schedule("* * * * *", name="minutely")
    backfill = ask(minutely, from_at=NOON - 100 * HOUR, concurrency=2)

    assert [drip.drip_due(now=NOON + timedelta(seconds=n)) for n in range(4)] == [20, 2, 0, 0]

    backfill.refresh_from_db()
    assert (backfill.started, backfill.total) == (22, 5941)


def test_many_backfills_have_their_turn_whatever_one_call_gets_done(
    make_schedule: MakeSchedule, ask: Ask, seconds: Seconds
):
    backfills = [ask(make_schedule("* * * * *", name=f"s{n}"), concurrency=30) for n in range(8)]

    for now in (next(seconds) for _ in range(30)):
        drip.drip_due(now=now)

    for backfill in backfills:
        assert Execution.objects.filter(fire_kind=backfill.fire_kind).count() == 50


@pytest.mark.parametrize("stop", ["pause", "disable"])
def test_pause_limits_and_catch_up_of_the_schedule_do_not_hold_it_up(
    make_schedule: MakeSchedule, ask: Ask, run_out: RunOut, stop: str
):
    limited = make_schedule(
        name="limited", max_executions=1, catchup="none", catchup_window=timedelta(0), auto_pause_after=1
    )
    getattr(schedules, stop)(limited, by="ada", now=NOON)

    done = run_out(ask(limited))

    assert (done.state, done.started) == ("completed", 10)
    limited.refresh_from_db()
    assert limited.fires == 0


def test_times_that_a_calendar_excludes_are_left_out(
    make_schedule: MakeSchedule, ask: Ask, run_out: RunOut, organization
):
    window = {"kind": "instants", "from": "2026-06-01T04:30:00Z", "to": "2026-06-01T08:30:00Z"}
    calendar = schedules.create_calendar(organization, now=NOON, name="freeze", entries=[window])
    frozen = make_schedule(name="frozen", calendars=[calendar.pk])

    done = run_out(ask(frozen))

    assert done.total == done.started == 6
    assert ran(done) == hours(10, 9, 8, 3, 2, 1)


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda s: workflows.archive(s.workflow), "NotStartable"),
        (lambda s: schedules.archive(s, by="ada", now=NOON), "ScheduleArchived"),
        (lambda s: Schedule.objects.filter(pk=s.pk).update(rules=[{"kind": "cron"}]), "InvalidCron"),
        (lambda s: Schedule.objects.filter(pk=s.pk).update(rules=5), "TypeError"),
        (lambda s: Schedule.objects.filter(pk=s.pk).update(input={"n": "x"}), "InvalidInput"),
        (
            lambda s: schedules.change(s, now=NOON, rules=[{"kind": "cron", "expression": "* * * * *"}]),
            "RulesChanged",
        ),
    ],
)
def test_one_that_cannot_go_on_is_cancelled_with_the_reason_and_the_others_go_on(
    *,
    make_schedule: MakeSchedule,
    make_workflow: MakeWorkflow,
    ask: Ask,
    run_out: RunOut,
    break_it: Callable[[Schedule], Any],
    reason: str,
):
    good = ask()
    workflow = make_workflow(name="bad", inputs={"properties": {"n": {"type": "integer"}}})
    bad_one = make_schedule(name="bad", workflow=workflow)
    bad = ask(bad_one)
    break_it(bad_one)

    assert run_out(good).state == "completed"

    bad.refresh_from_db()
    assert (bad.state, bad.reason.split(":")[0]) == ("cancelled", reason)
    assert bad.finished_at is not None
    assert not Execution.objects.filter(fire_kind=bad.fire_kind, state__in=["pending", "running"]).exists()
    (event,) = Event.objects.filter(type="schedule.backfill.cancelled")
    assert event.data["reason"].startswith(reason)


STATEMENTS = [
    ("INSERT", "executions_execution"),
    ("INSERT", "executions_steprun"),
    ("INSERT", "events_event"),
    ("UPDATE", "schedules_backfill"),
]


@pytest.mark.parametrize(("act", "table"), STATEMENTS)
def test_one_that_dies_at_any_statement_loses_nothing_and_repeats_nothing(
    ask: Ask, run_out: RunOut, act: str, table: str
):
    backfill = ask()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql "
            "AS $$BEGIN RAISE 'died' USING ERRCODE = 'lock_not_available'; END$$"
        )
        cursor.execute(f"CREATE TRIGGER die BEFORE {act} ON {table} FOR EACH ROW EXECUTE FUNCTION die()")
    with pytest.raises(OperationalError, match="died"):
        drip.drip_due(now=NOON)
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION die CASCADE")
    assert not Execution.objects.exists()

    done = run_out(backfill)

    assert (done.started, done.skipped, ran(done)) == (10, 0, hours(*range(10, 0, -1)))


def test_a_time_that_it_has_recorded_is_never_recorded_again(ask: Ask, run_out: RunOut):
    done = run_out(ask(reprocess="all"))
    Backfill.objects.update(
        state="running", next_at=NOON, finished_at=None, cursor_at=None, started=0, skipped=0
    )

    again = run_out(done)

    assert (again.started, again.skipped) == (0, 10)
    assert Execution.objects.count() == 10


def test_a_failed_execution_does_not_stop_it(
    make_schedule: MakeSchedule, make_workflow: MakeWorkflow, ask: Ask, run_out: RunOut
):
    failing = {"id": "fails", "kind": "set", "values": {"x": "${{ 1 / 0 }}"}}
    done = run_out(ask(make_schedule(name="fails", workflow=make_workflow(failing, name="fails"))))

    assert (done.state, done.started) == ("completed", 10)
    assert Execution.objects.filter(state="failed").count() == 10
