"""What becomes of the schedules of a file: each compared with its row and, if it differs, made as the file has it."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from django.db import transaction

from schedules import services
from schedules.as_code.authors import Author
from schedules.as_code.document import Document, Written
from schedules.as_code.drift import drifted
from schedules.as_code.problems import below, gathered
from schedules.as_code.settings import Reader, schedule_reader
from schedules.as_code.steps import Action, Difference, Step, differences
from schedules.as_code.world import World
from schedules.as_code.writing import concise, is_enabled, whole
from schedules.models import Schedule
from schedules.recurrence.presets import HASHED
from schedules.states import ScheduleState
from schedules.validation import checked, usual_window
from schedules.versions.difference import fires_changed

NEXT = 3  # fires to come that are shown
MOVE_FIRES = frozenset(
    {"rules", "timezone", "start_at", "end_at", "dst_gap", "dst_overlap", "calendars", "on_excluded"}
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How far a file may go.

    Attributes:
        adopt: take over schedules that it names and that are not its own.
        prune: archive schedules that are its own and that it no longer names.
        keep: otherwise each change is tried and taken back at once.
    """

    adopt: bool = False
    prune: bool = False
    keep: bool = False


def make_schedules(document: Document, world: World, *, author: Author, wishes: Wishes) -> tuple[Step, ...]:
    """Create, change, enable, disable and archive schedules, by name, and return what that was.

    Raises:
        InvalidFile: naming every place that is wrong.
        StaleSchedule, IllegalScheduleMove, DuplicateSchedule: somebody was faster; take all of it back.
    """
    maker = _Maker(world, schedule_reader(world), author, wishes)
    named = {written.name for written in document.schedules}
    orphans = [row for name, row in world.schedules.items() if name not in named]
    steps = chain(gathered(maker.step, _sorted(document.schedules)), map(maker.orphan, orphans))
    return tuple(sorted(steps, key=lambda step: step.name))


def _sorted(schedules: tuple[Written, ...]) -> list[Written]:
    # Every apply locks rows in this order, so that two never wait for each other.
    return sorted(schedules, key=lambda written: written.name)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A schedule of the file beside its row.

    Attributes:
        settings: what the service is to set; empty if the row has it all.
    """

    written: Written
    row: Schedule
    settings: Mapping[str, Any]
    changed: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one schedule after the other."""

    world: World
    reader: Reader
    author: Author
    wishes: Wishes

    def step(self, written: Written) -> Step:
        """Make one schedule as the file has it."""
        row = self.world.schedules.get(written.name)
        if row is None:
            return self._created(written)
        compared = self._compared(written, row)
        if row.managed_by != self.author.source and not self.wishes.adopt:
            return _not_own(compared)
        return self._changed(compared)

    def orphan(self, row: Schedule) -> Step:
        """Archive a schedule that the file no longer names, or only report it."""
        if not self.wishes.prune:
            return Step(Action.ORPHAN, row.name, schedule=row)
        if self.wishes.keep:
            services.archive(row, by=self.author.by, now=self.author.now)
        return Step(Action.ARCHIVE, row.name, stands_on=(row.pk, row.version), schedule=row)

    def _created(self, written: Written) -> Step:
        settings = {**self.reader.read(written), "managed_by": self.author.source}
        with below(written.path), transaction.atomic():
            made = services.create(self.world.organization, **self._told(), **settings)
            made = self._standing(made, enabled=written.enabled)
            transaction.set_rollback(not self.wishes.keep)
        note = "" if self.wishes.keep else _open_until_created(settings["rules"])
        return self._foreseen(Step(Action.CREATE, written.name, written, schedule=made, note=note))

    def _compared(self, written: Written, row: Schedule) -> _Compared:
        names = self.world.calendar_names
        if written.settings == concise(row, calendar_names=names):
            # Nor is it judged: an export fits its row, also one that could no longer be saved.
            return _Compared(written, row, {}, ())
        settings = self.reader.read(written)
        with below(written.path):
            after = _with(row, settings)
        changed = tuple(differences(whole(row, calendar_names=names), whole(after, calendar_names=names)))
        return _Compared(written, row, settings if changed else {}, changed)

    def _changed(self, compared: _Compared) -> Step:
        written, row = compared.written, compared.row
        settings, changed = dict(compared.settings), drifted(row, compared.changed, source=self.author.source)
        if row.managed_by != self.author.source:
            settings["managed_by"] = self.author.source
            changed += (Difference("managed_by", row.managed_by, self.author.source),)
        action = _action(written, row, changed=changed)
        if action is Action.UNCHANGED:
            return Step(action, row.name, written, schedule=row, note=_standing(row))
        with below(written.path), transaction.atomic():
            made = self._change(row, settings, enabled=written.enabled)
            transaction.set_rollback(not self.wishes.keep)
        step = Step(action, row.name, written, (row.pk, row.version), changed, made, note=_standing(made))
        return self._foreseen(step, before=row)

    def _change(self, row: Schedule, settings: Mapping[str, Any], *, enabled: bool) -> Schedule:
        told = self._told()
        changed = services.change(row, based_on=row.version, **told, **settings) if settings else row
        return self._standing(changed, enabled=enabled)

    def _standing(self, row: Schedule, *, enabled: bool) -> Schedule:
        if enabled and row.state == ScheduleState.DISABLED:
            return services.resume(row, by=self.author.by, now=self.author.now)
        if not enabled and is_enabled(row):
            return services.disable(row, **self._told())
        return row

    def _told(self) -> dict[str, Any]:
        return {"now": self.author.now, "by": self.author.by, "reason": self.author.reason}

    def _foreseen(self, step: Step, *, before: Schedule | None = None) -> Step:
        """Add the next fires, and how they differ from those of `before`."""
        schedule = step.schedule
        if schedule is None or not is_enabled(schedule):
            return step
        ahead = services.next_fires(schedule, after=self.author.now, count=NEXT)
        moves = before is not None and any(one.field in MOVE_FIRES for one in step.differences)
        fires = fires_changed(before, schedule, now=self.author.now) if before is not None and moves else None
        return replace(step, next_fires=tuple(ahead), fires=fires)


