"""What makes a schedule's settings acceptable. Every message names its field and a remedy."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from executions.services import QUEUE, QUEUE_HELP
from schedules.errors import InvalidSchedule
from schedules.misfire import CatchUpMode
from schedules.models import Schedule
from schedules.recurrence import (
    Gap,
    InvalidRule,
    Overlap,
    Rule,
    next_fire,
    rule_from_dict,
    rule_to_dict,
    zone_named,
)
from workflows.definition import check_input
from workflows.errors import InvalidInput, Problem
from workflows.models import NAME
from workflows.services import definition_of

MAX_RULES = 20
LONGEST_CATCHUP = timedelta(days=30)


def checked(schedule: Schedule) -> list[dict[str, Any]]:
    """Return the rules in their stored form, every default written out.

    Raises:
        InvalidSchedule: naming each field that is wrong.
    """
    problems = [*_plain_problems(schedule), *_input_problems(schedule)]
    try:
        rules = _rules(schedule)
        _check_bounds(schedule)
    except InvalidSchedule as error:
        raise InvalidSchedule([*problems, *error.errors]) from None
    if problems:
        raise InvalidSchedule(problems)
    return [rule_to_dict(rule) for rule in rules]


def _plain_problems(schedule: Schedule) -> Iterator[Problem]:
    if not re.fullmatch(NAME.regex, schedule.name):
        yield Problem(path="name", message=str(NAME.message))
    if not 0 <= schedule.priority <= 9:
        yield Problem(path="priority", message="write a number from 0 to 9; 9 runs first")
    if not QUEUE.fullmatch(schedule.queue):
        yield Problem(path="queue", message=QUEUE_HELP)
    if not timedelta(0) <= schedule.catchup_window <= LONGEST_CATCHUP:
        yield Problem(path="catchup_window", message=f"must lie between 0 and {LONGEST_CATCHUP.days} days")
    for field, choices in (("dst_gap", Gap), ("dst_overlap", Overlap), ("catchup", CatchUpMode)):
        if getattr(schedule, field) not in list(choices):
            yield Problem(path=field, message=f"write one of {', '.join(choices)}")


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
    """Check that a schedule with sound rules has a time to fire at after `now`.

    Raises:
        InvalidSchedule: naming `rules` or `end_at`.
    """
    after = max(now, schedule.start_at - timedelta.resolution) if schedule.start_at else now
    first = next_fire(
        _rules(schedule),
        zone=schedule.timezone,
        after=after,
        gap=schedule.dst_gap,
        overlap=schedule.dst_overlap,
    )
    if first is None:
        raise InvalidSchedule(
            [Problem(path="rules", message="no rule fires after now; a time must lie in the future")]
        )
    if schedule.end_at is not None and first > schedule.end_at:
        message = f"the first fire would be at {first.isoformat()}, after the end"
        raise InvalidSchedule([Problem(path="end_at", message=message)])
