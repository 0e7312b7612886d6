"""Stand between an attempt and its target: let it through, or put it off, and learn from how it ended."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection

from executions.circuits import breaker, effects, process, rows
from executions.circuits.breaker import Permission, Standing
from executions.circuits.rows import Key
from executions.circuits.targets import Aim, aim_of
from executions.rules.outcomes import Deferred, Failed, Outcome
from executions.steps.call import Call
from workflows.definition import CircuitBreaker, Step

log = structlog.get_logger(__name__)

PROBE_GRACE = timedelta(seconds=10)  # beyond the step's timeout: for its finish
# A step that was put off looks again by itself this long, up to twice as long, after the pause: nobody may have
# told it that the target has recovered.
LOOK_AGAIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Pass:
    """The attempt that this process has let through."""

    step_run_id: UUID
    attempt: int
    key: Key
    policy: CircuitBreaker
    probe: datetime | None
    began: float  # monotonic seconds


_passed: _Pass | None = None


def guard(step: Step, call: Call, *, jitter: Callable[[], float] = random.random) -> Deferred | Failed | None:
    """Return None where the attempt may go on, or how it ends instead: its target is left alone for now.

    Costs microseconds while the target is well, and one read a second. A database that does not answer lets
    the attempt go on. Call it in the thread that runs the step, outside of the step's own code.
    """
    global _passed  # noqa: PLW0603 - a process runs one step at a time
    _passed = None
    aim = aim_of(step, call.variables)
    if aim is None:
        return None
    key = Key(call.organization_id, aim.target)
    try:
        standing, probe = _admit(key, aim, step, call)
    except (OperationalError, InterfaceError) as error:
        log.warning("circuit not read", target=aim.target, error=str(error))
        connection.close_if_unusable_or_obsolete()
        return None
    if standing is not None:
        return _put_off(aim, step, call, standing=standing, jitter=jitter)
    _passed = _Pass(call.step_run_id, call.attempt, key, aim.policy, probe, time.monotonic())
    return None


def note(step: Step, call: Call, outcome: Outcome | None, *, now: datetime | None = None) -> None:
    """Count how the attempt that `guard` let through last has ended; None where its lease was lost.

    Call it once the step's own use of the database is undone. A database that does not answer forgets it: a
    lost probe ends by itself.

    Args:
        now: counted from `call.now` on unless given.
    """
    global _passed
    passed, _passed = _passed, None
    if passed is None or (passed.step_run_id, passed.attempt) != (call.step_run_id, call.attempt):
        return
    is_well = effects.is_well(step.kind, outcome)
    error = outcome.error if isinstance(outcome, Failed) else ""
    ended_at = now or call.now + timedelta(seconds=time.monotonic() - passed.began)
    try:
        _learn(passed, is_well=is_well, error=error, now=ended_at)
    except (OperationalError, InterfaceError) as lost:
        log.warning("circuit not told", target=passed.key.target, error=str(lost))
        connection.close_if_unusable_or_obsolete()


def _admit(key: Key, aim: Aim, step: Step, call: Call) -> tuple[Standing | None, datetime | None]:
    """Return the standing that forbids the call, if any, and the probe that it is, if it is one."""
    standing = process.standing(key, policy=aim.policy, now=call.now)
    found = breaker.permission(standing, now=call.now)
    if found is Permission.PROBE:
        until = call.now + step.timeout + PROBE_GRACE
        take = partial(breaker.probing, until=until, now=call.now)
        standing, is_taken = rows.change(key, take, now=call.now)
        process.learn(key, standing, now=call.now)
        if is_taken:
            return None, until
        found = breaker.permission(standing, now=call.now)
    return (None if found is Permission.CALL else standing), None


def _put_off(
    aim: Aim, step: Step, call: Call, *, standing: Standing, jitter: Callable[[], float]
) -> Deferred | Failed:
    """Return the wait, which `retry.max_age` bounds: then the step fails, as after an attempt too many."""
    until = max(standing.retry_at or call.now, call.now) + LOOK_AGAIN * (1 + jitter())
    if step.retry.max_age is not None:
        latest = call.created_at + step.retry.max_age
        if latest <= call.now:
            error = f"{aim.target} was not called: its circuit is {standing.state}, and `retry.max_age` has passed"
            return Failed(error=error, error_class="CircuitOpen", is_final=True)
        until = min(until, latest)
    return Deferred(until, waits_for="circuit", waits_key=aim.target)


def _learn(passed: _Pass, *, is_well: bool | None, error: str, now: datetime) -> None:
    if passed.probe is None:
        if is_well is not None:
            process.count(passed.key, is_well=is_well, error=error, policy=passed.policy, now=now)
        return
    pause = passed.policy.pause
    if is_well is None:
        settle = partial(breaker.given_back, probe=passed.probe, now=now)
    else:
        settle = partial(breaker.answered, probe=passed.probe, is_well=is_well, pause=pause, now=now)
    standing, _ = rows.change(passed.key, settle, now=now, error=error)
    process.learn(passed.key, standing, now=now)