def _open_until_created(rules: Iterable[Any]) -> str:
    """Return what to know of times that follow from the id, or the creation, of a schedule that is not there yet."""
    for rule in rules:
        hashed = HASHED.search(str(rule.get("expression", "")))
        if hashed or (rule.get("kind") == "interval" and "anchor" not in rule):
            return "its times are settled when it is created; those shown here are an example"
    return ""


def _with(row: Schedule, settings: Mapping[str, Any]) -> Schedule:
    """Return `row` as it would be saved with `settings`.

    Raises:
        InvalidSchedule: naming each field that is wrong.
    """
    after = copy(row)
    for name, value in settings.items():
        setattr(after, name, value)
    after.rules = checked(after)
    if after.catchup_window is None:
        after.catchup_window = usual_window(after)
    return after


def _action(written: Written, row: Schedule, *, changed: tuple[Difference, ...]) -> Action:
    if changed:
        return Action.CHANGE
    if written.enabled == is_enabled(row):
        return Action.UNCHANGED
    return Action.ENABLE if written.enabled else Action.DISABLE


def _not_own(compared: _Compared) -> Step:
    """Refuse to touch a schedule of another owner; one of nobody that is as the file says may stay."""
    written, row = compared.written, compared.row
    is_same = not compared.changed and written.enabled == is_enabled(row)
    if is_same and not row.managed_by:
        return Step(
            Action.UNCHANGED, row.name, written, schedule=row, note="owned by nobody; --adopt takes it over"
        )
    owner = f"owned by {row.managed_by}" if row.managed_by else "owned by nobody"
    note = f"{owner}; rename it in the file, or take it over with --adopt"
    return Step(Action.CONFLICT, row.name, written, differences=compared.changed, schedule=row, note=note)


def _standing(row: Schedule) -> str:
    """Return what a person should know of the state that stays as it is."""
    match row.state:
        case ScheduleState.PAUSED:
            reason = f": {row.pause_reason}" if row.pause_reason else ""
            return f"stays paused, by {row.paused_by}{reason}"
        case ScheduleState.ERROR:
            return f"stays in error: {row.error}"
        case ScheduleState.COMPLETED:
            return "stays completed: it has no more times"
    return ""
