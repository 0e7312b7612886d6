"""One sentence about a time. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.explain.answer import Absent, Outcome, Run, Stopped, Verdict
from schedules.misfire import MADE_ALL
from schedules.reasons import Reason
from schedules.recurrence.description.phrases import duration

PUNCTUAL = timedelta(seconds=1)  # a start no later than this is on time, in words
MOST_NAMED = 3  # executions in one sentence

# {is} becomes `was` for a time that has passed.
PHRASES: dict[str, str] = {
    Reason.MISFIRE: "it came too late",
    Reason.CALENDAR: "a calendar excludes it",
    Reason.OVERLAP: "another run of the schedule was active or waiting",
    Reason.BUFFER_FULL: "too many starts were waiting",
    Reason.LIMIT: "a limit {is} reached",
    Reason.REQUESTED: "a person asked to leave it out",
    Reason.PAUSED: "the schedule {is} paused",
    Reason.DISABLED: "the schedule {is} disabled",
    Reason.ERROR: "the schedule {is} in error",
    Reason.EDITED: "the rules were changed before it was started",
    Reason.ARCHIVED: "the schedule {is} archived",
    Stopped.COMPLETED: "the schedule {is} completed",
    Stopped.CANCELLED: "it was cancelled while it waited",
    Absent.BEFORE_CREATION: "it lies before the first version of the schedule",
    Absent.BEFORE_START: "it lies before the start",
    Absent.AFTER_END: "it lies after the end",
    Absent.OUTSIDE_RULES: "no rule names it",
    Absent.UNREADABLE: "the rules can no longer be read",
    Absent.AFTER_COMPLETION: "the next time counts from the end of a run",
}
# Of these a detail says all that the phrase does, and more.
TOLD_BY_DETAIL = frozenset({Reason.MISFIRE, Stopped.CANCELLED})
# Details, as they are recorded, that say no more than the phrase.
SAID_BY_PHRASE = frozenset({MADE_ALL, "another run was active or waiting", "left out on request"})


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
    by_rules = (
        f" By its rules it was not started: {_because(told.verdict, told)}." if told.verdict.reason else ""
    )
    return f"{shown[0].upper()}{shown[1:]}{more}.{by_rules}"


def _run(run: Run, told: Told) -> str:
    kind = run.kind.partition(":")[0]
    cause = {"backfill": " by a backfill", "manual": " by hand"}.get(kind, "")
    by = f" ({run.by})" if run.by and cause else ""
    late = run.created_at - told.due_at if told.due_at is not None and not cause else timedelta(0)
    lateness = f", {duration(_whole(late))} after it was due" if late > PUNCTUAL else ""
    recorded = f"{moment(run.created_at, told.zone)}{cause}{by}{lateness}"
    named = f"as execution {run.id}, {_standing(run)}"
    waited = run.admitted_at - run.created_at if run.admitted_at else timedelta(0)
    if waited > PUNCTUAL and run.admitted_at:
        place = f"waited {duration(_whole(waited))} for its place and got it at"
        return f"recorded at {recorded}, {place} {moment(run.admitted_at, told.zone)} {named}"
    return f"{'recorded' if _is_untaken(run) else 'started'} at {recorded} {named}"


def _is_untaken(run: Run) -> bool:
    return run.state == "running" and not run.is_taken


def _standing(run: Run) -> str:
    return "ready: no worker has taken it yet" if _is_untaken(run) else f"now {run.state}"


def _whole(length: timedelta) -> timedelta:
    return timedelta(seconds=round(length.total_seconds()))


def _waiting(told: Told) -> str:
    run = next(run for run in told.runs if run.state == "pending")
    until = f", until {moment(run.waits_until, told.zone)} at most" if run.waits_until else ""
    return f"Execution {run.id} waits for a place, of the schedule or in a limit of the workflow{until}."


def _skipped(told: Told) -> str:
    return f"Not started: {_because(told.verdict, told)}."


def _pending(told: Told) -> str:
    since = f" since {moment(told.due_at, told.zone)}" if told.due_at else ""
    return f"Due{since}; beat has not looked at it yet."


def _will_fire(told: Told) -> str:
    return f"Will start at {moment(told.due_at, told.zone)}." if told.due_at else "Will start."


def _will_not_fire(told: Told) -> str:
    return f"Will not start: {_because(told.verdict, told)}."


def _no_time(told: Told) -> str:
    return f"Nothing fires at this instant: {_because(told.verdict, told)}."


def _unaccounted(_told: Told) -> str:
    return "Nothing is recorded of this time, neither an execution nor why there is none."


def _because(verdict: Verdict, told: Told) -> str:
    phrase = PHRASES.get(verdict.reason, verdict.reason).replace("{is}", _verb(told))
    detail = verdict.detail.removesuffix(": ")  # of a pause by somebody who gave no reason
    if not detail or detail in SAID_BY_PHRASE:
        return phrase
    return detail if verdict.reason in TOLD_BY_DETAIL else f"{phrase} ({detail})"


def _verb(told: Told) -> str:
    return "is" if told.verdict.outcome is Outcome.WILL_NOT_FIRE else "was"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant on the clock of `zone`, to the second: `2026-12-01 09:00:00 +01:00`."""
    text = at.astimezone(zone).isoformat(" ", "seconds")
    return f"{text[:19]} {text[19:]}"


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
