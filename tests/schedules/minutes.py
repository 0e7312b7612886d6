"""Minutes after noon: the times of schedules that fire every minute, and what became of them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from executions import engine, queries
from executions.models import Execution
from executions.queries import Claim, Slot
from executions.rules.outcomes import Completed, Failed
from schedules.models import Schedule, SkippedFire

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVERY_MINUTE = [{"kind": "interval", "every_seconds": 60, "anchor": NOON.isoformat()}]
AFTER_A_MINUTE = [{"kind": "after_completion", "delay_seconds": 60}]
BROKEN = Failed(error="no", error_class="X")

SetClock = Callable[[float], datetime]
MakeMinutely = Callable[..., Schedule]
Beat = Callable[[float], int]


def at(minute: float) -> datetime:
    """Return the instant so many minutes after noon."""
    return NOON + MINUTE * minute


def minute_of(instant: datetime | None) -> float | None:
    return None if instant is None else (instant - NOON) / MINUTE


def fired(schedule: Schedule, *states: str) -> list[float]:
    """Return the minutes of its rule's executions, in the given states or in any."""
    rows = Execution.objects.filter(schedule_id=schedule.pk, fire_kind="auto").order_by("fire_at")
    return [
        (row.fire_at - NOON) / MINUTE for row in rows if row.fire_at and (not states or row.state in states)
    ]


def skipped(schedule: Schedule) -> list[tuple[str, float, float, int]]:
    """Return its skipped times as (reason, first minute, last minute, count)."""
    rows = SkippedFire.objects.filter(schedule=schedule).order_by("first_fire_at", "reason")
    return [
        (row.reason, (row.first_fire_at - NOON) / MINUTE, (row.last_fire_at - NOON) / MINUTE, row.count)
        for row in rows
    ]


def accounted(schedule: Schedule) -> int:
    """Return how many nominal times have an execution or are counted as skipped."""
    return len(fired(schedule)) + sum(count for *_, count in skipped(schedule))


def claim() -> Claim:
    """Take the best ready step."""
    held = queries.claim(Slot("default", worker="w", lease=timedelta(days=1)))
    assert held is not None
    return held


def finish(held: Claim, outcome: Completed | Failed | None = None, *, now: datetime = NOON) -> None:
    """Finish a step, successfully unless told otherwise."""
    engine.finish(held, outcome or Completed(), now=now)


def end_all(outcomes: Iterable[Completed | Failed | None] = ()) -> None:
    """Finish what is ready, in order: with the given outcomes, then successfully."""
    given = list(outcomes)
    while (held := queries.claim(Slot("default", worker="w", lease=timedelta(days=1)))) is not None:
        finish(held, given.pop(0) if given else None)


def stands(schedule: Schedule) -> tuple[str, float | None]:
    """Return its state and the minute of its next time."""
    schedule.refresh_from_db()
    return schedule.state, minute_of(schedule.next_fire_at)
