"""Create, change and roll back schedules; every saved version stays in `history`."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from events.services import append
from executions import wakeups
from executions.admitting import admission
from executions.admitting.overlap import OverlapPolicy
from organizations.models import Organization
from schedules import skips, timetable
from schedules.errors import DuplicateSchedule, IllegalScheduleMove, NoVersionToTake
from schedules.fire import AUTO
from schedules.misfire import Skipped
from schedules.models import DECIDE_TIMES, SETTINGS, WHERE_IT_STANDS, Schedule
from schedules.reasons import Reason
from schedules.services.search import lock, save_standing, search, settle_accounts, take_effect
from schedules.states import ScheduleState
from schedules.timetable import follows_its_runs
from schedules.told import schedule_event
from schedules.validation import check_fires, checked, usual_window

CHANGED = "the rules changed"


@transaction.atomic
def create(
    organization: Organization, *, now: datetime, by: str = "", reason: str = "", **settings: Any
) -> Schedule:
    """Create an active schedule that fires from now on.

    Args:
        reason: kept with the version.
        settings: columns of `SETTINGS`; those left out have their defaults. A
            `catchup_window` of None is an hour, or a day if no two fires of the
            rules are closer than a day.

    Raises:
        InvalidSchedule: naming each field that is wrong; nothing is created.
        DuplicateSchedule: the organization has a schedule of this name.
    """
    schedule = Schedule(
        organization=organization,
        created_by=by,
        created_at=now,
        cursor_at=now,
        effective_from=now,
        **{"catchup_window": None, **_known(settings)},
    )
    schedule.rules = checked(schedule)
    if follows_its_runs(schedule):
        schedule.ended_at = max(now, schedule.start_at or now)
    check_fires(schedule, now=now)
    _fill_in(schedule)
    search(schedule)
    _save(schedule, by=by, reason=reason, now=now, force_insert=True)
    wakeups.tell_beat()
    return schedule


@transaction.atomic
def change(
    schedule: Schedule,
    *,
    now: datetime,
    based_on: int | None = None,
    by: str = "",
    reason: str = "",
    **settings: Any,
) -> Schedule:
    """Change settings. Another rule, zone or bound never fires for the time before `now`.

    What changes nothing is no new version. A schedule in state error becomes active again, and a completed one does
    when its rules give it times again. A paused or disabled one stays that.

    Args:
        based_on: the version that the caller read; a newer one refuses the change.
        reason: kept with the version.

    Raises:
        InvalidSchedule: naming each field that is wrong; nothing is changed.
        StaleSchedule: somebody else changed it since.
        DuplicateSchedule: the organization has a schedule of this name.
        IllegalScheduleMove: it is archived.
    """
    locked = lock(schedule, based_on=based_on)
    if locked.state == ScheduleState.ARCHIVED:
        raise IllegalScheduleMove(state=locked.state, to="changed")
    as_read = copy(locked)
    for name, value in _known(settings).items():
        setattr(locked, name, value)
    locked.rules = checked(locked)
    _fill_in(locked)
    differ = _differ(as_read, locked, SETTINGS)
    if differ or locked.state == ScheduleState.ERROR:
        _take_up(locked, as_read, by=by, now=now)
        _save_change(locked, is_version=differ, by=by, reason=reason, now=now)
        wakeups.tell_beat()
    return locked


def _differ(as_read: Schedule, locked: Schedule, names: Iterable[str]) -> bool:
    return any(getattr(as_read, name) != getattr(locked, name) for name in names)


def _save_change(locked: Schedule, *, is_version: bool, by: str, reason: str, now: datetime) -> None:
    if not is_version:  # the same settings, which an edit has made active again
        save_standing(locked)
        return
    locked.version += 1
    fields = [*WHERE_IT_STANDS, *SETTINGS, "version"]
    _save(locked, by=by, reason=reason, now=now, update_fields=fields)


def _fill_in(schedule: Schedule) -> None:
    if schedule.catchup_window is None:
        schedule.catchup_window = usual_window(schedule)


def _take_up(locked: Schedule, as_read: Schedule, *, by: str, now: datetime) -> None:
    """Let changed settings decide from `now` on, for what waits already too."""
    moved = _differ(as_read, locked, DECIDE_TIMES)
    mended = locked.state == ScheduleState.ERROR
    if moved or mended:
        if as_read.state != ScheduleState.COMPLETED:
            settle_accounts(as_read, reason=Reason.EDITED, detail=CHANGED, now=now)
            locked.cursor_at = as_read.cursor_at
        if follows_its_runs(locked) and not follows_its_runs(as_read):
            locked.ended_at = now
        take_effect(locked, now=now)
        _give_up(as_read, locked, now=now)
    if moved:
        check_fires(locked, now=now)
        _drop_skips(locked, by=by, now=now)
    if (moved or mended) and locked.state not in {ScheduleState.PAUSED, ScheduleState.DISABLED}:
        search(locked)
    if (as_read.overlap, as_read.max_active) != (locked.overlap, locked.max_active):
        policy = OverlapPolicy(locked.overlap)
        admission.rebind(locked.pk, policy, kind=AUTO, limit=locked.max_active, now=now)


def _give_up(as_read: Schedule, locked: Schedule, *, now: datetime) -> None:
    """Record the times that the old spread had put off beyond `now`, and that the new settings do not start."""
    if not as_read.spread_window or as_read.state == ScheduleState.COMPLETED:
        return
    kept = {fire.fire_at for fire in skips.put_off(locked, now=now)}
    lost = [fire.fire_at for fire in skips.put_off(as_read, now=now) if fire.fire_at not in kept]
    rows = (Skipped(at, at, 1, Reason.EDITED, CHANGED) for at in lost)
    skips.record(skips.row(locked, one, now=now) for one in rows)


def _drop_skips(locked: Schedule, *, by: str, now: datetime) -> None:
    """Forget the requests to leave out times that no rule names any more."""
    gone = [at for at in locked.skip_times if not _names(locked, at)]
    locked.skip_times = [at for at in locked.skip_times if at not in gone]
    told = ({"by": by, "fire_at": at.isoformat()} for at in gone)
    append(schedule_event(locked, "schedule.skip_withdrawn", now=now, **facts) for facts in told)


def _names(schedule: Schedule, at: datetime) -> bool:
    following = next(timetable.fires(schedule, after=at - at.resolution), None)
    return following is not None and following.fire_at == at


def rollback(
    schedule: Schedule,
    *,
    to: int,
    now: datetime,
    by: str = "",
    based_on: int | None = None,
    reason: str = "",
) -> Schedule:
    """Give a schedule the settings of an earlier version again, as a new version.

    Args:
        reason: kept with the version, after the number that was taken.

    Raises:
        NoVersionToTake: the history has no version `to`.
        and what `change` raises.
    """
    earlier = schedule.history.filter(version=to).order_by("-history_id").first()
    if earlier is None:
        raise NoVersionToTake(to)
    settings = {name: getattr(earlier, name) for name in SETTINGS}
    why = f"back to version {to}" + (f": {reason}" if reason else "")
    return change(schedule, now=now, based_on=based_on, by=by, reason=why, **settings)


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    unknown = settings.keys() - set(SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a schedule: {', '.join(sorted(unknown))}")
    return dict(settings)


def _save(schedule: Schedule, *, by: str, reason: str, now: datetime, **how: Any) -> None:
    """Save with a version in the history that says who, why and when.

    Raises:
        DuplicateSchedule: the organization has a schedule of this name.
    """
    schedule._history_user, schedule._history_date = by, now  # noqa: SLF001 - the library's documented way
    schedule._change_reason = reason[:500]  # noqa: SLF001
    try:
        with transaction.atomic():
            schedule.save(**how)
    except IntegrityError:
        raise DuplicateSchedule(schedule.name) from None
