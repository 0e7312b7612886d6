"""What makes a schedule's settings acceptable. Every message names its field and a remedy."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice, pairwise
from typing import Any

from django.conf import settings

from executions.overlap import ALIASES, GENERAL, OverlapPolicy
from executions.services import QUEUE, QUEUE_HELP
from schedules import timetable
from schedules.calendars import InvalidCalendar, OnExcluded, check_shift
from schedules.errors import InvalidSchedule
from schedules.misfire import CatchUpMode
from schedules.models import Calendar, Schedule
from schedules.recurrence import Gap, InvalidRule, Overlap, Rule, rule_from_dict, rule_to_dict, zone_named
from schedules.spread import LONGEST, SHORTEST, SpreadKind
from schedules.states import OnComplete
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import NAME
from workflows.services import definition_of

MAX_RULES = 20
MAX_CALENDARS = 20
LONGEST_CATCHUP = timedelta(days=30)
MOST = 2**31 - 1  # what the columns hold
LOOKED_AT = 50  # first fires, in which the shortest period is looked for
DAY = timedelta(days=1)
SHORTEST_DAY = timedelta(hours=21)  # a day in which the clock goes forward; zones have moved by three hours
RESERVED_NAMES = frozenset({"preview"})  # a page of the API
SHORT_WINDOW, LONG_WINDOW = timedelta(hours=1), timedelta(hours=24)  # catch-up, by the period

_LONGEST_TEXTS = {"description": 2_000, "managed_by": 100}
_CHOICES: dict[str, type[StrEnum] | type[OnComplete]] = {
    "dst_gap": Gap,
    "dst_overlap": Overlap,
    "catchup": CatchUpMode,
    "overlap": OverlapPolicy,
    "spread": SpreadKind,
    "on_excluded": OnExcluded,
    "on_complete": OnComplete,
}


def checked(schedule: Schedule) -> list[dict[str, Any]]:
    """Return the rules in their stored form, every default written out; aliases of policies are resolved.

    Runs in the transaction that saves: calendars stay locked against their deletion.

    Raises:
        InvalidSchedule: naming each field that is wrong.
    """
    schedule.overlap = ALIASES.get(schedule.overlap, schedule.overlap)
    if schedule.spread == SpreadKind.NONE:
        schedule.spread_window = timedelta(0)
    problems = [*_plain_problems(schedule), *_policy_problems(schedule), *_input_problems(schedule)]
    problems += _calendar_problems(schedule)
    try:
        rules = _rules(schedule)
        _check_bounds(schedule)
    except InvalidSchedule as error:
        raise InvalidSchedule([*problems, *error.errors]) from None
    if problems:
        raise InvalidSchedule(problems)
    return [rule_to_dict(rule) for rule in rules]


def overlap_named(text: str) -> OverlapPolicy:
    """Return the overlap policy that a person wrote.

    Raises:
        InvalidSchedule: there is no such policy.
    """
    named = ALIASES.get(text, text)
    if named not in list(OverlapPolicy):
        raise InvalidSchedule([Problem(path="overlap", message=f"write one of {', '.join(OverlapPolicy)}")])
    return OverlapPolicy(named)


def _plain_problems(schedule: Schedule) -> Iterator[Problem]:
    if not re.fullmatch(NAME.regex, schedule.name):
        yield Problem(path="name", message=str(NAME.message))
    if schedule.name in RESERVED_NAMES:
        yield Problem(path="name", message=f"{schedule.name!r} is a page of the API; choose another name")
    if not 0 <= schedule.priority <= 9:
        yield Problem(path="priority", message="write a number from 0 to 9; 9 runs first")
    if not QUEUE.fullmatch(schedule.queue):
        yield Problem(path="queue", message=QUEUE_HELP)
    for field, longest in _LONGEST_TEXTS.items():
        if len(getattr(schedule, field)) > longest:
            yield Problem(path=field, message=f"write at most {longest} characters")
    for field, choices in _CHOICES.items():
        if getattr(schedule, field) not in list(choices):
            yield Problem(path=field, message=f"write one of {', '.join(choices)}")


def _policy_problems(schedule: Schedule) -> Iterator[Problem]:
    window: timedelta | None = schedule.catchup_window  # None until `usual_window` has filled it in
    if window is not None and not timedelta(0) <= window <= LONGEST_CATCHUP:
        yield Problem(path="catchup_window", message=f"must lie between 0 and {LONGEST_CATCHUP.days} days")
    if schedule.start_deadline is not None and not SHORTEST <= schedule.start_deadline <= LONGEST_CATCHUP:
        message = f"must lie between 1 second and {LONGEST_CATCHUP.days} days; null for none"
        yield Problem(path="start_deadline", message=message)
    if schedule.spread != SpreadKind.NONE and not SHORTEST <= schedule.spread_window <= LONGEST:
        yield Problem(path="spread_window", message="must lie between 1 second and 24 hours")
    if schedule.catchup_max is not None and not 1 <= schedule.catchup_max <= MOST:
        yield Problem(path="catchup_max", message=f"write a number from 1 to {MOST}, or null for no cap")
    if schedule.max_executions is not None and not 1 <= schedule.max_executions <= MOST:
        yield Problem(path="max_executions", message=f"write a number from 1 to {MOST}, or null for no limit")
    if schedule.max_executions is not None and schedule.max_executions < schedule.fires:
        message = f"the schedule has made {schedule.fires} starts already; write that many or more"
        yield Problem(path="max_executions", message=message)
    if not 0 <= schedule.auto_pause_after <= 1_000:
        yield Problem(path="auto_pause_after", message="write 0 for never, or up to 1000")
    if not 1 <= schedule.max_active <= 1_000:
        yield Problem(path="max_active", message="write a number from 1 to 1000")
    elif schedule.max_active > 1 and schedule.overlap not in {*GENERAL, OverlapPolicy.ALLOW_ALL}:
        message = f"{schedule.overlap} keeps one run; write 1, or overlap {', '.join(sorted(GENERAL))}"
        yield Problem(path="max_active", message=message)


def _input_problems(schedule: Schedule) -> list[Problem]:
    workflow = schedule.workflow
    if workflow.organization_id != schedule.organization_id:
        return [Problem(path="workflow", message="there is no such workflow in this organization")]
    if workflow.state != workflow.State.ACTIVE or workflow.current_version_id is None:
        return [Problem(path="workflow", message=f"{workflow.name} is {workflow.state}; it starts nothing")]
    try:
        check_input(definition_of(workflow.current_version_id), schedule.input)
    except InvalidInput as error:
        return error.errors
    return []


def _calendar_problems(schedule: Schedule) -> Iterator[Problem]:
    wanted = list(schedule.calendars)
    if len(wanted) > MAX_CALENDARS or len(set(wanted)) < len(wanted):
        yield Problem(path="calendars", message=f"give at most {MAX_CALENDARS} calendars, each once")
    if not wanted:
        return
    own = Calendar.objects.filter(organization_id=schedule.organization_id, pk__in=wanted)
    found = set(own.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    for number, calendar_id in enumerate(wanted):
        if calendar_id not in found:
            yield Problem(
                path=f"calendars[{number}]", message="there is no such calendar in this organization"
            )


def _rules(schedule: Schedule) -> list[Rule]:
    zone = _zone(schedule.timezone)
    if not isinstance(schedule.rules, list) or not 1 <= len(schedule.rules) <= MAX_RULES:
        raise InvalidSchedule([Problem(path="rules", message=f"give a list of 1 to {MAX_RULES} rules")])
    rules: list[Rule] = []
    for number, data in enumerate(schedule.rules):
        try:
            rules.append(
                rule_from_dict(data, hash_key=str(schedule.pk), zone=zone, created_at=schedule.created_at)
            )
        except InvalidRule as error:
            message = error.problem if error.key == error.field else f"{error.field}: {error.problem}"
            raise InvalidSchedule([Problem(path=f"rules[{number}].{error.key}", message=message)]) from None
    return rules


def _zone(name: str) -> str:
    try:
        zone_named(name)
    except InvalidRule as error:
        raise InvalidSchedule([Problem(path="timezone", message=error.problem)]) from None
    return name


def _check_bounds(schedule: Schedule) -> None:
    if schedule.start_at and schedule.end_at and schedule.end_at < schedule.start_at:
        raise InvalidSchedule([Problem(path="end_at", message="must not lie before start_at")])


def check_fires(schedule: Schedule, *, now: datetime) -> None:
    """Check that the times of a schedule with sound settings lie ahead and far enough apart.

    Raises:
        InvalidSchedule: naming `rules`, `end_at`, `calendars` or `on_excluded`.
    """
    ahead = list(islice(timetable.times(_without_end(schedule), after=now), LOOKED_AT))
    if not ahead:
        raise InvalidSchedule([_why_none(schedule, now=now)])
    if schedule.end_at is not None and ahead[0] > schedule.end_at:
        message = f"the first fire would be at {ahead[0].isoformat()}, after the end"
        raise InvalidSchedule([Problem(path="end_at", message=message)])
    _check_period(_shortest(ahead))
    if schedule.on_excluded != OnExcluded.DROP:
        _check_shift(schedule, now=now)


def usual_window(schedule: Schedule) -> timedelta:
    """Return the catch-up window of a schedule that names none: a day if it fires no more often than daily."""
    first = list(islice(timetable.times(_without_end(schedule), after=schedule.created_at), LOOKED_AT))
    return LONG_WINDOW if _shortest(first) >= SHORTEST_DAY else SHORT_WINDOW


def _shortest(times: list[datetime]) -> timedelta:
    return min((later - earlier for earlier, later in pairwise(times)), default=DAY)


def _without_end(schedule: Schedule) -> Schedule:
    unbounded = Schedule(
        **{field.attname: getattr(schedule, field.attname) for field in Schedule._meta.fields}
    )
    unbounded.end_at = None
    unbounded.ended_at = schedule.ended_at or schedule.effective_from  # a run that goes on will end
    return unbounded


def _why_none(schedule: Schedule, *, now: datetime) -> Problem:
    excluded = next(timetable.fires(schedule, after=now), None) if schedule.calendars else None
    if excluded is not None:
        return Problem(path="calendars", message=f"they exclude every time of the rules: {excluded.detail}")
    return Problem(path="rules", message="no rule fires after now; a time must lie in the future")


def _check_period(period: timedelta) -> None:
    shortest = timedelta(seconds=settings.ENVIRONMENT.shortest_period_seconds)
    if period < shortest:
        message = f"fires every {period.total_seconds():g} s; this installation allows {shortest.total_seconds():g} s"
        raise InvalidSchedule([Problem(path="rules", message=f"{message} or longer")])


def _check_shift(schedule: Schedule, *, now: datetime) -> None:
    try:
        check_shift(fire.fire_at for fire in timetable.fires(schedule, after=now))
    except InvalidCalendar as error:
        raise InvalidSchedule([Problem(path=error.field, message=error.problem)]) from None
