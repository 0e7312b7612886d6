"""Read the versions of a schedule's settings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import QuerySet

from schedules.errors import NoSuchVersion
from schedules.models import Schedule
from schedules.services import SETTINGS


@dataclass(frozen=True, slots=True)
class Change:
    """A setting that a version changed; both values as JSON."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the settings, and what it changed against the one before it."""

    row: Any  # of `Schedule.history`; the library makes its class
    changes: tuple[Change, ...]


def versions(schedule: Schedule) -> "QuerySet[Any]":
    """Return the rows of the schedule's history, the newest version first."""
    rows: QuerySet[Any] = schedule.history.select_related(None).order_by("-history_id")
    return rows


def with_changes(schedule: Schedule, rows: Sequence[Any]) -> list[Version]:
    """Return consecutive rows of the history, newest first, with what each of them changed."""
    if not rows:
        return []
    earlier = versions(schedule).filter(history_id__lt=rows[-1].history_id).first()
    return [Version(row, tuple(_changes(previous, row))) for row, previous in pairwise([*rows, earlier])]


def version(schedule: Schedule, *, number: int) -> Version:
    """Return one version.

    Raises:
        NoSuchVersion: the history has none of this number.
    """
    row = versions(schedule).filter(version=number).first()
    if row is None:
        raise NoSuchVersion(number)
    (found,) = with_changes(schedule, [row])
    return found


def _changes(previous: Any, row: Any) -> Iterator[Change]:
    if previous is None:
        return
    for field in SETTINGS:
        before, after = getattr(previous, attribute(field)), getattr(row, attribute(field))
        if before != after:
            yield Change(field, before, after)


def attribute(field: str) -> str:
    """Return under which name a row holds a setting without asking for another row."""
    return "workflow_id" if field == "workflow" else field
