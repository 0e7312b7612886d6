"""What the first page tells an operator: what runs, what waits, what failed, what comes next."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet
from django.http import HttpRequest

from console import queries
from executions.models import DeadLetter, Execution, Pulse
from executions.states import ExecutionState
from organizations.access import roles_of, sees_all
from schedules.models import Schedule
from schedules.states import ScheduleState

HOURS = 24
MOST_COUNTED = 1_000  # of what runs, waits for a person or is in error
SHOWN = 8  # rows of each list
QUIET = {"beat": timedelta(seconds=10), "worker": timedelta(seconds=30)}  # then something is wrong


@dataclass(frozen=True, slots=True)
class HourBar:
    """One hour of the chart: its parts from the bottom, in percent of the highest hour."""

    start: datetime
    total: int
    parts: list[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Life:
    """How long ago any beat, or any worker, gave a sign of life."""

    role: str
    seen_at: datetime | None
    is_well: bool


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to unfold's context what the overview shows: eight queries."""
    import clock

    return {**context, **overview(organizations_of(request), now=clock.now())}


def organizations_of(request: HttpRequest) -> list[UUID] | None:
    """Return the organizations whose rows the person sees; None for all."""
    return None if sees_all(request) else list(roles_of(request))


def open_dead_letters(request: HttpRequest) -> int:
    """Return how many dead letters wait for a person, `MOST_COUNTED` at most; read once for a request."""
    cache = vars(request)
    if "_open_dead_letters" not in cache:
        cache["_open_dead_letters"] = _count(_open_letters(organizations_of(request)))
    count: int = cache["_open_dead_letters"]
    return count


def overview(organizations: list[UUID] | None, *, now: datetime) -> dict[str, Any]:
    """Return what the page shows about these organizations, or about all."""
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    since = this_hour - timedelta(hours=HOURS - 1)
    hours = queries.executions_by_hour(since=since, organizations=organizations)
    waiting, oldest = queries.waiting_steps(now=now, organizations=organizations)
    executions = _of(Execution.objects.all(), organizations)
    schedules = _of(Schedule.objects.all(), organizations)
    return {
        "bars": bars(hours, since=since),
        "by_state": _by_state(hours),
        "running": _count(executions.filter(state=ExecutionState.RUNNING)),
        "letters": _count(_open_letters(organizations)),
        "waiting": waiting,
        "waiting_for": now - oldest if oldest else None,
        "in_error": _count(schedules.filter(state=ScheduleState.ERROR)),
        "lives": lives(now=now),
        "next_schedules": next_schedules(schedules),
        "latest": executions.select_related("workflow").defer("input").order_by("-pk")[:SHOWN],
    }


def bars(hours: list[queries.Hour], *, since: datetime) -> list[HourBar]:
    """Return a bar for each hour since then, empty ones too."""
    by_hour: dict[datetime, Counter[str]] = {since + timedelta(hours=n): Counter() for n in range(HOURS)}
    for hour in hours:
        if hour.start in by_hour:
            by_hour[hour.start][hour.state] += hour.count
    highest = max((counts.total() for counts in by_hour.values()), default=0) or 1
    return [
        HourBar(
            start,
            counts.total(),
            [(state, round(100 * counts[state] / highest, 1)) for state in ExecutionState if counts[state]],
        )
        for start, counts in by_hour.items()
    ]


def lives(*, now: datetime) -> list[Life]:
    """Return the newest sign of life of each kind of process."""
    seen = dict(Pulse.objects.values_list("role").annotate(Max("seen_at")))
    return [
        Life(role, at, is_well=at is not None and now - at <= quiet)
        for role, quiet in QUIET.items()
        for at in (seen.get(role),)
    ]


def next_schedules(schedules: QuerySet[Schedule]) -> QuerySet[Schedule]:
    """Return the schedules that fire next, by the index of what is due."""
    active = schedules.filter(state=ScheduleState.ACTIVE).select_related("workflow").defer("input")
    return active.order_by("next_due_at", "id")[:SHOWN]


def _by_state(hours: list[queries.Hour]) -> list[tuple[str, int]]:
    counts = Counter({str(state): 0 for state in ExecutionState})
    for hour in hours:
        counts[hour.state] += hour.count
    return list(counts.items())


def _open_letters(organizations: list[UUID] | None) -> QuerySet[DeadLetter]:
    return _of(DeadLetter.objects.filter(resolution=DeadLetter.Resolution.OPEN), organizations)


def _of(rows: QuerySet[Any], organizations: list[UUID] | None) -> QuerySet[Any]:
    return rows if organizations is None else rows.filter(organization_id__in=organizations)


def _count(rows: QuerySet[Any]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()
