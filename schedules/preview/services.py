"""Preview the times of settings that are not saved."""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from organizations.models import Organization
from schedules import timetable
from schedules.evaluation import starts_left
from schedules.models import Schedule
from schedules.preview.cautions import Caution, cautions
from schedules.preview.upcoming import Upcoming, upcoming
from schedules.recurrence import Cron, Rule, describe, describe_all, rule_to_dict
from schedules.validation import check_fires, checked

HASHED = re.compile(r"(?:^|[\s,])H")  # of an expression in capitals; THU and MARCH have one inside


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule in its stored form, in words, and for a cron the canonical expression."""

    rule: dict[str, Any]
    description: str
    canonical: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule would do.

    Attributes:
        note: why there are fewer times than were asked for; "" otherwise.
    """

    description: str
    rules: tuple[RuleShown, ...]
    times: tuple[Upcoming, ...]
    note: str
    cautions: tuple[Caution, ...]


@transaction.atomic
def preview(
    organization: Organization,
    *,
    now: datetime,
    count: int,
    after: datetime | None = None,
    of: Schedule | None = None,
    **settings: Any,
) -> Preview:
    """Return what a schedule with these settings would do in its next `count` fires; nothing is saved.

    Args:
        of: the saved schedule that would get the settings; without it a new one would.
        settings: as for `schedules.services.create`.

    Raises:
        InvalidSchedule: naming each field that is wrong.
    """
    schedule = _drafted(organization, of=of, settings=settings, now=now)
    schedule.rules = checked(schedule)
    _begin_delay(schedule, now=now)
    check_fires(schedule, now=now)
    found = shown(schedule, now=now, after=after or now, count=count)
    return found if of else replace(found, cautions=(*found.cautions, *_hashed(schedule)))


def _drafted(
    organization: Organization, *, of: Schedule | None, settings: Mapping[str, Any], now: datetime
) -> Schedule:
    if of is None:
        schedule = Schedule(organization=organization, created_at=now, cursor_at=now, effective_from=now)
        schedule.catchup_window = None  # found from the rules
    else:
        schedule = copy(of)
    for name, value in settings.items():
        setattr(schedule, name, value)
    return schedule


def _begin_delay(schedule: Schedule, *, now: datetime) -> None:
    """Let a delay after completion count from now where no run has ended yet."""
    if timetable.follows_its_runs(schedule) and schedule.ended_at is None:
        schedule.ended_at = max(now, schedule.start_at or now)


def shown(schedule: Schedule, *, now: datetime, after: datetime, count: int) -> Preview:
    """Return what a schedule, saved or about to be, does after `after`."""
    rules = timetable.rules_of(schedule)
    times = upcoming(schedule, after=after, count=count)
    return Preview(
        description=describe_all(rules, zone=schedule.timezone),
        rules=tuple(_rule_shown(rule, zone=schedule.timezone) for rule in rules),
        times=tuple(times),
        note=_note(schedule, times, count=count),
        cautions=tuple(cautions(schedule, now=now)),
    )


def _rule_shown(rule: Rule, *, zone: str) -> RuleShown:
    canonical = rule.canonical if isinstance(rule, Cron) else None
    return RuleShown(rule_to_dict(rule), describe(rule, zone=zone), canonical)


def _note(schedule: Schedule, times: list[Upcoming], *, count: int) -> str:
    if sum(one.fires for one in times) >= count:
        return ""
    if (left := starts_left(schedule)) is not None and left < count:
        return f"no more times: the schedule ends after {schedule.max_executions} starts"
    if timetable.follows_its_runs(schedule):
        return "further times count from the end of each run"
    if schedule.end_at is not None:
        return f"no more times: the schedule ends at {schedule.end_at.isoformat()}"
    return "no more times"


def _hashed(schedule: Schedule) -> Iterator[Caution]:
    for number, rule in enumerate(timetable.rules_of(schedule)):
        if isinstance(rule, Cron) and HASHED.search(rule.text.upper()):
            message = "H is decided when the schedule is saved; these times are an example"
            yield Caution(path=f"rules[{number}].expression", code="hashed", message=message)
