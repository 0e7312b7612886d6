"""Explain the times of a schedule: what became of each, or will, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from schedules import timetable
from schedules.evaluation import starts_left
from schedules.explain import nearest
from schedules.explain.answer import Absent, Answer, Explanation, Outcome, Verdict
from schedules.explain.collecting import Facts, collect
from schedules.explain.judging import Standing, foreseen, recorded
from schedules.explain.periods import Period, periods, unreadable
from schedules.explain.silence import Silence
from schedules.explain.wording import Told, sentence
from schedules.models import Schedule
from schedules.recurrence import zone_named
from schedules.timetable import Calendars

MOST_TIMES = 1_000  # explained by one call
MOST_COUNTED = 20_000  # coming times that are counted towards a limit of starts
SECOND = timedelta(seconds=1)


def explain_range(
    schedule: Schedule, *, from_at: datetime, to_at: datetime, now: datetime, limit: int = MOST_TIMES
) -> Explanation:
    """Return what became of every time in [from_at, to_at], or will, in order.

    Past times are judged by the settings that held then. Executions and skipped
    times that no version of the settings names are listed as well.

    Args:
        limit: of times, 1,000 at most; the answer says where to go on.
    """
    return _explain(_read(schedule, since=from_at, now=now), from_at=from_at, to_at=to_at, limit=limit)


def explain(schedule: Schedule, *, at: datetime, now: datetime) -> Answer:
    """Return what became of one instant, or will; of one that is no time of the schedule why, and what is near.

    An `at` in whole seconds stands for a time within that second.
    """
    known = _read(schedule, since=at, now=now)
    last = at if at.microsecond else at + SECOND - timedelta.resolution
    found = _explain(known, from_at=at, to_at=last, limit=MOST_TIMES).answers
    return found[0] if found else _none_at(known, at=at)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read once for one explanation."""

    schedule: Schedule
    now: datetime
    held: Sequence[Period]
    calendars: Calendars


def _read(schedule: Schedule, *, since: datetime, now: datetime) -> _Known:
    held = periods(schedule, since=since)
    return _Known(schedule, now, held, timetable.calendars_of(period.settings for period in held))


def _explain(known: _Known, *, from_at: datetime, to_at: datetime, limit: int) -> Explanation:
    collected = collect(
        known.held,
        schedule_id=known.schedule.pk,
        calendars=known.calendars,
        from_at=from_at,
        to_at=to_at,
        limit=min(limit, MOST_TIMES),
    )
    return Explanation(list(_answers(known, collected.facts, to_at=to_at)), collected.continue_from)


def _answers(known: _Known, facts: Sequence[Facts], *, to_at: datetime) -> Iterator[Answer]:
    standing = _standing(known, to_at=to_at)
    silence = Silence(known.schedule.pk)
    for one in facts:
        verdict = recorded(one.runs, one.skip)
        if verdict is None and _is_ahead(one, known.schedule):
            verdict = foreseen(one.fire, standing)
        if verdict is None:
            verdict = silence.of(one)
        if verdict is not None:
            yield _answer(one, verdict, known=known)


def _is_ahead(one: Facts, schedule: Schedule) -> bool:
    if one.period is None or not one.period.is_current:
        return False
    return one.fire.fire_at > schedule.cursor_at and one.fire.due_at >= schedule.effective_from


def _standing(known: _Known, *, to_at: datetime) -> Standing:
    schedule = known.schedule
    left = starts_left(schedule)
    return Standing(
        now=known.now,
        state=schedule.state,
        has_starts_left=left != 0,
        last_start_at=_nth_start(known, left, to_at=to_at) if left else None,
        paused_until=schedule.paused_until,
        stopped_by=schedule.paused_by,
        stop_reason=schedule.pause_reason,
        error=schedule.error,
    )


def _nth_start(known: _Known, number: int, *, to_at: datetime) -> datetime | None:
    """Return when the rules make their `number`th start from here, or None if not until `to_at`."""
    schedule = known.schedule
    fires = timetable.fires(schedule, after=schedule.cursor_at, calendars=known.calendars)
    allowed = (
        fire.fire_at
        for fire in islice(fires, MOST_COUNTED)
        if not fire.barred and fire.due_at >= schedule.effective_from
    )
    for count, fire_at in enumerate(allowed, start=1):
        if count == number or fire_at > to_at:
            return fire_at if count == number else None
    return None


def _answer(one: Facts, verdict: Verdict, *, known: _Known) -> Answer:
    zone = zone_named((one.period.settings if one.period else known.schedule).timezone)
    due_at = one.fire.due_at if one.period else None
    return Answer(
        fire_at=one.fire.fire_at,
        due_at=due_at,
        local=one.fire.fire_at.astimezone(zone).isoformat(),
        outcome=verdict.outcome,
        reason=verdict.reason,
        detail=verdict.detail,
        runs=one.runs,
        skip=one.skip,
        version=one.period.version if one.period else None,
        why=sentence(Told(verdict=verdict, due_at=due_at, runs=one.runs, now=known.now, zone=zone)),
    )


def _none_at(known: _Known, *, at: datetime) -> Answer:
    """Answer for an instant that is no time, by the settings that held then."""
    held = known.held[0] if known.held else None
    settings = held.settings if held else known.schedule
    zone = zone_named(settings.timezone)
    verdict = _absence(held, at=at)
    before = after = None
    if held is not None and verdict.reason != Absent.UNREADABLE:
        before, after = nearest.around(held, at=at, calendars=known.calendars)
    return Answer(
        fire_at=at,
        due_at=None,
        local=at.astimezone(zone).isoformat(),
        outcome=verdict.outcome,
        reason=verdict.reason,
        detail=verdict.detail,
        runs=(),
        skip=None,
        version=held.version if held else None,
        before=before,
        after=after,
        why=sentence(Told(verdict=verdict, due_at=None, runs=(), now=known.now, zone=zone)),
    )


def _absence(held: Period | None, *, at: datetime) -> Verdict:
    if held is None or at < held.start:
        since = held.start.isoformat() if held else ""
        return Verdict(Outcome.NO_TIME, Absent.BEFORE_CREATION, since)
    if why := unreadable(held):
        return Verdict(Outcome.NO_TIME, Absent.UNREADABLE, why)
    return nearest.absence(held.settings, at=at)
