"""What this process knows of targets, and what it has counted and not yet told the others.

A pool process runs one step at a time, in its main thread, so nothing here is locked. Instants are the
database's, from `Call.now`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from executions.circuits import breaker, rows
from executions.circuits.breaker import Standing, Tally
from executions.circuits.rows import Key
from workflows.definition import CircuitBreaker

LOOK = timedelta(seconds=1)  # how old the knowledge of a target may be
MOST_KNOWN = 10_000  # targets; more are forgotten, with what was not told of them


@dataclass(slots=True)
class _Known:
    standing: Standing
    read_at: datetime | None = None
    tally: Tally = field(default_factory=Tally)
    since: datetime | None = None  # of the tally

    def count(self, *, is_well: bool, window: timedelta, now: datetime) -> None:
        self.drop_old(window=window, now=now)
        self.tally, self.since = self.tally.plus(is_well=is_well), self.since or now

    def drop_old(self, *, window: timedelta, now: datetime) -> None:
        if self.since is not None and now - self.since >= window:
            self.tally, self.since = Tally(), None


_known: dict[Key, _Known] = {}


def standing(key: Key, *, policy: CircuitBreaker, now: datetime) -> Standing:
    """Return the standing of a target as it was at most `LOOK` ago."""
    known = _of(key, now=now)
    if known.read_at is None or now - known.read_at >= LOOK:
        _exchange(key, known, policy=policy, now=now)
    return known.standing


def learn(key: Key, standing: Standing, *, now: datetime) -> None:
    """Keep a standing that was read or written just now."""
    known = _of(key, now=now)
    known.standing, known.read_at = standing, now


def count(key: Key, *, is_well: bool, error: str, policy: CircuitBreaker, now: datetime) -> None:
    """Count a call, and tell the others where it failed: once a second, or when it opens the circuit."""
    known = _of(key, now=now)
    known.count(is_well=is_well, window=policy.window, now=now)
    if is_well:
        return
    is_stale = known.read_at is None or now - known.read_at >= LOOK
    ahead = breaker.counted(known.standing, known.tally, policy=policy, now=now)
    if is_stale or ahead.state is not known.standing.state:
        _exchange(key, known, policy=policy, now=now, error=error)


def forget() -> None:
    """Know nothing, as a new process does."""
    _known.clear()


def _of(key: Key, *, now: datetime) -> _Known:
    known = _known.get(key)
    if known is None:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        known = _known[key] = _Known(breaker.closed(now=now))
    return known


def _exchange(key: Key, known: _Known, *, policy: CircuitBreaker, now: datetime, error: str = "") -> None:
    """Tell what was counted and read what the others have; a healthy target is only read."""
    known.drop_old(window=policy.window, now=now)
    if not known.tally.failures:
        known.standing, known.read_at = rows.read(key) or breaker.closed(now=now), now
        if not known.tally.successes or not breaker.is_dirty(known.standing, window=policy.window, now=now):
            return
    add = partial(breaker.counted, tally=known.tally, policy=policy, now=now)
    known.standing, _ = rows.change(key, add, now=now, error=error)
    known.read_at, known.tally, known.since = now, Tally(), None
