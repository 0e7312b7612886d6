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
from schedules.models import Schedule
from schedules.preview.cautions import Caution, cautions
from schedules.preview.upcoming import Upcoming, ahead
from schedules.recurrence import Cron, describe_all
from schedules.recurrence.shown import RuleShown, show
from schedules.states import ScheduleState
from schedules.validation import check_fires, checked

HASHED = re.compile(r"(?:^|[\s,])H")  # of an expression in capitals; THU and MARCH have one inside


H_IS_AN_EXAMPLE = "H is decided when the schedule is saved; these times are an example"
# An edit of a schedule in one of these states makes it active.
ENDED_BY_AN_EDIT = frozenset({ScheduleState.ERROR, ScheduleState.COMPLETED})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a schedule would do.

    Attributes:
        description: all rules in words.
        note: what is to be known of the times as a whole: an H that is not decided
            yet, what stops the schedule, why there are fewer than were asked for.
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
    return found if of else _as_example(found, list(_hashed(schedule)))


def _drafted(
    organization: Organization, *, of: Schedule | None, settings: Mapping[str, Any], now: datetime
) -> Schedule:
    if of is None:
        schedule = Schedule(organization=organization, created_at=now, cursor_at=now, effective_from=now)
        schedule.catchup_window = None  # found from the rules
    else:
        schedule = copy(of)
        if schedule.state in ENDED_BY_AN_EDIT:
            schedule.state = ScheduleState.ACTIVE
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
    found = ahead(schedule, after=after, count=count)
    return Preview(
        description=describe_all(rules, zone=schedule.timezone),
        rules=tuple(show(rule, zone=schedule.timezone) for rule in rules),
        times=found.times,
        note=found.note,
        cautions=tuple(cautions(schedule, now=now)),
    )


def _as_example(found: Preview, hashed: list[Caution]) -> Preview:
    if not hashed:
        return found
    note = "; ".join(part for part in (H_IS_AN_EXAMPLE, found.note) if part)
    return replace(found, note=note, cautions=(*found.cautions, *hashed))


def _hashed(schedule: Schedule) -> Iterator[Caution]:
    for number, rule in enumerate(timetable.rules_of(schedule)):
        if isinstance(rule, Cron) and HASHED.search(rule.text.upper()):
            path = f"rules[{number}].expression"
            yield Caution(path=path, code="hashed", message=H_IS_AN_EXAMPLE)
