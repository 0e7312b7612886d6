"""From what is recorded of a time, and where its schedule stands, to what became of it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from schedules.explain.answer import DROPPED, Outcome, Run, Skip, Stopped, Verdict
from schedules.misfire import MADE_ALL, Fire
from schedules.reasons import Reason

PENDING = "pending"

# By a text in the error of an execution that was recorded and then dropped; any other is of the overlap policy.
_WHY_DROPPED: dict[str, str] = {
    "start deadline": Reason.MISFIRE,
    "catch-up window": Reason.MISFIRE,
    "backfill was cancelled": Stopped.CANCELLED,
    "schedule was disabled": Reason.DISABLED,
    "schedule was archived": Reason.ARCHIVED,
}


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
    if not dropped.error.startswith(DROPPED):  # a person ended it
        return Verdict(Outcome.SKIPPED, Stopped.CANCELLED, dropped.error)
    known = (reason for text, reason in _WHY_DROPPED.items() if text in dropped.error)
    return Verdict(Outcome.SKIPPED, next(known, Reason.OVERLAP), dropped.error.removeprefix(DROPPED))


def foreseen(fire: Fire, standing: Standing) -> Verdict:
    """Return what becomes of a time after the cursor that has no records.

    One that has passed while the schedule was stopped is recorded when that ends; it
    starts only where a person then asks to catch up.
    """
    has_passed = fire.due_at <= standing.now
    if why := _stopped(fire, standing):
        return Verdict(Outcome.SKIPPED if has_passed else Outcome.WILL_NOT_FIRE, *why)
    return Verdict(Outcome.PENDING if has_passed else Outcome.WILL_FIRE)


Why = tuple[str, str]  # a reason and its detail


def _stopped(fire: Fire, standing: Standing) -> Why | None:
    if not standing.has_starts_left:
        return Reason.LIMIT, MADE_ALL
    if (stop := _STOPS.get(standing.state)) and (why := stop(fire, standing)):
        return why
    if fire.barred is not None:
        return fire.barred, fire.detail
    if standing.last_start_at is not None and fire.fire_at > standing.last_start_at:
        return Reason.LIMIT, "earlier times take the starts that are left"
    return None


def _paused(fire: Fire, standing: Standing) -> Why | None:
    # By the spread a time of the pause may be due after it; then it starts.
    if standing.paused_until is not None and fire.due_at > max(standing.paused_until, standing.now):
        return None
    return Reason.PAUSED, _who(standing)


def _who(standing: Standing) -> str:
    by = f"by {standing.stopped_by}" if standing.stopped_by else ""
    return ": ".join(part for part in (by, standing.stop_reason) if part)


_STOPS: dict[str, Callable[[Fire, Standing], Why | None]] = {
    "paused": _paused,
    "disabled": lambda _fire, standing: (Reason.DISABLED, _who(standing)),
    "error": lambda _fire, standing: (Reason.ERROR, standing.error),
    "completed": lambda _fire, _standing: (Stopped.COMPLETED, ""),
    "archived": lambda _fire, _standing: (Reason.ARCHIVED, ""),
}
