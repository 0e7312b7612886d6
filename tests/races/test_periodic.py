"""Ordinary PeriodicTask rows under two beats."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from scheduler_project import celery_app
from schedules.beat import Scheduler
from tests.acceptance.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)

AWAY = ConnectionError("the broker is away")


class Recording(Scheduler):
    """A beat that writes down what it would send, or fails to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[str] = []
        self.refusal: Exception | None = None
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Leave our own maintenance out."""

    def settle(self) -> None:
        """Wait for what was taken to be sent or given back."""
        assert self._outbox.settle(5)

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> None:
        if self.refusal:
            raise self.refusal
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
    beat.settle()


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


def test_a_run_that_the_broker_refuses_stays_due(beats: tuple[Recording, Recording]) -> None:
    first, _ = beats
    row = make_row()
    first.refusal = AWAY
    run_until_quiet(first)
    row.refresh_from_db()
    assert row.total_run_count == 0

    first.refusal = None
    eventually(lambda: sent_after_ticks(first), within=5)

    assert first.sent == ["row"]
    row.refresh_from_db()
    assert row.total_run_count == 1


def test_a_run_that_no_broker_would_take_does_not_hold_up_the_others(
    beats: tuple[Recording, Recording],
) -> None:
    row = make_row()
    for beat in beats:
        beat.refusal = TypeError("not JSON")
        run_until_quiet(beat)

    row.refresh_from_db()
    assert row.total_run_count == 0
    assert [beat._outbox.pause() for beat in beats] == [0, 0]


def test_a_beat_never_waits_for_a_broker_that_hangs(beats: tuple[Recording, Recording]) -> None:
    first, _ = beats
    make_row()
    hanging = threading.Event()
    first.apply_async = lambda *args, **kwargs: hanging.wait(5)  # type: ignore[assignment,method-assign]
    began = time.monotonic()
    for _ in range(5):
        super(Scheduler, first).tick()

    assert time.monotonic() - began < 1
    hanging.set()
    first.settle()


def test_a_row_is_tried_again_when_the_database_failed_as_it_was_taken(
    beats: tuple[Recording, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = beats
    make_row()
    with monkeypatch.context() as outage:
        outage.setattr(Recording, "reserve", Mock(side_effect=OperationalError("gone")))
        with pytest.raises(OperationalError):
            super(Scheduler, first).tick()

    run_until_quiet(first)

    assert first.sent == ["row"]


def test_a_beat_that_stops_gives_back_what_it_could_not_send(beats: tuple[Recording, Recording]) -> None:
    first, _ = beats
    row = make_row()
    first.refusal = AWAY
    super(Scheduler, first).tick()

    first.close()

    row.refresh_from_db()
    assert row.total_run_count == 0


def test_a_row_is_read_whatever_its_hour_and_zone(beats: tuple[Recording, Recording]) -> None:
    first, _ = beats
    for hour in range(24):
        crontab = CrontabSchedule.objects.create(hour=str(hour), minute="0", timezone="Asia/Kolkata")
        PeriodicTask.objects.create(name=f"at {hour}", task="tests.add", crontab=crontab)

    assert len(first.schedule) == 24
