"""What a person asks of a backfill, and whether it can be done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from executions.admitting.overlap import OverlapPolicy
from executions.errors import NotStartable
from schedules.backfill import ranges
from schedules.backfill.errors import TooManyTimes
from schedules.errors import IllegalScheduleMove, InvalidSchedule, OverlappingBackfill
from schedules.models import Backfill, Schedule
from schedules.states import ScheduleState
from schedules.validation import overlap_named
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.services import definition_of

MAX_CONCURRENCY = 100
BELOW_LIVE = 2  # by so much the default priority is lower than the schedule's own
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)  # no rule fires before


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A range of nominal times, both ends included, and how to run them.

    Attributes:
        overlap: towards other runs of the schedule.
        priority: below the schedule's own, where it is left out.
        input: in place of the schedule's own.
    """

    from_at: datetime
    to_at: datetime
    order: str = Backfill.Order.OLDEST_FIRST
    reprocess: str = Backfill.Reprocess.MISSING
    overlap: str = OverlapPolicy.ALLOW_ALL
    concurrency: int = 1
    priority: int | None = None
    input: Mapping[str, Any] | None = None


def check(schedule: Schedule, wanted: Wanted, *, now: datetime) -> list[datetime]:
    """Return the nominal times of the range, oldest first.

    Raises:
        InvalidSchedule: naming each field that is wrong, or that the range is.
        NotStartable: the workflow is archived.
        IllegalScheduleMove: the schedule is.
        OverlappingBackfill: another one that has not ended covers a part of the range.
        InvalidRule, InvalidCalendar: the schedule cannot be evaluated; mend it first.
    """
    if schedule.state == ScheduleState.ARCHIVED:
        raise IllegalScheduleMove(state=schedule.state, to="backfilled")
    problems = [*_settings(wanted), *_input(schedule, wanted), *_range(wanted, now=now)]
    if problems:
        raise InvalidSchedule(problems)
    times = _times(schedule, wanted)
    _check_is_free(schedule, wanted)
    return times


def _settings(wanted: Wanted) -> Iterator[Problem]:
    if wanted.order not in Backfill.Order.values:
        yield Problem(path="order", message=f"write one of {', '.join(Backfill.Order.values)}")
    if wanted.reprocess not in Backfill.Reprocess.values:
        yield Problem(path="reprocess", message=f"write one of {', '.join(Backfill.Reprocess.values)}")
    if not 1 <= wanted.concurrency <= MAX_CONCURRENCY:
        yield Problem(path="concurrency", message=f"write a number from 1 to {MAX_CONCURRENCY}")
    if wanted.priority is not None and not 0 <= wanted.priority <= 9:
        yield Problem(path="priority", message="write a number from 0 to 9; 9 runs first")
    try:
        overlap_named(wanted.overlap)
    except InvalidSchedule as error:
        yield from error.errors


def _input(schedule: Schedule, wanted: Wanted) -> list[Problem]:
    workflow = schedule.workflow
    if workflow.state != workflow.State.ACTIVE or workflow.current_version_id is None:
        raise NotStartable(f"workflow {workflow.name} is {workflow.state}; it starts nothing")
    try:
        check_input(
            definition_of(workflow.current_version_id),
            schedule.input if wanted.input is None else wanted.input,
        )
    except InvalidInput as error:
        return error.errors
    return []


def _range(wanted: Wanted, *, now: datetime) -> Iterator[Problem]:
    if wanted.from_at < EARLIEST:
        yield Problem(path="from_at", message="must not lie before 1970")
    if wanted.from_at > wanted.to_at:
        yield Problem(path="to_at", message="must not lie before from_at")
    if wanted.to_at > now:
        message = f"must lie in the past; now is {now.isoformat()}"
        yield Problem(path="to_at", message=message)


def _times(schedule: Schedule, wanted: Wanted) -> list[datetime]:
    try:
        times = ranges.all_of(schedule, from_at=wanted.from_at, to_at=wanted.to_at)
    except TooManyTimes as error:
        raise InvalidSchedule([Problem(path="to_at", message=str(error))]) from None
    if not times:
        message = "the schedule has no fire time in this range; widen it"
        raise InvalidSchedule([Problem(path="from_at", message=message)])
    live = ranges.undecided(schedule, from_at=wanted.from_at, to_at=wanted.to_at)
    if live is not None:
        message = f"the schedule has still to fire {live.isoformat()} itself; end the range before"
        raise InvalidSchedule([Problem(path="to_at", message=message)])
    return times


def _check_is_free(schedule: Schedule, wanted: Wanted) -> None:
    beside = Backfill.objects.open().filter(
        schedule_id=schedule.pk, from_at__lte=wanted.to_at, to_at__gte=wanted.from_at
    )
    other = beside.values_list("pk", flat=True).first()
    if other is not None:
        raise OverlappingBackfill(other)
