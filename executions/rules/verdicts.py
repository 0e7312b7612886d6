"""From how an attempt ended to what its step run becomes. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from executions.queries import Claim, Settled
from executions.rules import outcomes, retry
from executions.rules.outcomes import Outcome
from workflows.definition import Retry

MAX_CRASHES = 3  # a step that takes its worker down this often is poison
CRASH_DELAY = timedelta(seconds=1)  # lets a machine that is out of memory recover


@dataclass(frozen=True, slots=True)
class Record:
    """The attempt's row in the history."""

    outcome: str
    error: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the step says about attempts that did not succeed."""

    retry: Retry
    at_most_once: bool = False


Verdict = tuple[Settled, Record | None]


def judge(held: Claim, outcome: Outcome, *, rules: Rules, now: datetime, jitter: retry.Jitter) -> Verdict:
    """Return the columns to write, and the attempt's record where it did not succeed."""
    match outcome:
        case (
            outcomes.Failed(was_interrupted=True) | outcomes.Lost() | outcomes.Released(was_interrupted=True)
        ) if rules.at_most_once:
            return _ambiguous(held, outcome)
        case outcomes.Failed():
            return _failed(held, outcome, policy=rules.retry, now=now, jitter=jitter)
        case outcomes.Lost():
            return _lost(held, now=now)
        case outcomes.Released():
            record = Record("released", "handed back by a worker that was stopping")
            return _as_before(held, state="ready", available_at=now, kept=held.kept), record
        case _:
            return _went_on(held, outcome), None


def _went_on(held: Claim, outcome: Outcome) -> Settled:
    match outcome:
        case outcomes.Completed(output):
            return _ended(held, "completed", output=output)
        case outcomes.Skipped():
            return _ended(held, "skipped")
        case outcomes.TooLate():
            return _ended(held, "cancelled", error=outcomes.TOO_LATE)
        case outcomes.Cancelled():
            return _ended(held, "cancelled")
        case _:
            return _waits(held, outcome)


def _waits(held: Claim, outcome: Outcome) -> Settled:
    match outcome:
        case outcomes.Waiting():
            at, kept = outcome.resume_at, outcome.kept
            wait = _as_before(held, state="waiting", available_at=at, resume_at=at, kept=kept)
            return replace(wait, waits_for=outcome.waits_for, waits_key=outcome.waits_key)
        case outcomes.Deferred():
            wait = _as_before(held, state="waiting", available_at=outcome.until, kept=held.kept)
            return replace(wait, waits_for=outcome.waits_for, waits_key=outcome.waits_key)
        case _:
            return _as_before(held, state="waiting", waits_for="items")


def _as_before(
    held: Claim, *, resume_at: datetime | None = None, kept: Any = None, **changes: Any
) -> Settled:
    return Settled(
        failures=held.failures,
        crashes=held.crashes,
        resume_at=resume_at or held.resume_at,
        output=kept,
        **changes,
    )


def _ended(held: Claim, state: str, **changes: Any) -> Settled:
    return Settled(state=state, failures=held.failures, crashes=held.crashes, **changes)


def _ambiguous(held: Claim, outcome: Outcome) -> Verdict:
    record = Record("lost", f"worker {held.worker} fell silent")
    if isinstance(outcome, outcomes.Failed):
        record = Record("timed_out" if outcome.timed_out else "failed", outcome.error, outcome.traceback)
    elif isinstance(outcome, outcomes.Released):
        record = Record("released", "interrupted by a worker that was stopping")
    error = f"{record.error}; it may have had its effect, and it is at_most_once: not tried again by itself"
    return _ended(held, "ambiguous", error=error), record


def _lost(held: Claim, *, now: datetime) -> Verdict:
    crashes = held.crashes + 1
    record = Record("lost", f"worker {held.worker} fell silent")
    if crashes >= MAX_CRASHES:
        error = f"its worker died {crashes} times while running it; it is not tried again by itself"
        return Settled(state="failed", error=error, failures=held.failures, crashes=crashes), record
    delay = CRASH_DELAY * (crashes - 1)
    return (
        Settled(
            state="waiting" if delay else "ready",
            waits_for="retry" if delay else "",
            failures=held.failures,
            crashes=crashes,
            resume_at=held.resume_at,
            available_at=now + delay,
            output=held.kept,
        ),
        record,
    )


def _failed(
    held: Claim, failed: outcomes.Failed, *, policy: Retry, now: datetime, jitter: retry.Jitter
) -> Verdict:
    failures = held.failures + 1
    verdict = retry.verdict(
        policy,
        failures=failures,
        error_class=failed.error_class,
        status=failed.status,
        age=now - held.created_at,
        retry_after=failed.retry_after,
        jitter=jitter,
        error_classes=failed.error_classes,
        retry_in=failed.retry_in,
        is_final=failed.is_final,
    )
    record = Record("timed_out" if failed.timed_out else "failed", failed.error, failed.traceback)
    counts: dict[str, Any] = {"failures": failures, "crashes": held.crashes, "error": failed.error}
    if not isinstance(verdict, retry.Again):
        return Settled(state=record.outcome, output=failed.output, **counts), record
    delay = verdict.delay
    if delay > timedelta(0):
        counts |= {"state": "waiting", "waits_for": "retry"}
    else:
        counts |= {"state": "ready"}
    return Settled(available_at=now + delay, **counts), record
