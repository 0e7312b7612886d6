"""What becomes of the fire times that a schedule has reached. Pure.

The order of the checks is that of SEMANTICS' section on misfires: effective
from, exclusions, catch-up window, catch-up mode, cap, limit, start deadline.
Overlap comes after all of them and is decided where executions are admitted.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import groupby, islice

from schedules.reasons import Reason
from workflows.duration import format_duration

MAX_REACHED = 20_000  # times looked at in one pass; a longer outage takes several
MAX_STARTS = 20  # executions that one schedule starts in one pass; its backlog goes on in the next
PUNCTUAL = timedelta(seconds=60)  # a time no older than this is no catch-up
# No beat is exact to the instant: under a window of nothing none would start.
SHORTEST_WINDOW = timedelta(seconds=10)
MADE_ALL = "the schedule has made all its starts"


class CatchUpMode(StrEnum):
    """Which of several reached times are started."""

    LATEST = "latest"  # the newest one
    EARLIEST = "earliest"  # the oldest one that is within the window
    ALL = "all"  # every one, in order
    NONE = "none"  # the newest one, and only if it is reached within a minute


@dataclass(frozen=True, slots=True)
class CatchUp:
    """How late a time may be started, and which of several are.

    Attributes:
        window: from the due time; what is older is missed, but nothing younger than `SHORTEST_WINDOW` is.
        most: with mode `all`, how many late ones at most, the newest; None for no cap.
        deadline: from the due time; what is older when its turn comes is missed. None for none.
    """

    mode: CatchUpMode
    window: timedelta
    most: int | None = None
    deadline: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Fire:
    """A nominal time of a schedule.

    Attributes:
        fire_at: nominal, UTC.
        due_at: with spread; never past the next nominal time.
        barred: why it is not to start, whatever the time; None if it is.
        detail: of `barred`, for a person.
    """

    fire_at: datetime
    due_at: datetime
    barred: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A run of consecutive nominal times that are not started for one reason, both ends included."""

    first: datetime
    last: datetime
    count: int
    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pass does: every nominal time up to `cursor` is in `start` or counted in `skipped`.

    `cursor` is None where nothing was reached. Times due before the schedule took
    effect are in neither: whoever changed it has accounted for them.
    """

    start: tuple[Fire, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    cursor: datetime | None = None
    reached: int = 0
    ahead: Fire | None = None  # the first time that is not due yet, where all before it is decided


def plan(
    fires: Iterable[Fire],
    *,
    now: datetime,
    catch_up: CatchUp,
    effective_from: datetime | None = None,
    left: int | None = None,
) -> Plan:
    """Split the times that are due at `now` into those to start and those to record.

    Args:
        fires: strictly increasing nominal times after the schedule's cursor,
            lazily; no more than `MAX_REACHED` and one are taken. A backlog of more
            than that counts as several for mode `earliest`.
        effective_from: times due before are passed over.
        left: how many starts the schedule has left; None for any number.
    """
    looked_at, ahead = _reached(fires, now=now)
    reached, more_follow = looked_at[:MAX_REACHED], len(looked_at) > MAX_REACHED
    in_effect = [fire for fire in reached if effective_from is None or fire.due_at >= effective_from]
    oldest = now - max(catch_up.window, SHORTEST_WINDOW)
    candidates = [fire for fire in in_effect if not fire.barred and fire.due_at >= oldest]
    chosen = _CHOOSE[catch_up.mode](candidates, catch_up, now)
    start, cursor = _released(chosen, reached, catch_up=catch_up, more_follow=more_follow)
    wanted = {fire.fire_at for fire in start if _is_in_time(fire, now=now, deadline=catch_up.deadline)}
    allowed = [fire for fire in start if fire.fire_at in wanted][:left]

    verdict = _judge(now=now, catch_up=catch_up, over_limit=wanted - {fire.fire_at for fire in allowed})
    started = {fire.fire_at for fire in allowed}
    rest = [f for f in in_effect if cursor is not None and f.fire_at <= cursor]
    skipped = tuple(_ranges(rest, started, verdict))
    is_all_decided = bool(reached) and cursor == reached[-1].fire_at
    return Plan(tuple(allowed), skipped, cursor, len(reached), ahead if is_all_decided else None)


def _reached(fires: Iterable[Fire], *, now: datetime) -> tuple[list[Fire], Fire | None]:
    """Return the times that are due, one more than may be at most, and the first that is not."""
    reached: list[Fire] = []
    for fire in islice(fires, MAX_REACHED + 1):
        if fire.due_at > now:
            return reached, fire
        reached.append(fire)
    return reached, None


def _latest(candidates: list[Fire], _catch_up: CatchUp, _now: datetime) -> list[Fire]:
    return candidates[-1:]


def _earliest(candidates: list[Fire], _catch_up: CatchUp, _now: datetime) -> list[Fire]:
    return candidates[:1]


def _all(candidates: list[Fire], catch_up: CatchUp, _now: datetime) -> list[Fire]:
    return candidates if catch_up.most is None else candidates[-catch_up.most :]


def _none(candidates: list[Fire], _catch_up: CatchUp, now: datetime) -> list[Fire]:
    return [fire for fire in candidates[-1:] if now - fire.due_at <= PUNCTUAL]


_CHOOSE: dict[CatchUpMode, Callable[[list[Fire], CatchUp, datetime], list[Fire]]] = {
    CatchUpMode.LATEST: _latest,
    CatchUpMode.EARLIEST: _earliest,
    CatchUpMode.ALL: _all,
    CatchUpMode.NONE: _none,
}


def _wants_newest(catch_up: CatchUp) -> bool:
    if catch_up.mode is CatchUpMode.ALL:
        return catch_up.most is not None
    return catch_up.mode is not CatchUpMode.EARLIEST


def _released(
    chosen: list[Fire], reached: list[Fire], *, catch_up: CatchUp, more_follow: bool
) -> tuple[list[Fire], datetime | None]:
    """Return what starts in this pass, and the time up to which everything is decided then."""
    if more_follow and _wants_newest(catch_up):
        # What follows may push these out, or may all be barred: decide only on what is older.
        decided = [fire for fire in reached if not chosen or fire.fire_at < chosen[0].fire_at]
        if decided:
            return [], decided[-1].fire_at
    if len(chosen) > MAX_STARTS:
        return chosen[:MAX_STARTS], chosen[MAX_STARTS - 1].fire_at
    return chosen, reached[-1].fire_at if reached else None


def _is_in_time(fire: Fire, *, now: datetime, deadline: timedelta | None) -> bool:
    return deadline is None or now - fire.due_at <= deadline


Verdict = Callable[[Fire], tuple[Reason, str]]


def _judge(*, now: datetime, catch_up: CatchUp, over_limit: set[datetime]) -> Verdict:
    reached = f"; reached at {now.isoformat(timespec='seconds')}"

    def verdict(fire: Fire) -> tuple[Reason, str]:
        if fire.barred:
            return fire.barred, fire.detail
        if fire.fire_at in over_limit:
            return Reason.LIMIT, MADE_ALL
        return Reason.MISFIRE, _missed(now - fire.due_at, catch_up=catch_up) + reached

    return verdict


def _missed(age: timedelta, *, catch_up: CatchUp) -> str:
    """Return what kept a time of this age from starting, by the first check that it did not pass."""
    window = max(catch_up.window, SHORTEST_WINDOW)
    if age > window:
        return f"older than the catch-up window of {_written(window)}"
    if catch_up.deadline is not None and age > catch_up.deadline:
        return f"past its start deadline of {_written(catch_up.deadline)}"
    if catch_up.mode is CatchUpMode.ALL:
        return f"newer times take its place: catchup_max is {catch_up.most}"
    if catch_up.mode is CatchUpMode.NONE and age > PUNCTUAL:
        return f"more than {_written(PUNCTUAL)} late: catchup is none"
    other = "an older" if catch_up.mode is CatchUpMode.EARLIEST else "a newer"
    return f"{other} time takes its place: catchup is {catch_up.mode}"


_written = lru_cache(maxsize=256)(format_duration)  # asked of every time of a long outage


def _ranges(fires: Sequence[Fire], started: set[datetime], verdict: Verdict) -> Iterable[Skipped]:
    """Yield the runs of times that share a verdict; a started one ends a run."""

    def why(fire: Fire) -> tuple[Reason, str] | None:
        return None if fire.fire_at in started else verdict(fire)

    for key, run in groupby(fires, key=why):
        times = [fire.fire_at for fire in run]
        if key is not None:
            yield Skipped(times[0], times[-1], len(times), *key)


def joined(ranges: Iterable[Skipped], *, apart: Sequence[datetime]) -> list[Skipped]:
    """Join neighbours of one reason that none of the times in `apart` comes between.

    Args:
        ranges: in order; together with `apart` they are all times of a stretch.
        apart: in order; the times that were started.
    """

    def run_of(one: Skipped) -> tuple[int, Reason, str]:
        return bisect(apart, one.first), one.reason, one.detail

    runs = [(key, list(run)) for key, run in groupby(ranges, key=run_of)]
    return [
        Skipped(run[0].first, run[-1].last, sum(one.count for one in run), reason, detail)
        for (_, reason, detail), run in runs
    ]
