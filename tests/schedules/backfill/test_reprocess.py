"""What becomes of a time that has an execution already."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from executions.models import DeadLetter, Execution
from executions.states import ExecutionState
from schedules.backfill import queries, services
from schedules.backfill.reprocess import Reprocess, is_run, next_part
from schedules.models import Backfill, Schedule
from tests.schedules.backfill.conftest import HOUR, NOON, Ask, hours, ran

Record = Callable[..., Execution]
RunOut = Callable[[Backfill], Backfill]

STATES: list[str | None] = [None, *ExecutionState.values]
RUN: dict[str, set[str | None]] = {
    "missing": {None},
    "failed": {None, "failed", "cancelled", "timed_out"},
    "all": {None, "failed", "cancelled", "timed_out", "completed"},
}
TABLE: list[tuple[str, str | None]] = list(product(Reprocess.values, STATES))


@pytest.mark.parametrize(("reprocess", "state"), TABLE)
def test_the_table_says_whether_a_time_is_run(reprocess: str, state: str | None):
    assert is_run(reprocess, state) is (state in RUN[reprocess])


def test_every_rule_and_state_is_in_the_table():
    assert {(reprocess, state) for reprocess, state in TABLE} == set(product(RUN, STATES))


@pytest.mark.django_db
@pytest.mark.parametrize(("reprocess", "state"), TABLE)
def test_the_dry_run_and_the_run_do_what_the_table_says(
    *, schedule: Schedule, ask: Ask, record: Record, run_out: RunOut, reprocess: str, state: str | None
):
    if state is not None:
        record(NOON - HOUR, state=state)
    one: dict[str, Any] = {"from_at": NOON - HOUR, "to_at": NOON - HOUR, "reprocess": reprocess}

    (planned,) = services.preview(schedule, now=NOON, **one).times
    done = run_out(ask(**one))

    expected = state in RUN[reprocess]
    assert planned.is_run is expected
    assert (planned.execution.state if planned.execution else None) == state
    assert (done.started, done.skipped) == (expected, not expected)


def test_a_part_ends_with_the_last_time_that_is_run():
    times = hours(5, 4, 3, 2, 1)
    states = dict.fromkeys(hours(5, 3, 1), "completed")

    first = next_part(times, states, reprocess="missing", most=1)
    second = next_part(times[2:], states, reprocess="missing", most=5)

    assert (first.wanted, first.passed_over, first.cursor) == (tuple(hours(4)), 1, hours(4)[0])
    assert (second.wanted, second.passed_over, second.cursor) == (tuple(hours(2)), 2, hours(1)[0])


@pytest.mark.django_db
def test_the_newest_execution_decides(schedule: Schedule, record: Record):
    (at,) = hours(1)
    record(at, state="failed")
    newest = record(at, kind="backfill:x", created_at=NOON, state="completed")

    assert queries.newest_runs(schedule.pk, [at]) == {at: queries.Run(at, newest.pk, "completed")}


@pytest.mark.django_db
def test_a_run_by_hand_at_that_instant_is_none_of_the_schedules_times(schedule: Schedule, record: Record):
    (at,) = hours(1)
    record(at, kind="manual:1")

    assert queries.newest_runs(schedule.pk, [at]) == {}


@pytest.mark.django_db
def test_an_execution_that_was_ended_while_it_waited_counts_as_none(schedule: Schedule, record: Record):
    (at,) = hours(1)
    record(at, state="pending")
    Execution.objects.update(state="cancelled", finished_at=NOON)

    assert queries.newest_runs(schedule.pk, [at]) == {}


@pytest.mark.django_db
def test_a_failed_time_that_was_redriven_with_success_is_not_run_again(schedule: Schedule, record: Record):
    (at,) = hours(1)
    failed = record(at, state="failed")
    again = record(NOON, kind="", schedule_id=None, fire_at=None, created_at=NOON + timedelta(seconds=1))
    DeadLetter.objects.create(
        organization_id=schedule.organization_id,
        execution=failed,
        reason="x",
        resolution="redriven",
        resolved_at=NOON,
        redriven_as=again,
        created_at=NOON,
    )

    (planned,) = services.preview(schedule, now=NOON, from_at=at, to_at=at, reprocess="failed").times

    assert planned.execution is not None
    assert (planned.execution.id, planned.is_run) == (again.pk, False)


@pytest.mark.django_db
@pytest.mark.parametrize("reprocess", Reprocess.values)
@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_a_dry_run_lists_what_then_runs(
    *, schedule: Schedule, ask: Ask, record: Record, run_out: RunOut, reprocess: str, order: str
):
    for at, state in zip(hours(10, 8, 7, 4), ["completed", "failed", "cancelled", "completed"], strict=True):
        record(at, state=state)
    wanted: dict[str, Any] = {"reprocess": reprocess, "order": order}

    preview = services.preview(schedule, now=NOON, from_at=NOON - 10 * HOUR, to_at=NOON - HOUR, **wanted)
    done = run_out(ask(**wanted))

    assert [planned.fire_at for planned in preview.times if planned.is_run] == ran(done)
    assert (preview.total, preview.to_run) == (done.total, done.started)
