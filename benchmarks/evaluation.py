"""One schedule that has come due: what it owes and when it is due next. No database, no server."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from schedules import evaluation, timetable
from schedules.calendars import calendar_from_list
from schedules.models import Schedule
from schedules.spread import SpreadKind
from schedules.timetable import Calendars

BENCHMARK = "evaluation of one due schedule, Europe/Berlin"
START = datetime(2026, 1, 5, 2, 17, 31, tzinfo=UTC)
APART = timedelta(hours=7, seconds=11)  # between the instants at which it is evaluated
LATE = timedelta(milliseconds=20)  # a pass comes so long after the time that was due
WARM = 20
HOLIDAYS = UUID(int=1)
CALENDARS = {HOLIDAYS: [{"kind": "holidays", "country": "DE", "subdivision": "BE"}]}


def _cron(text: str) -> list[dict[str, Any]]:
    return [{"kind": "cron", "expression": text}]


@dataclass(frozen=True, slots=True)
class Case:
    """A schedule; `is_new` gives each evaluation a rule that no earlier one had."""

    measure: str
    rules: list[dict[str, Any]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    is_new: bool = False


CASES = (
    Case("daily cron", _cron("30 6 * * *")),
    Case("daily cron, rule not seen before", is_new=True),
    Case("*/5 cron", _cron("*/5 * * * *")),
    Case("interval of an hour", [{"kind": "interval", "every_seconds": 3600, "anchor": START.isoformat()}]),
    Case("weekday cron, public holidays left out", _cron("30 6 * * MON-FRI"), {"calendars": [HOLIDAYS]}),
    Case(
        "*/5 cron with jitter",
        _cron("*/5 * * * *"),
        {"spread": SpreadKind.JITTER, "spread_window": timedelta(minutes=1)},
    ),
)


def measure(sizes: Sizes) -> list[Figure]:
    """Return the microseconds of each kind of schedule."""
    say(f"evaluation: {sizes.evaluations:,} of each kind")
    calendars = {key: calendar_from_list(entries) for key, entries in CALENDARS.items()}
    subject = Subject(BENCHMARK, "Horarium")
    return [
        subject.many(case.measure, list(_spent(case, sizes, calendars)), "µs", note="target: below 1,000")
        for case in CASES
    ]


def _spent(case: Case, sizes: Sizes, calendars: Calendars) -> Iterator[float]:
    for number in range(WARM + sizes.evaluations):
        schedule = _before(case, number, calendars)
        now = (schedule.next_due_at or START) + LATE
        began = time.perf_counter_ns()
        evaluated = evaluation.evaluate(schedule, now=now, calendars=calendars)
        evaluation.after_pass(evaluated, started=len(evaluated.plan.start), now=now, calendars=calendars)
        spent = time.perf_counter_ns() - began
        assert evaluated.plan.start
        if number >= WARM:
            yield spent / 1_000


def _before(case: Case, number: int, calendars: Calendars) -> Schedule:
    """Return the schedule as a pass finds it: its first time after some instant has come."""
    schedule = Schedule(
        rules=_cron(f"{_second_of(number)} 06 * * *") if case.is_new else case.rules,
        timezone="Europe/Berlin",
        created_at=START,
        effective_from=START,
        **case.settings,
    )
    found = timetable.fires(schedule, after=START + number * APART, calendars=calendars)
    due = next(fire for fire in found if not fire.barred)
    schedule.cursor_at = due.fire_at - timedelta.resolution
    schedule.next_fire_at, schedule.next_due_at = due.fire_at, due.due_at
    if case.is_new:
        schedule.rules = _cron(f"{_second_of(number)} 6 * * *")  # another text, which no cache knows
    return schedule


def _second_of(number: int) -> str:
    return f"{number % 60} {number // 60 % 60}"
