"""Ordinary PeriodicTask rows under two beats."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from scheduler_project import celery_app
from schedules.beat import Scheduler
from tests.acceptance.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)


class Recording(Scheduler):
    """A beat that writes down what it would send, or fails to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[str] = []
        self.is_broker_away = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Leave our own maintenance out."""

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> None:
        if self.is_broker_away:
            raise ConnectionError("the broker is away")
        self.sent.append(entry.name)


@pytest.fixture
def beats() -> Iterator[tuple[Recording, Recording]]:
    first, second = (Recording(app=celery_app, lazy=True) for _ in range(2))
    yield first, second
    first.close()
    second.close()


def make_row(*, every: int = 10, **changes: Any) -> PeriodicTask:
    interval = IntervalSchedule.objects.create(every=every, period=IntervalSchedule.SECONDS)
    given = {"interval": interval, "last_run_at": timezone.now() - timedelta(seconds=11), **changes}
    return PeriodicTask.objects.create(name="row", task="tests.add", **given)


def run_until_quiet(beat: Recording) -> None:
    for _ in range(5):
        super(Scheduler, beat).tick()


def sent_after_ticks(beat: Recording) -> list[str]:
    run_until_quiet(beat)
    return beat.sent


def test_two_beats_that_both_see_a_row_due_send_it_once(beats: tuple[Recording, Recording]) -> None:
    row = make_row()
    for beat in beats:
        assert beat.schedule

    for beat in beats:
        run_until_quiet(beat)

    assert [beat.sent for beat in beats] == [["row"], []]
    row.refresh_from_db()
    assert row.total_run_count == 1


def test_a_row_that_never_ran_is_sent_once(beats: tuple[Recording, Recording]) -> None:
    make_row(last_run_at=None)
    PeriodicTask.objects.update(date_changed=timezone.now() - timedelta(minutes=1))
    for beat in beats:
        assert beat.schedule

    for beat in beats:
        run_until_quiet(beat)

    assert beats[0].sent + beats[1].sent == ["row"]


def test_the_beat_that_lost_a_run_takes_over_when_the_other_is_gone(
    beats: tuple[Recording, Recording],
) -> None:
    first, second = beats
    make_row(every=1)
    assert second.schedule
    run_until_quiet(first)
    run_until_quiet(second)
    assert (first.sent, second.sent) == (["row"], [])

    eventually(lambda: sent_after_ticks(second), within=5)

    assert second.sent == ["row"]


def test_a_run_that_cannot_be_sent_stays_due(beats: tuple[Recording, Recording]) -> None:
    first, _ = beats
    row = make_row()
    first.is_broker_away = True
    super(Scheduler, first).tick()
    row.refresh_from_db()
    assert row.total_run_count == 0

    first.is_broker_away = False
    run_until_quiet(first)

    assert first.sent == ["row"]
    row.refresh_from_db()
    assert row.total_run_count == 1


def test_a_row_is_read_whatever_its_hour_and_zone(beats: tuple[Recording, Recording]) -> None:
    first, _ = beats
    for hour in range(24):
        crontab = CrontabSchedule.objects.create(hour=str(hour), minute="0", timezone="Asia/Kolkata")
        PeriodicTask.objects.create(name=f"at {hour}", task="tests.add", crontab=crontab)

    assert len(first.schedule) == 24
