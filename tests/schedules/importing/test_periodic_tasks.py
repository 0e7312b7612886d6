"""What becomes of the rows of django-celery-beat."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, PeriodicTask, SolarSchedule

from organizations.models import Organization
from schedules.importing import periodic_tasks, sun
from schedules.importing.entry import Entry
from schedules.importing.foresight import comparison_of
from schedules.importing.names import named
from schedules.importing.takeover import Fate, take_over
from schedules.models import Schedule
from schedules.recurrence import zone_named
from schedules.states import ScheduleState
from tests.schedules.importing.conftest import AUTUMN, WINTER, MakeRow
from workflows.services import definition_of

SOON = AUTUMN + timedelta(days=3)
NINETY_DAYS = timedelta(days=90)


def read(now: datetime = AUTUMN) -> Entry:
    (entry,) = named(periodic_tasks.read({}, now=now).entries)
    return entry


def imported(organization: Organization, *, now: datetime = AUTUMN) -> Schedule:
    outcome = take_over(read(now), organization, now=now, keep=True, disable_old=False)
    assert outcome.schedule is not None, outcome.refusal
    return Schedule.objects.get(pk=outcome.schedule.pk)


def differing(organization: Organization, *, now: datetime = AUTUMN) -> list[tuple[str, str]]:
    """Return the local times that differ in 90 days, with the side that alone has them."""
    outcome = take_over(read(now), organization, now=now, keep=False, disable_old=False)
    comparison = comparison_of(outcome, now=now, ahead=NINETY_DAYS)
    assert comparison is not None, outcome.refusal
    assert outcome.schedule is not None
    zone = zone_named(outcome.schedule.timezone)
    return [(f"{found.at.astimezone(zone):%m-%d %H:%M %z}", found.only) for found in comparison.differences]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("now", [AUTUMN, WINTER])
@pytest.mark.parametrize("expression", ["30 1 * * *", "30 2 * * *", "0 9 * * mon-fri", "15,45 3 1-7 * 1"])
def test_a_fixed_time_fires_as_before_through_every_change_of_the_clock(
    crontab_row: MakeRow, organization: Organization, expression: str, now: datetime, zone: str
) -> None:
    crontab_row(expression, zone=zone)

    assert differing(organization, now=now) == []


def test_a_row_of_every_five_minutes_gains_the_repeated_hour_in_berlin(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("*/5 * * * *")

    found = differing(organization)

    assert found == [(f"10-25 02:{minute:02} +0100", "new") for minute in range(0, 60, 5)]


def test_a_row_of_every_five_minutes_gains_the_repeated_hour_in_new_york(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("*/5 * * * *", zone="America/New_York")

    found = differing(organization)

    assert found == [(f"11-01 01:{minute:02} -0500", "new") for minute in range(0, 60, 5)]


def test_a_row_of_every_five_minutes_is_the_same_in_spring(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("*/5 * * * *")

    assert differing(organization, now=WINTER) == []


def test_an_hour_that_does_not_exist_is_left_out_by_a_rule_that_follows_real_time(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("0 */2 * * *")

    assert differing(organization, now=WINTER) == [("03-28 03:00 +0200", "old")]


def test_of_two_times_in_a_missing_hour_celery_runs_one(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("0,30 2 * * *")

    assert differing(organization, now=WINTER) == [("03-28 03:30 +0200", "new")]


def test_both_day_fields_must_match_as_for_celery(crontab_row: MakeRow, organization: Organization) -> None:
    crontab_row("0 9 1-7 * mon")

    schedule = imported(organization)

    assert schedule.rules == [{"kind": "cron", "expression": "0 9 1-7 * mon", "day_match": "and"}]
    assert any("day_match" in note for note in read().notes)


@pytest.mark.parametrize(
    ("celerys", "ours"),
    [
        ("0 9 * * monday", "0 9 * * 1"),
        ("0 9 * january,feb *", "0 9 * 1,2 *"),
        ("*/15 8-18/2 * * mon-fri", "*/15 8-18/2 * * mon-fri"),
        ("0 22-2 * * fri-mon", "0 22-2 * * fri-mon"),
        ("0 0 * * */2", "0 0 * * */2"),
    ],
)
def test_a_crontab_keeps_its_words_where_they_mean_the_same(
    crontab_row: MakeRow, celerys: str, ours: str
) -> None:
    crontab_row(celerys)

    assert read().settings["rules"][0]["expression"] == ours


def test_what_a_row_runs_becomes_the_step_of_a_workflow(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("30 2 * * *", args='[7, "${{ x"]', kwargs='{"to": "a@example.org"}', queue="mail")

    schedule = imported(organization)

    (step,) = definition_of(schedule.workflow.current_version_id).steps  # type: ignore[arg-type]
    assert step.render({}) == {"args": [7, "${{ x"], "kwargs": {"to": "a@example.org"}}
    assert (step.task, schedule.queue) == ("reports.build", "mail")  # type: ignore[union-attr]
    assert step.timeout == timedelta(hours=24)


def test_the_options_of_the_message_become_settings(crontab_row: MakeRow) -> None:
    crontab_row("30 2 * * *", expire_seconds=90, priority=3, description="Sums of yesterday.")

    settings = read().settings

    assert settings["start_deadline"] == timedelta(seconds=90)
    assert settings["priority"] == 6  # 3 on Redis, where 0 is the highest
    assert settings["overlap"] == "allow_all"
    assert settings["description"] == "Sums of yesterday."


@pytest.mark.parametrize(
    ("column", "value"), [("exchange", "reports"), ("routing_key", "a.b"), ("headers", '{"trace": 1}')]
)
def test_what_has_no_counterpart_is_noted(crontab_row: MakeRow, column: str, value: str) -> None:
    crontab_row("30 2 * * *", **{column: value})

    assert any(note.startswith(f"{column}=") and "not carried over" in note for note in read().notes)


def test_start_and_expiry_bound_the_schedule(crontab_row: MakeRow, organization: Organization) -> None:
    end = SOON + timedelta(days=2)
    crontab_row("0 12 * * *", zone="UTC", start_time=SOON, expires=end)

    schedule = imported(organization)

    assert (schedule.start_at, schedule.end_at) == (SOON, end - timedelta.resolution)
    assert schedule.next_fire_at == SOON


def test_a_start_and_an_expiry_leave_no_difference(crontab_row: MakeRow, organization: Organization) -> None:
    crontab_row("0 12 * * *", zone="UTC", start_time=SOON, expires=SOON + timedelta(days=2))

    assert differing(organization) == []


def test_a_one_off_row_fires_once(crontab_row: MakeRow, organization: Organization) -> None:
    crontab_row("30 2 * * *", one_off=True)

    assert read().settings["max_executions"] == 1
    assert differing(organization) == []


def test_a_disabled_row_is_imported_as_paused(crontab_row: MakeRow, organization: Organization) -> None:
    crontab_row("30 2 * * *", enabled=False)

    schedule = imported(organization)

    assert schedule.state == ScheduleState.PAUSED
    assert schedule.pause_reason == "was disabled in django-celery-beat"


@pytest.mark.parametrize(("every", "period"), [(90, "minutes"), (1, "days"), (7, "seconds"), (3, "hours")])
def test_an_interval_goes_on_from_its_last_run(
    interval_row: MakeRow, organization: Organization, every: int, period: str
) -> None:
    last = AUTUMN - timedelta(seconds=5)
    interval_row(every, period, last=last)

    schedule = imported(organization)

    assert schedule.next_fire_at == last + timedelta(**{period: every})
    assert schedule.rules[0]["basis"] == "elapsed"


def test_an_interval_of_days_has_the_same_fires_through_a_change_of_the_clock(
    interval_row: MakeRow, organization: Organization
) -> None:
    interval_row(2, "days", last=AUTUMN - timedelta(hours=5, microseconds=7))

    assert differing(organization) == []


def test_an_interval_with_a_start_counts_from_there(
    interval_row: MakeRow, organization: Organization
) -> None:
    interval_row(2, "hours", start_time=SOON)

    schedule = imported(organization)

    assert schedule.next_fire_at == SOON


def test_an_interval_that_is_overdue_says_so(interval_row: MakeRow) -> None:
    interval_row(1, "hours", last=AUTUMN - timedelta(days=2))

    assert any("beat seems to be off" in note for note in read().notes)


def test_an_interval_every_second_is_compared_as_far_as_is_reasonable(
    interval_row: MakeRow, organization: Organization
) -> None:
    interval_row(1, "seconds", last=AUTUMN)
    outcome = take_over(read(), organization, now=AUTUMN, keep=False, disable_old=False)

    comparison = comparison_of(outcome, now=AUTUMN, ahead=NINETY_DAYS)

    assert comparison is not None
    assert comparison.differences == ()
    assert comparison.until < AUTUMN + timedelta(days=2)


def clocked_row(at: datetime) -> None:
    clocked = ClockedSchedule.objects.create(clocked_time=at)
    PeriodicTask.objects.create(name="once", task="reports.build", clocked=clocked, one_off=True)


def test_a_clocked_row_becomes_a_one_time_rule(organization: Organization) -> None:
    clocked_row(SOON)

    schedule = imported(organization)

    assert schedule.rules == [{"kind": "one_time", "at": SOON.isoformat()}]
    assert schedule.next_fire_at == SOON


def solar_row() -> None:
    solar = SolarSchedule.objects.create(event="sunset", latitude="52.52", longitude="13.405")
    PeriodicTask.objects.create(name="lights", task="lights.on", solar=solar)


def test_a_solar_row_becomes_a_list_of_dates(organization: Organization) -> None:
    pytest.importorskip("astral")
    solar_row()

    schedule = imported(organization)

    first = datetime(2026, 10, 1, 16, 45, tzinfo=UTC)  # sunset in Berlin, by the almanac
    assert 730 <= len(schedule.rules[0]["dates"]) <= 732
    assert schedule.next_fire_at is not None
    assert abs(schedule.next_fire_at - first) < timedelta(minutes=3)


def test_a_solar_row_fires_as_before(organization: Organization) -> None:
    pytest.importorskip("astral")
    solar_row()

    assert differing(organization) == []


def test_without_a_library_of_astronomy_a_solar_row_is_refused(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sun, "LIBRARIES", {})
    solar_row()

    assert "pip install ephem" in read().refusal


def bare_crontab(**fields: str) -> CrontabSchedule:
    crontab: CrontabSchedule = CrontabSchedule.objects.create(timezone="UTC", **fields)
    return crontab


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"args": "[1,"}, "correct the row"),
        ({"kwargs": "[]"}, "correct the row"),
        ({"headers": "x"}, "correct the row"),
        ({"one_off": True, "total_run_count": 1}, "clear its run count"),
        ({"expires": AUTUMN - timedelta(days=1)}, "move its expiry"),
        ({"queue": "two words"}, "rename it"),
    ],
)
def test_a_row_that_cannot_be_imported_names_the_remedy(
    crontab_row: MakeRow, settings: dict[str, Any], remedy: str
) -> None:
    crontab_row("30 2 * * *", **settings)

    assert remedy in read().refusal


def test_a_crontab_that_celery_cannot_read_is_refused(db: None) -> None:
    crontab = bare_crontab(minute="0", hour="9", day_of_week="7")
    PeriodicTask.objects.create(name="sunday", task="reports.build", crontab=crontab)

    assert "beat never runs it" in read().refusal


def test_an_interval_below_a_second_is_refused(interval_row: MakeRow) -> None:
    interval_row(500_000, "microseconds")

    assert "write an interval of 1 second or more" in read().refusal


def test_a_clocked_time_in_the_past_is_refused(db: None) -> None:
    clocked_row(AUTUMN - timedelta(hours=1))

    assert "give it a time to come" in read().refusal


def test_a_row_without_a_schedule_is_refused(crontab_row: MakeRow) -> None:
    row = crontab_row("30 2 * * *")
    PeriodicTask.objects.filter(pk=row.pk).update(crontab=None)

    assert "give it one" in read().refusal


def test_a_crontab_whose_days_never_come_is_refused_when_it_is_tried(
    crontab_row: MakeRow, organization: Organization
) -> None:
    crontab_row("0 0 31 4,6 *")

    refusal = (
        read().refusal or take_over(read(), organization, now=AUTUMN, keep=False, disable_old=False).refusal
    )

    assert refusal


def test_a_task_that_is_no_name_is_refused_by_the_workflow(
    crontab_row: MakeRow, organization: Organization
) -> None:
    row = crontab_row("30 2 * * *")
    PeriodicTask.objects.filter(pk=row.pk).update(task="not a name")

    outcome = take_over(read(), organization, now=AUTUMN, keep=True, disable_old=False)

    assert outcome.fate is Fate.REFUSED
    assert "task" in outcome.refusal
    assert not Schedule.objects.exists()


def test_the_platforms_own_rows_are_left_out(crontab_row: MakeRow) -> None:
    row = crontab_row("30 2 * * *")
    PeriodicTask.objects.filter(pk=row.pk).update(task="executions.sweep.wake")

    reading = periodic_tasks.read({}, now=AUTUMN)

    assert reading.entries == ()
    assert reading.left_out == ("report (executions.sweep.wake): a task of the platform's own",)


def test_a_headers_column_that_is_empty_is_no_header(crontab_row: MakeRow) -> None:
    crontab_row("30 2 * * *", headers=json.dumps({}))

    assert not [note for note in read().notes if note.startswith("headers")]
