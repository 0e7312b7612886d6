"""What becomes of `beat_schedule`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from celery.beat import BeatLazyFunc
from celery.schedules import crontab, schedule

from organizations.models import Organization
from schedules.importing import beat_schedule
from schedules.importing.entry import Entry
from schedules.importing.foresight import comparison_of
from schedules.importing.names import named
from schedules.importing.takeover import take_over
from tests.schedules.importing.conftest import AUTUMN

TASK = "reports.build"
ANY_RANGE: Any = range(0, 60, 20)
ANY_SET: Any = set(range(60))


@pytest.fixture
def app() -> Celery:
    application = Celery("other", set_as_current=False, broker="amqp://")
    application.conf.update(timezone="Europe/Berlin")
    return application


def read(app: Celery, **data: Any) -> Entry:
    found = {"Nightly Report": {"task": TASK, **data}}
    (entry,) = named(beat_schedule.read_entries(found, now=AUTUMN, app=app).entries)
    return entry


def test_a_crontab_is_read_in_the_zone_of_the_application(app: Celery) -> None:
    entry = read(app, schedule=crontab("30", "2"))

    assert entry.slug == "nightly-report"
    assert entry.settings["timezone"] == "Europe/Berlin"
    assert entry.settings["rules"] == [{"kind": "cron", "expression": "30 2 * * *"}]


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        (crontab(minute=0, hour=[8, 20]), "0 8,20 * * *"),
        (crontab(minute=ANY_RANGE, hour="*"), "0,20,40 * * * *"),
        (crontab(minute=ANY_SET, hour=4, day_of_week="sunday"), "* 4 * * 0"),
    ],
)
def test_numbers_and_lists_become_text(app: Celery, written: crontab, expression: str) -> None:
    assert read(app, schedule=written).settings["rules"][0]["expression"] == expression


@pytest.mark.parametrize("written", [300, 300.0, timedelta(minutes=5), schedule(timedelta(minutes=5))])
def test_a_plain_interval_counts_from_the_import(app: Celery, written: Any) -> None:
    entry = read(app, schedule=written)

    (rule,) = entry.settings["rules"]
    assert rule["every_seconds"] == 300
    assert datetime.fromisoformat(rule["anchor"]) == AUTUMN + timedelta(minutes=5)
    assert any("counts from the import" in note for note in entry.notes)


@pytest.mark.parametrize("written", [timedelta(days=1), timedelta(hours=2), timedelta(minutes=5)])
def test_a_relative_interval_fires_on_the_whole_unit_as_before(
    app: Celery, written: timedelta, organization: Organization
) -> None:
    entry = read(app, schedule=written, relative=True)

    outcome = take_over(entry, organization, now=AUTUMN, keep=False, disable_old=False)
    comparison = comparison_of(outcome, now=AUTUMN, ahead=timedelta(days=20))

    assert comparison is not None
    assert comparison.differences == ()
    assert comparison.same == timedelta(days=20) // written


def test_options_become_settings(app: Celery) -> None:
    options = {"queue": "mail", "priority": 7, "expires": 60, "headers": {"a": 1}}

    entry = read(app, schedule=60, options=options)

    assert entry.settings["queue"] == "mail"
    assert entry.settings["priority"] == 7  # not reversed: RabbitMQ
    assert entry.settings["start_deadline"] == timedelta(seconds=60)
    assert any(note.startswith("headers=") for note in entry.notes)


def test_a_starting_deadline_bounds_the_catch_up(app: Celery) -> None:
    app.conf.update(beat_cron_starting_deadline=7200)

    assert read(app, schedule=60).settings["catchup_window"] == timedelta(hours=2)


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ({"schedule": timedelta(minutes=90), "relative": True}, "write a crontab or whole units"),
        ({"schedule": 0.5}, "1 second or more"),
        ({"schedule": 60, "args": (BeatLazyFunc(dict),)}, "compute such values in the task"),
        ({"schedule": 60, "options": {"expires": datetime(2030, 1, 1, tzinfo=UTC)}}, "number of seconds"),
        ({"schedule": 60, "task": ""}, "add 'task'"),
        ({"schedule": None}, "write a crontab or an interval"),
    ],
)
def test_an_entry_that_cannot_be_imported_names_the_remedy(
    app: Celery, data: dict[str, Any], remedy: str
) -> None:
    assert remedy in read(app, **data).refusal


def test_the_platforms_own_entries_are_left_out(app: Celery) -> None:
    found = {"sweep": {"task": "executions.sweep.wake", "schedule": 2.0}}

    reading = beat_schedule.read_entries(found, now=AUTUMN, app=app)

    assert reading.entries == ()
    assert reading.left_out == ("sweep (executions.sweep.wake): a task of the platform's own",)
