"""PeriodicTask rows that cannot be used: the others go on, and so do our own schedules."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from structlog.testing import capture_logs
from structlog.typing import EventDict

import clock
from executions import wakeups
from executions.models import Execution
from scheduler_project import celery_app
from schedules import services
from schedules.beat import Scheduler
from tests.acceptance.processes import eventually
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = 8
BIGGEST_COUNT = 2**31 - 1  # that the column holds


class Quiet(Scheduler):
    """A beat without our own maintenance, that tells what went to the broker."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[str] = []
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Leave our own maintenance out."""

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        result = super().apply_async(entry, *args, **kwargs)
        self.sent.append(entry.name)
        return result


@pytest.fixture
def beat() -> Iterator[Quiet]:
    beat = Quiet(app=celery_app, lazy=True)
    yield beat
    beat.close()
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def run(beat: Quiet) -> list[EventDict]:
    """Let beat look a few times, each when the broker takes messages, and return what it logged."""
    with capture_logs() as logs:
        for _ in range(LOOKS):
            eventually(lambda: not beat._outbox.pause(), within=10, what="a broker that takes messages")
            super(Scheduler, beat).tick()
            assert beat._outbox.settle(5)
    return logs


def set_aside(logs: list[EventDict]) -> list[str]:
    return [line["name"] for line in logs if line["event"] == "periodic task set aside"]


def make_row(name: str, **changes: Any) -> PeriodicTask:
    if not {"interval", "crontab", "solar"} & changes.keys():
        changes["interval"], _ = IntervalSchedule.objects.get_or_create(every=10, period="seconds")
    given = {"task": "elsewhere.report", "last_run_at": timezone.now() - timedelta(seconds=11), **changes}
    return PeriodicTask.objects.create(name=name, **given)


def solar() -> dict[str, Any]:
    return {"solar": SolarSchedule.objects.create(event="sunset", latitude="52.5", longitude="13.4")}


def unknown_zone() -> dict[str, Any]:
    crontab = CrontabSchedule.objects.create()
    with connection.cursor() as cursor:  # as the zone of another machine is
        cursor.execute("UPDATE django_celery_beat_crontabschedule SET timezone = 'Mars/Olympus'")
    return {"crontab": crontab}


def never() -> dict[str, Any]:
    return {"crontab": CrontabSchedule.objects.create(day_of_month="31", month_of_year="2")}


def endless() -> dict[str, Any]:
    return {"interval": IntervalSchedule.objects.create(every=10**9 * 2, period="days")}


def other_type() -> dict[str, Any]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.sadd("taken", "by another program")
    return {"queue": "taken"}


DEFECTS = {
    "a schedule that needs a package": solar,
    "a zone that nobody knows": unknown_zone,
    "a time that never comes": never,
    "an interval beyond the calendar": endless,
    "broken arguments": lambda: {"args": "[1,"},
    "broken keyword arguments": lambda: {"kwargs": "{'a': 1}"},
    "broken headers": lambda: {"headers": "[]"},
    "arguments that are no list": lambda: {"args": "7"},
    "a queue that is none": other_type,
    "a count that is full": lambda: {"total_run_count": BIGGEST_COUNT},
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_row_that_cannot_be_used_is_logged_once_and_the_others_are_sent(beat: Quiet, defect: str) -> None:
    make_row("first")
    make_row("bad", **DEFECTS[defect]())
    make_row("last")

    logs = [*run(beat), *run(beat)]
    beat._read_again()
    logs += run(beat)

    assert sorted(beat.sent) == ["first", "last"]
    assert set_aside(logs) == ["bad"]
    bad = PeriodicTask.objects.filter(name="bad").values("enabled", "total_run_count").get()
    assert bad["enabled"]
    assert bad["total_run_count"] in {0, BIGGEST_COUNT}


def test_a_row_without_a_schedule_is_set_aside_and_told_the_remedy(beat: Quiet) -> None:
    row = make_row("bad")
    PeriodicTask.objects.filter(pk=row.pk).update(interval=None)

    (line,) = [line for line in run(beat) if line["event"] == "periodic task set aside"]

    assert "give it an interval" in line["reason"]


@pytest.mark.parametrize("args", ["[1,", "7"])
def test_a_row_set_aside_is_sent_once_it_is_mended(beat: Quiet, args: str) -> None:
    row = make_row("bad", args=args, one_off=True)
    run(beat)
    assert beat.sent == []

    row.args = "[1]"
    row.save()
    run(beat)

    assert beat.sent == ["bad"]


def test_a_row_that_is_changed_and_still_bad_is_logged_again(beat: Quiet) -> None:
    row = make_row("bad", args="[1,")
    run(beat)

    row.save()

    assert set_aside(run(beat)) == ["bad"]


def test_a_row_that_another_beat_has_and_that_became_bad_harms_nothing(beat: Quiet) -> None:
    make_row("good")
    row = make_row("bad")
    assert beat.schedule
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=timezone.now(), args="[1,")

    logs = run(beat)

    assert beat.sent == ["good"]
    assert set_aside(logs) == ["bad"]


def test_our_schedules_fire_beside_a_row_that_needs_a_package(
    beat: Quiet, make_workflow: MakeWorkflow
) -> None:
    make_row("sunset", **solar())
    workflow = make_workflow({"id": "only"})
    rules = [{"kind": "one_time", "at": (clock.now() + timedelta(milliseconds=50)).isoformat()}]
    services.create(workflow.organization, now=clock.now(), name="soon", workflow=workflow, rules=rules)

    for _ in range(4):
        beat.tick()

    assert Execution.objects.count() == 1


def test_our_schedules_fire_when_the_rows_as_a_whole_fail(
    beat: Quiet, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_row("good")
    with monkeypatch.context() as broken:
        broken.setattr(Quiet, "all_as_schedule", lambda self: 1 / 0)
        logs = run(beat)
    assert [line["event"] for line in logs] == ["periodic tasks could not be looked at"]

    run(beat)

    assert beat.sent == ["good"]


def test_a_row_of_a_tiny_interval_is_sent_ten_times_a_second_at_most(beat: Quiet) -> None:
    interval = IntervalSchedule.objects.create(every=100, period="microseconds")
    make_row("flood", interval=interval)
    make_row("good")

    began = timezone.now()
    run(beat)
    elapsed = timezone.now() - began

    assert "good" in beat.sent
    assert 1 <= beat.sent.count("flood") <= elapsed / timedelta(seconds=0.1) + 1


def test_a_row_without_a_queue_is_kept_apart_from_our_sweeps(beat: Quiet) -> None:
    make_row("good")

    run(beat)

    assert (wakeups.waiting(wakeups.TASKS), wakeups.waiting(wakeups.SWEEPS)) == (1, 0)


def test_a_row_is_sent_to_the_queue_that_it_names(beat: Quiet) -> None:
    make_row("good", queue="reports")

    run(beat)

    assert (wakeups.waiting(wakeups.TASKS), wakeups.waiting("reports")) == (0, 1)


def test_every_worker_serves_the_queues_of_sweeps_and_of_other_rows() -> None:
    app: Any = celery_app

    assert {wakeups.SWEEPS, wakeups.TASKS} <= set(app.amqp.queues.consume_from)
    assert app.conf.task_default_queue == wakeups.TASKS


def test_rows_that_name_the_queue_of_the_sweeps_leave_them_half_of_it(beat: Quiet) -> None:
    name = next(iter(celery_app.conf.beat_schedule))
    for number in range(wakeups.MAX_WAITING):
        make_row(f"row {number}", queue=wakeups.SWEEPS)
    run(beat)
    assert wakeups.waiting(wakeups.SWEEPS) == wakeups.MAX_WAITING // 2

    make_row(name, queue=wakeups.SWEEPS)
    run(beat)

    assert beat.sent[-1] == name
