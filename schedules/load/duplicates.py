"""Schedules that start the same workflow with the same input at the same times."""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import islice, zip_longest

from organizations.models import Organization
from schedules.calendars import InvalidCalendar
from schedules.load.sameness import fires_of, key_of
from schedules.models import Schedule
from schedules.recurrence import InvalidRule
from schedules.states import ScheduleState
from schedules.timetable import Calendars, calendars_of
from workflows.models import Workflow

MOST_COMPARED = 2_000  # schedules of one organization whose fires are computed; further ones by rules only
FIRST_FIRES = 10
MOST_CANDIDATES = 50  # schedules that a new one is compared with, so that saving stays quick

Fires = tuple[datetime, ...]


class Same(StrEnum):
    """Why schedules are taken for duplicates."""

    RULES = "rules"  # their rules, zone and bounds mean the same
    FIRES = "fires"  # other rules, but the same times as far as they were compared


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Two or more active schedules of one workflow and input, by name.

    Attributes:
        compared_until: with `fires`, the last time that was compared.
    """

    schedules: tuple[Schedule, ...]
    same: Same
    compared_until: datetime | None = None

    @property
    def workflow(self) -> Workflow:
        """The workflow that they start."""
        return self.schedules[0].workflow


def duplicates(organization: Organization, *, now: datetime) -> list[DuplicateGroup]:
    """Return the organization's groups of duplicates, in the order of their first names.

    Schedules are compared by what their rules mean, and where that differs by
    their fires: those of the next 31 days, 1,000 at most, for `MOST_COMPARED` schedules.
    """
    found: list[DuplicateGroup] = []
    compared = 0
    for alike in _alike(organization):
        by_key = _grouped(alike, now=now)
        is_compared = len(by_key) > 1 and compared + len(by_key) <= MOST_COMPARED
        compared += len(by_key) if is_compared else 0
        found.extend(_by_fires(by_key, now=now) if is_compared else _by_rules(by_key))
    return sorted(found, key=lambda group: group.schedules[0].name)


def duplicates_of(schedule: Schedule, *, now: datetime) -> list[Schedule]:
    """Return active schedules that `schedule`, saved or about to be, repeats; the first of them by name.

    Quick enough for every save: by the index of the workflow, and only those that
    wait for the same next fire. One that beat is firing just now is missed.

    Raises:
        InvalidRule, InvalidCalendar: `schedule` itself cannot be read; check it first.
    """
    following = next(fires_of(schedule, now=now), None)
    if following is None:
        return []
    candidates = Schedule.objects.filter(
        organization_id=schedule.organization_id,
        workflow_id=schedule.workflow_id,
        state=ScheduleState.ACTIVE,
        input=schedule.input,
        next_fire_at__range=(following, following.replace(microsecond=999_999)),
    )
    others = list(candidates.exclude(pk=schedule.pk).order_by("name")[:MOST_CANDIDATES])
    calendars = calendars_of([schedule, *others])
    return [other for other in others if _fire_alike(schedule, other, now=now, calendars=calendars)]


def _fire_alike(one: Schedule, other: Schedule, *, now: datetime, calendars: Calendars) -> bool:
    try:
        if key_of(one, now=now) == key_of(other, now=now):
            return True
        fires = (fires_of(schedule, now=now, calendars=calendars) for schedule in (one, other))
        return all(a == b for a, b in zip_longest(*fires))
    except (InvalidRule, InvalidCalendar):  # beat sets it aside; no reason to refuse the save of this one
        return False


def _alike(organization: Organization) -> Iterable[list[Schedule]]:
    """Return the active schedules by workflow and input, where there are two or more."""
    active = Schedule.objects.filter(organization=organization, state=ScheduleState.ACTIVE)
    alike: dict[Hashable, list[Schedule]] = {}
    for schedule in active.select_related("workflow").defer("description").order_by("name", "id"):
        what = (schedule.workflow_id, json.dumps(schedule.input, sort_keys=True))
        alike.setdefault(what, []).append(schedule)
    return (schedules for schedules in alike.values() if len(schedules) > 1)


def _grouped(schedules: Iterable[Schedule], *, now: datetime) -> list[list[Schedule]]:
    groups: dict[Hashable, list[Schedule]] = {}
    for schedule in schedules:
        try:
            groups.setdefault(key_of(schedule, now=now), []).append(schedule)
        except InvalidRule:  # beat sets it aside and says why
            continue
    return list(groups.values())


def _by_rules(groups: Iterable[list[Schedule]]) -> Iterator[DuplicateGroup]:
    return (DuplicateGroup(tuple(group), Same.RULES) for group in groups if len(group) > 1)


def _by_fires(groups: Iterable[list[Schedule]], *, now: datetime) -> Iterator[DuplicateGroup]:
    groups = list(groups)
    calendars = calendars_of(group[0] for group in groups)

    def fires(group: list[Schedule], *, most: int | None = None) -> Fires:
        try:
            return tuple(islice(fires_of(group[0], now=now, calendars=calendars), most))
        except (InvalidRule, InvalidCalendar):
            return ()

    # Most differ in their first fires; only the others are worth a longer look.
    for similar in _split(groups, by=partial(fires, most=FIRST_FIRES)).values():
        if len(similar) == 1:
            yield from _by_rules(similar)
            continue
        for compared, same in _split(similar, by=fires).items():
            yield from _merged(same, compared)


def _split(
    groups: Iterable[list[Schedule]], *, by: Callable[[list[Schedule]], Fires]
) -> dict[Fires, list[list[Schedule]]]:
    found: dict[Fires, list[list[Schedule]]] = {}
    for group in groups:
        found.setdefault(by(group), []).append(group)
    return found


def _merged(groups: list[list[Schedule]], fires: Fires) -> Iterator[DuplicateGroup]:
    if len(groups) == 1 or not fires:
        yield from _by_rules(groups)
        return
    schedules = sorted((one for group in groups for one in group), key=lambda one: one.name)
    yield DuplicateGroup(tuple(schedules), Same.FIRES, fires[-1])
