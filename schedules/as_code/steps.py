"""What a file would change, as data."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from schedules.as_code.document import Written
from schedules.models import Schedule
from schedules.versions.difference import FiresChanged

FINGERPRINT = 16  # hexadecimal digits; guards against accidents, not against attackers


class Action(StrEnum):
    """What becomes of a schedule or a calendar."""

    CREATE = "create"
    CHANGE = "change"
    ENABLE = "enable"  # nothing else changes
    DISABLE = "disable"
    ARCHIVE = "archive"  # an orphan, with --prune
    ORPHAN = "orphan"  # owned by this source and no longer in the file; left as it is
    CONFLICT = "conflict"  # owned by nobody or by another source; refused
    UNCHANGED = "unchanged"


LEAVES_ALONE = frozenset({Action.ORPHAN, Action.CONFLICT, Action.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that changes, in its text form.

    Attributes:
        drift: who set `before` since the file was last applied; empty if it comes from the file.
    """

    field: str
    before: Any
    after: Any
    drift: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one schedule or calendar.

    Attributes:
        stands_on: id and version of the row that it changes.
        schedule: as it would be, unsaved after a plan; as it is where nothing changes.
        next_fires: the first of the schedule to be, aware UTC.
        note: what a person should know besides.
    """

    action: Action
    name: str
    written: Written | None = None
    stands_on: tuple[UUID, int] | None = None
    differences: tuple[Difference, ...] = ()
    schedule: Schedule | None = None
    next_fires: tuple[datetime, ...] = ()
    fires: FiresChanged | None = None
    note: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything is written."""
        return self.action not in LEAVES_ALONE


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change in an organization; calendars and schedules by name."""

    source: str
    organization: str
    calendars: tuple[Step, ...] = field(default=())
    schedules: tuple[Step, ...] = field(default=())

    @property
    def changes(self) -> bool:
        """Whether applying it would write anything."""
        return any(step.changes for step in (*self.calendars, *self.schedules))

    @property
    def conflicts(self) -> list[str]:
        """The names that belong to somebody else."""
        return [step.name for step in self.schedules if step.action is Action.CONFLICT]

    @property
    def fingerprint(self) -> str:
        """Names what is planned: the same file in an unchanged world has the same, at any time of day.

        Holds the file's words and the versions that change, and no computed time.
        """
        facts = [self.source, self.organization, *map(_fact, self.calendars), *map(_fact, self.schedules)]
        text = json.dumps(facts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT]


def _fact(step: Step) -> list[Any]:
    stands_on = [str(part) for part in step.stands_on or ()] if step.changes else []
    written = [step.written.settings, step.written.enabled] if step.written else []
    return [step.action, step.name, stands_on, written]


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Difference]:
    """Yield the settings of `before` that differ, in their order."""
    for name, value in before.items():
        if after[name] != value:
            yield Difference(name, value, after[name])
