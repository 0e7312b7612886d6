"""What makes a schedule's settings acceptable, each by itself."""

import re
from collections.abc import Collection, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any

from executions.admitting.overlap import ALIASES, GENERAL, OverlapPolicy
from executions.services import QUEUE, QUEUE_HELP
from schedules.calendars import OnExcluded
from schedules.errors import InvalidSchedule
from schedules.misfire import CatchUpMode
from schedules.models import Calendar, Schedule
from schedules.recurrence import Gap, Overlap, rule_to_dict
from schedules.spread import LONGEST, SHORTEST, SpreadKind
from schedules.states import OnComplete
from schedules.validation.rules import read_rules
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import NAME
from workflows.services import definition_of

MAX_CALENDARS = 20
LONGEST_CATCHUP = timedelta(days=30)
MOST = 2**31 - 1  # what the columns hold
RESERVED_NAMES = frozenset({"preview", "schema"})  # a page of the API, and what the column refuses
NAME_HELP = "start with a letter; use lower-case letters, digits, hyphens and underscores, 100 at most"

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
    problems += [*_calendar_problems(schedule), *_bound_problems(schedule)]
    rules, unread = read_rules(
        schedule.rules,
        timezone=schedule.timezone,
        hash_key=str(schedule.pk),
        created_at=schedule.created_at,
    )
    if problems := [*problems, *unread]:
        raise InvalidSchedule(problems)
    return [rule_to_dict(rule) for rule in rules]


def name_problem(name: str, *, reserved: Collection[str]) -> str:
    """Return what is wrong with a name, or ""."""
    if name in reserved:
        return f"{name!r} is reserved; choose another name"
    return "" if re.fullmatch(NAME.regex, name) else NAME_HELP


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
    if wrong := name_problem(schedule.name, reserved=RESERVED_NAMES):
        yield Problem(path="name", message=wrong)
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


def _bound_problems(schedule: Schedule) -> Iterator[Problem]:
    if schedule.start_at and schedule.end_at and schedule.end_at < schedule.start_at:
        yield Problem(path="end_at", message="must not lie before start_at; write a later time")
