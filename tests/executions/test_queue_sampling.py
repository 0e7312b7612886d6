"""What a process counts of the attempts that it has run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from executions import queries
from executions.models import QueueMinute
from executions.queries import Claim, Slot
from executions.queues import minutes, sampling
from executions.queues.histogram import bucket
from executions.queues.minutes import Minute
from executions.rules.outcomes import Completed, Failed
from executions.services import Start, start
from organizations.models import Organization
from tests.conftest import MakeWorkflow

NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def held(make_workflow: MakeWorkflow) -> Claim:
    """A step run that was claimed two seconds after it became ready."""
    start(Start(workflow=make_workflow(), source="manual"), now=clock.now() - timedelta(seconds=2))
    claim = queries.claim(Slot("default", worker="w:1", lease=timedelta(seconds=30)))
    assert claim is not None
    sampling.flush()
    return claim


def test_attempts_are_counted_by_how_long_they_waited_and_ran(held: Claim) -> None:
    sampling.count(held, Completed(), ran=0.5)
    sampling.count(held, Failed(error="x", error_class="X"), ran=0.5)
    sampling.flush()

    row = QueueMinute.objects.get(organization_id=held.organization_id, attempts=2)
    assert (row.failed, row.ran_seconds) == (1, 1.0)
    assert 4 <= row.waited_seconds < 8
    assert (row.runs[bucket(0.5)], sum(row.waits)) == (2, 2)
    assert row.minute_at.second == 0


def test_what_two_processes_counted_in_a_minute_is_added_up(organization: Organization) -> None:
    for waits, runs in (([1, 2], [3]), ([0, 1, 5], [1, 1])):
        minutes.add([Minute(organization.pk, NOON, "default", 3, 1, 2.5, 1.5, waits, runs)])

    row = QueueMinute.objects.get()
    assert (row.attempts, row.failed, row.waited_seconds, row.ran_seconds) == (6, 2, 5.0, 3.0)
    assert (row.waits, row.runs) == ([1, 3, 5], [4, 1])


def test_sums_are_of_the_minutes_since_a_time(organization: Organization) -> None:
    for at in (NOON - 60, NOON, NOON + 60):
        minutes.add([Minute(organization.pk, at, "default", 1, 0, 1.0, 1.0, [0, 1], [1])])

    since = datetime.fromtimestamp(NOON, UTC)
    sums = minutes.sums(organization.pk, queues=["default", "other"], since=since)

    assert list(sums) == ["default"]
    assert (sums["default"].attempts, sums["default"].waits, sums["default"].runs) == (2, [0, 2], [2, 0])


@pytest.mark.django_db(transaction=True)
def test_what_the_database_does_not_take_is_dropped(held: Claim) -> None:
    too_long = replace(held, queue="q" * 64)

    sampling.count(too_long, Completed(), ran=0.5)
    sampling.flush()
    sampling.count(held, Completed(), ran=0.5)
    sampling.flush()

    assert QueueMinute.objects.get(organization_id=held.organization_id).attempts == 1


def test_old_minutes_are_pruned(organization: Organization) -> None:
    now = int(clock.now().timestamp())
    for at in (now, now - 49 * 3600):
        minutes.add([Minute(organization.pk, at, "default", 1, 0, 1.0, 1.0, [1], [1])])

    assert minutes.prune() == 1
    assert QueueMinute.objects.get().minute_at.timestamp() == now


def test_the_worker_counts_what_it_runs(make_workflow: MakeWorkflow, drain: Any) -> None:
    sampling.flush()
    QueueMinute.objects.all().delete()
    start(
        Start(workflow=make_workflow({"id": "a"}, {"id": "b", "needs": ["a"]}), source="manual"),
        now=clock.now(),
    )

    drain()
    sampling.flush()

    assert sum(QueueMinute.objects.values_list("attempts", flat=True)) == 2
