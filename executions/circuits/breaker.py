"""A circuit breaker as values: closed, open after too many failures, half open while one probe decides. Pure.

Michael Nygard, "Release It!", 2007.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from workflows.steps import CircuitBreaker


class State(StrEnum):
    """Equal to the values of `models.Circuit.State`."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Permission(StrEnum):
    """What may be done with a target now."""

    CALL = "call"
    PROBE = "probe"  # by whoever takes it first
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls that ended, and how many of them failed because of the target."""

    successes: int = 0
    failures: int = 0

    def plus(self, *, is_well: bool) -> "Tally":
        """Return the tally with one call more."""
        return Tally(self.successes + is_well, self.failures + (not is_well))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a target.

    Attributes:
        window_started_at: since when `tally` counts; a window begins anew with the first count after its end.
        opened_at: when it went from closed to open.
        retry_at: when an open one lets a probe through; None is when a person closes it.
        probing_until: a half-open one's probe that has not answered then is lost.
    """

    state: State = State.CLOSED
    tally: Tally = Tally()
    window_started_at: datetime
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    probing_until: datetime | None = None


def closed(*, now: datetime) -> Standing:
    """Return the standing of a target that nothing is held against."""
    return Standing(window_started_at=now)


def permission(standing: Standing, *, now: datetime) -> Permission:
    """Return whether the target may be called now."""
    if standing.state is State.CLOSED:
        return Permission.CALL
    since = standing.retry_at if standing.state is State.OPEN else standing.probing_until
    return Permission.PROBE if since is not None and since <= now else Permission.WAIT


def is_dirty(standing: Standing, *, window: timedelta, now: datetime) -> bool:
    """Return whether calls failed within the window: then successes count as well."""
    is_counting = standing.state is State.CLOSED and not _is_over(standing, window=window, now=now)
    return is_counting and standing.tally.failures > 0


def counted(standing: Standing, tally: Tally, *, policy: CircuitBreaker, now: datetime) -> Standing:
    """Return the standing after some more calls, which opens it where too many failed.

    Calls that end while it is open or half open were begun before: they say nothing new.
    """
    if standing.state is not State.CLOSED:
        return standing
    if _is_over(standing, window=policy.window, now=now):
        standing = closed(now=now)
    total = Tally(standing.tally.successes + tally.successes, standing.tally.failures + tally.failures)
    after = replace(standing, tally=total)
    if not _are_too_many(total, policy):
        return after
    return replace(after, state=State.OPEN, opened_at=now, retry_at=now + policy.pause)


def probing(standing: Standing, *, until: datetime, now: datetime) -> Standing:
    """Return the standing with the probe taken, or as it was where there is none to take."""
    if permission(standing, now=now) is not Permission.PROBE:
        return standing
    return replace(standing, state=State.HALF_OPEN, probing_until=until)


def answered(
    standing: Standing, *, probe: datetime, is_well: bool, pause: timedelta, now: datetime
) -> Standing:
    """Return the standing after a probe, or as it was where that came too late and another one was begun.

    Args:
        probe: `probing_until` as it was when the probe was taken.
    """
    if not _holds(standing, probe):
        return standing
    if is_well:
        return closed(now=now)
    return replace(standing, state=State.OPEN, retry_at=now + pause, probing_until=None)


def given_back(standing: Standing, *, probe: datetime, now: datetime) -> Standing:
    """Return the standing after a probe that found out nothing, so that another may follow at once."""
    if not _holds(standing, probe):
        return standing
    return replace(standing, state=State.OPEN, retry_at=now, probing_until=None)


def held_open(standing: Standing, *, until: datetime | None, now: datetime) -> Standing:
    """Return the standing opened by hand, until then or until it is closed by hand."""
    return replace(
        standing,
        state=State.OPEN,
        opened_at=standing.opened_at or now,
        retry_at=until,
        probing_until=None,
    )


def _is_over(standing: Standing, *, window: timedelta, now: datetime) -> bool:
    return now - standing.window_started_at >= window


def _are_too_many(tally: Tally, policy: CircuitBreaker) -> bool:
    calls = tally.successes + tally.failures
    return calls >= policy.minimum and tally.failures >= policy.failures * calls and tally.failures > 0


def _holds(standing: Standing, probe: datetime) -> bool:
    return standing.state is State.HALF_OPEN and standing.probing_until == probe
