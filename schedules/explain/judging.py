"""From what is recorded of a time, and where its schedule stands, to what became of it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from schedules.explain.answer import Outcome, Run, Skip, Stopped, Verdict
from schedules.misfire import Fire
from schedules.reasons import Reason

CANCELLED = "cancelled"
PENDING = "pending"
LATE = ("start deadline", "catch-up window")  # in the error of an execution that was dropped for its age


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a schedule stands.

    Attributes:
        has_starts_left: False once the rules have made all the starts they may.
        last_start_at: the nominal time of the last start that is left; None for no limit in sight.
    """

    now: datetime
    state: str
    has_starts_left: bool
    last_start_at: datetime | None
    paused_until: datetime | None
    stopped_by: str
    stop_reason: str
    error: str


def recorded(runs: Sequence[Run], skip: Skip | None) -> Verdict | None:
    """Return what the records of a time say, or None where there are none.

    A backfill may have started what the rules did not: then the reason is still that of the rules.
    """
    stopped = Verdict(Outcome.SKIPPED, skip.reason, skip.detail) if skip else _dropped(runs)
    if any(run.has_begun and run.state != PENDING for run in runs):
        return (
            Verdict(Outcome.STARTED, stopped.reason, stopped.detail) if stopped else Verdict(Outcome.STARTED)
        )
    if any(run.state == PENDING for run in runs):
        return Verdict(Outcome.WAITING)
    return stopped


def _dropped(runs: Sequence[Run]) -> Verdict | None:
    dropped = next((run for run in runs if not run.has_begun), None)
    if dropped is None:
        return None
    if not dropped.error:
        return Verdict(Outcome.SKIPPED, Stopped.CANCELLED, "cancelled while it was waiting")
    is_late = any(text in dropped.error for text in LATE)
    return Verdict(Outcome.SKIPPED, Reason.MISFIRE if is_late else Reason.OVERLAP, dropped.error)


def foreseen(fire: Fire, standing: Standing) -> Verdict:
    """Return what becomes of a time after the cursor that has no records."""
    if not standing.has_starts_left:
        return _will_not(Reason.LIMIT, "the schedule has made all its starts")
    if (stop := _STOPS.get(standing.state)) and (verdict := stop(fire, standing)):
        return verdict
    if fire.barred is not None:
        return _will_not(fire.barred, fire.detail)
    if standing.last_start_at is not None and fire.fire_at > standing.last_start_at:
        return _will_not(Reason.LIMIT, "earlier times take the starts that are left")
    return Verdict(Outcome.PENDING if fire.due_at <= standing.now else Outcome.WILL_FIRE)


def _will_not(reason: str, detail: str = "") -> Verdict:
    return Verdict(Outcome.WILL_NOT_FIRE, reason, detail)


def _paused(fire: Fire, standing: Standing) -> Verdict | None:
    if standing.paused_until is not None and fire.fire_at > max(standing.paused_until, standing.now):
        return None
    return _will_not(Reason.PAUSED, _who(standing))


def _who(standing: Standing) -> str:
    by = f"by {standing.stopped_by}" if standing.stopped_by else ""
    return ": ".join(part for part in (by, standing.stop_reason) if part)


_STOPS: dict[str, Callable[[Fire, Standing], Verdict | None]] = {
    "paused": _paused,
    "disabled": lambda _fire, standing: _will_not(Reason.DISABLED, _who(standing)),
    "error": lambda _fire, standing: _will_not(Reason.ERROR, standing.error),
    "completed": lambda _fire, _standing: _will_not(Stopped.COMPLETED),
    "archived": lambda _fire, _standing: _will_not(Reason.ARCHIVED),
}
