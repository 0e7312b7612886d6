"""One sentence about a time. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.explain.answer import Absent, Outcome, Run, Stopped, Verdict
from schedules.reasons import Reason
from schedules.recurrence.description.phrases import duration, local

PUNCTUAL = timedelta(seconds=1)  # a start no later than this is on time, in words
MOST_NAMED = 3  # executions in one sentence

PHRASES: dict[str, str] = {
    Reason.MISFIRE: "it came too late",
    Reason.CALENDAR: "a calendar excludes it",
    Reason.OVERLAP: "another run of the schedule was active or waiting",
    Reason.BUFFER_FULL: "too many starts were waiting",
    Reason.LIMIT: "the limit of starts is reached",
    Reason.REQUESTED: "a person asked to leave it out",
    Reason.PAUSED: "the schedule is paused",
    Reason.DISABLED: "the schedule is disabled",
    Reason.ERROR: "the schedule is in error",
    Reason.EDITED: "the rules were changed before it was started",
    Reason.ARCHIVED: "the schedule is archived",
    Stopped.COMPLETED: "the schedule is completed",
    Stopped.CANCELLED: "a person cancelled it while it was waiting",
    Absent.BEFORE_CREATION: "it lies before the first version of the schedule",
    Absent.BEFORE_START: "it lies before the start",
    Absent.AFTER_END: "it lies after the end",
    Absent.OUTSIDE_RULES: "no rule names it",
    Absent.UNREADABLE: "the rules can no longer be read",
    Absent.AFTER_COMPLETION: "the next time counts from the end of a run",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a sentence is about; `zone` is that of the schedule's clock."""

    verdict: Verdict
    due_at: datetime | None
    runs: Sequence[Run]
    now: datetime
    zone: ZoneInfo


def sentence(told: Told) -> str:
    """Return what became of a time, or will, and why."""
    return _SENTENCES[told.verdict.outcome](told)


def _started(told: Told) -> str:
    begun = [run for run in told.runs if run.has_begun]
    shown = "; ".join(_run(run, told) for run in begun[:MOST_NAMED])
    more = f"; and {len(begun) - MOST_NAMED} more" if len(begun) > MOST_NAMED else ""
    by_rules = f" By its rules it was not started: {_because(told.verdict)}." if told.verdict.reason else ""
    return f"Started {shown}{more}.{by_rules}"


def _run(run: Run, told: Told) -> str:
    kind = run.kind.partition(":")[0]
    cause = {"backfill": " by a backfill", "manual": " by hand"}.get(kind, "")
    by = f" ({run.by})" if run.by and cause else ""
    late = run.created_at - told.due_at if told.due_at is not None and not cause else timedelta(0)
    lateness = f", {duration(_whole(late))} after it was due" if late > PUNCTUAL else ""
    at = local(run.created_at, told.zone)
    return f"at {at}{cause}{by} as execution {run.id}, now {run.state}{lateness}"


def _whole(length: timedelta) -> timedelta:
    return timedelta(seconds=round(length.total_seconds()))


def _waiting(told: Told) -> str:
    run = next(run for run in told.runs if run.state == "pending")
    until = f", until {local(run.waits_until, told.zone)} at most" if run.waits_until else ""
    return f"Execution {run.id} waits for another run of the schedule to end{until}."


def _skipped(told: Told) -> str:
    return f"Not started: {_because(told.verdict)}."


def _pending(told: Told) -> str:
    since = f" since {local(told.due_at, told.zone)}" if told.due_at else ""
    return f"Due{since}; beat has not looked at it yet."


def _will_fire(told: Told) -> str:
    return f"Will start at {local(told.due_at, told.zone)}." if told.due_at else "Will start."


def _will_not_fire(told: Told) -> str:
    has_passed = told.due_at is not None and told.due_at <= told.now
    return f"{'Not started' if has_passed else 'Will not start'}: {_because(told.verdict)}."


def _no_time(told: Told) -> str:
    return f"Nothing fires at this instant: {_because(told.verdict)}."


def _unaccounted(_told: Told) -> str:
    return "Nothing is recorded of this time, neither an execution nor why there is none."


def _because(verdict: Verdict) -> str:
    phrase = PHRASES.get(verdict.reason, verdict.reason)
    return f"{phrase} ({verdict.detail})" if verdict.detail else phrase


_SENTENCES: dict[Outcome, Callable[[Told], str]] = {
    Outcome.STARTED: _started,
    Outcome.WAITING: _waiting,
    Outcome.SKIPPED: _skipped,
    Outcome.PENDING: _pending,
    Outcome.WILL_FIRE: _will_fire,
    Outcome.WILL_NOT_FIRE: _will_not_fire,
    Outcome.NO_TIME: _no_time,
    Outcome.UNACCOUNTED: _unaccounted,
}
