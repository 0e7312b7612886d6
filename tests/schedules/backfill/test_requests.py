"""What a backfill can be asked to do, and what not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.models import Event
from executions.errors import NotStartable
from executions.models import Execution
from schedules import services as schedules
from schedules.backfill import services
from schedules.errors import IllegalScheduleMove, InvalidSchedule, OverlappingBackfill
from schedules.models import Backfill, Schedule
from schedules.recurrence import InvalidRule
from tests.schedules.backfill.conftest import HOUR, NOON, Ask, MakeSchedule
from workflows import services as workflows

pytestmark = pytest.mark.django_db

RANGE = {"from_at": NOON - 10 * HOUR, "to_at": NOON - HOUR}


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"to_at": NOON + timedelta(seconds=1)}, "to_at"),
        ({"to_at": NOON - 11 * HOUR}, "to_at"),
        ({"from_at": datetime(1969, 12, 31, tzinfo=UTC)}, "from_at"),
        (
            {
                "from_at": NOON - 90 * HOUR - timedelta(minutes=50),
                "to_at": NOON - 90 * HOUR - timedelta(minutes=9),
            },
            "from_at",
        ),
        ({"from_at": NOON - 20_000 * HOUR}, "to_at"),
        ({"order": "random"}, "order"),
        ({"reprocess": "some"}, "reprocess"),
        ({"overlap": "maybe"}, "overlap"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 101}, "concurrency"),
        ({"priority": 10}, "priority"),
        ({"priority": -1}, "priority"),
        ({"input": {"n": "x"}}, "input.n"),
    ],
)
@pytest.mark.parametrize("is_dry", [True, False])
def test_what_is_wrong_is_named_and_nothing_is_recorded(
    schedule: Schedule, wanted: dict[str, Any], path: str, is_dry: bool
):
    with pytest.raises(InvalidSchedule) as refusal:
        act(schedule, is_dry=is_dry, **wanted)

    assert [error["path"] for error in refusal.value.errors] == [path]
    assert not Backfill.objects.exists()


def act(schedule: Schedule, *, is_dry: bool, **wanted: Any) -> Any:
    given = {**RANGE, **wanted}
    if is_dry:
        return services.preview(schedule, now=NOON, **given)
    return services.request(schedule, by="ada", now=NOON, **given)


def test_every_problem_is_told_at_once(schedule: Schedule):
    with pytest.raises(InvalidSchedule) as refusal:
        act(schedule, is_dry=False, order="x", concurrency=0, input={"n": "x"}, to_at=NOON + HOUR)

    assert [error["path"] for error in refusal.value.errors] == ["order", "concurrency", "input.n", "to_at"]


def test_too_many_times_are_refused_with_the_end_that_would_do(schedule: Schedule):
    with pytest.raises(InvalidSchedule) as refusal:
        act(schedule, is_dry=True, from_at=NOON - 10_000 * HOUR, to_at=NOON)

    (problem,) = refusal.value.errors
    assert problem["message"].endswith(f"narrow the range, to {(NOON - HOUR).isoformat()} at the latest")


@pytest.mark.parametrize("is_dry", [True, False])
def test_what_is_archived_is_not_backfilled(schedule: Schedule, is_dry: bool):
    workflows.archive(schedule.workflow)
    with pytest.raises(NotStartable):
        act(Schedule.objects.get(), is_dry=is_dry)

    schedules.archive(schedule, by="ada", now=NOON)
    with pytest.raises(IllegalScheduleMove):
        act(Schedule.objects.get(), is_dry=is_dry)


def test_a_schedule_that_cannot_be_read_is_not_backfilled(schedule: Schedule):
    Schedule.objects.update(rules=[{"kind": "cron"}])

    with pytest.raises(InvalidRule):
        act(Schedule.objects.get(), is_dry=False)


def test_a_time_that_the_schedule_has_still_to_fire_itself_is_refused(schedule: Schedule):
    late = NOON + 2 * HOUR  # beat has been down since noon

    with pytest.raises(InvalidSchedule, match="still to fire 2026-06-01T13:00:00"):
        services.request(schedule, by="ada", now=late, from_at=NOON - HOUR, to_at=late)

    schedules.pause(schedule, by="ada", now=late)
    schedule.refresh_from_db()
    assert services.request(schedule, by="ada", now=late, from_at=NOON - HOUR, to_at=late).total == 4


@pytest.mark.parametrize("state", ["running", "paused"])
@pytest.mark.parametrize("is_dry", [True, False])
@pytest.mark.parametrize(("first", "last"), [(10, 1), (12, 10), (1, 0), (5, 5), (12, 0)])
def test_a_second_one_that_covers_a_part_is_refused_while_the_first_is_open(
    *, schedule: Schedule, ask: Ask, state: str, is_dry: bool, first: int, last: int
):
    open_one = ask()
    if state == "paused":
        services.pause(open_one, by="ada", now=NOON)

    with pytest.raises(OverlappingBackfill, match=str(open_one.pk)):
        act(schedule, is_dry=is_dry, from_at=NOON - first * HOUR, to_at=NOON - last * HOUR)


def test_one_beside_it_one_of_another_schedule_and_one_after_its_end_are_welcome(
    make_schedule: MakeSchedule, ask: Ask
):
    first = ask()

    ask(from_at=NOON - 20 * HOUR, to_at=NOON - 11 * HOUR)
    ask(make_schedule(name="other"))
    services.cancel(first, by="ada", now=NOON)
    ask()

    assert Backfill.objects.open().count() == 3


def test_what_is_left_out_has_its_default(make_schedule: MakeSchedule, ask: Ask):
    backfill = ask(make_schedule(name="low", priority=1))

    assert (backfill.order, backfill.reprocess, backfill.overlap) == ("oldest_first", "missing", "allow_all")
    assert (backfill.concurrency, backfill.priority, backfill.input) == (1, 0, None)
    assert (backfill.state, backfill.next_at, backfill.created_by) == ("running", NOON, "ada")
    (event,) = Event.objects.all()
    assert (event.type, event.schedule_id) == ("schedule.backfill.started", backfill.schedule_id)
    assert (event.data["by"], event.data["total"]) == ("ada", 10)


def test_an_alias_of_a_policy_is_resolved(ask: Ask):
    assert ask(overlap="queue").overlap == "buffer_all"


def test_a_dry_run_changes_nothing_and_counts_all_of_what_it_lists_a_part_of(schedule: Schedule):
    preview = act(schedule, is_dry=True, limit=3, order="newest_first", concurrency=3)

    assert (preview.total, preview.to_run, len(preview.times)) == (10, 10, 3)
    assert [planned.fire_at for planned in preview.times] == [NOON - n * HOUR for n in (1, 2, 3)]
    assert preview.estimated is None
    assert not Backfill.objects.exists()
    assert not Execution.objects.exists()


def test_a_dry_run_estimates_from_measured_durations(schedule: Schedule, record: Any):
    for ago in (20, 21):
        at = NOON - ago * HOUR
        record(at, finished_at=at + timedelta(seconds=30))

    assert act(schedule, is_dry=True, concurrency=4).estimated == timedelta(seconds=90)
