"""From how an attempt ended to what its step run becomes. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from executions import outcomes, retry
from executions.outcomes import Outcome
from executions.queries import Claim, Settled
from workflows.definition import Retry

MAX_CRASHES = 3  # a step that takes its worker down this often is poison
CRASH_DELAY = timedelta(seconds=1)  # lets a machine that is out of memory recover


@dataclass(frozen=True, slots=True)
class Record:
    """The attempt's row in the history."""

    outcome: str
    error: str = ""
    traceback: str = ""


def judge(
    held: Claim, outcome: Outcome, *, policy: Retry, now: datetime, jitter: retry.Jitter
) -> tuple[Settled, Record | None]:
    """Return the columns to write, and the attempt's record where it did not succeed."""
    match outcome:
        case outcomes.Failed():
            return _failed(held, outcome, policy=policy, now=now, jitter=jitter)
        case outcomes.Lost():
            return _lost(held, now=now)
        case outcomes.Released():
            record = Record("released", "handed back by a worker that was stopping")
            return _again(held, at=now, resume_at=held.resume_at), record
        case outcomes.Waiting(resume_at):
            return _again(held, at=resume_at, resume_at=resume_at), None
        case _:
            return _ended(held, outcome), None


def _again(held: Claim, *, at: datetime, resume_at: datetime | None) -> Settled:
    return Settled(
        state="ready", failures=held.failures, crashes=held.crashes, resume_at=resume_at, available_at=at
    )


def _ended(
    held: Claim, outcome: outcomes.Completed | outcomes.Skipped | outcomes.Cancelled | outcomes.TooLate
) -> Settled:
    counts: dict[str, Any] = {"failures": held.failures, "crashes": held.crashes}
    match outcome:
        case outcomes.Completed(output):
            return Settled(state="completed", output=output, **counts)
        case outcomes.Skipped():
            return Settled(state="skipped", **counts)
        case outcomes.Cancelled():
            return Settled(state="cancelled", **counts)
        case outcomes.TooLate():
            return Settled(state="cancelled", error=outcomes.TOO_LATE, **counts)


def _lost(held: Claim, *, now: datetime) -> tuple[Settled, Record]:
    crashes = held.crashes + 1
    record = Record("lost", f"worker {held.worker} fell silent")
    if crashes >= MAX_CRASHES:
        error = f"its worker died {crashes} times while running it; it is not tried again by itself"
        return Settled(state="failed", error=error, failures=held.failures, crashes=crashes), record
    ready = Settled(
        state="ready",
        failures=held.failures,
        crashes=crashes,
        resume_at=held.resume_at,
        available_at=now + CRASH_DELAY * (crashes - 1),
    )
    return ready, record


def _failed(
    held: Claim, failed: outcomes.Failed, *, policy: Retry, now: datetime, jitter: retry.Jitter
) -> tuple[Settled, Record]:
    failures = held.failures + 1
    verdict = retry.verdict(
        policy,
        failures=failures,
        error_class=failed.error_class,
        status=failed.status,
        age=now - held.created_at,
        retry_after=failed.retry_after,
        jitter=jitter,
    )
    record = Record("timed_out" if failed.timed_out else "failed", failed.error, failed.traceback)
    counts: dict[str, Any] = {"failures": failures, "crashes": held.crashes, "error": failed.error}
    if isinstance(verdict, retry.Again):
        return Settled(state="ready", available_at=now + verdict.delay, **counts), record
    return Settled(state=record.outcome, **counts), record
