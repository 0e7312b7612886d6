"""What is known of one time of a schedule. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

AUTO = "auto"  # fire kind of the rules themselves
DROPPED = "not started: "  # how the error begins of an execution that was recorded and then dropped


class Outcome(StrEnum):
    """What became of a time, or will. Shown; never renamed."""

    STARTED = "started"
    WAITING = "waiting"  # recorded; another run of the schedule must end first
    SKIPPED = "skipped"  # has passed and was not started; `reason` says why
    PENDING = "pending"  # due, and beat has not looked at it yet
    WILL_FIRE = "will_fire"
    WILL_NOT_FIRE = "will_not_fire"  # lies ahead and is not to start; `reason` says why
    NO_TIME = "no_time"  # no rule names this instant
    UNACCOUNTED = "unaccounted"  # none of these; there is no way to it but a bug or deleted rows


class Absent(StrEnum):
    """Why an instant is no time of a schedule, or a time beyond those that it has."""

    BEFORE_CREATION = "before_creation"
    BEFORE_START = "before_start"
    AFTER_END = "after_end"
    OUTSIDE_RULES = "outside_rules"
    UNREADABLE = "unreadable"  # the stored rules or calendars can no longer be read
    AFTER_COMPLETION = "after_completion"  # the next time counts from the end of a run


class Stopped(StrEnum):
    """Why a time is not started, beside the reasons that are recorded (`schedules.reasons.Reason`)."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"  # ended on request while it was waiting


@dataclass(frozen=True, slots=True)
class Run:
    """An execution of one nominal time.

    Attributes:
        kind: `auto`, `backfill:<id>` or `manual:<id>`.
        admitted_at: when it got its place and its first steps became ready.
        is_taken: a worker has taken one of its steps.
        has_begun: it was not dropped before its first step could run.
    """

    id: UUID
    kind: str
    state: str
    error: str
    by: str
    created_at: datetime
    finished_at: datetime | None
    waits_until: datetime | None
    admitted_at: datetime | None
    is_taken: bool
    has_begun: bool


@dataclass(frozen=True, slots=True)
class Skip:
    """A recorded range of times that were not started, both ends included."""

    first: datetime
    last: datetime
    count: int
    reason: str
    detail: str
    reach: datetime  # later than `last` where only a part of a long debt was counted


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a time, or will, and why; `detail` is of the reason, for a person."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one instant, or will.

    Attributes:
        fire_at: nominal; for `no_time` the instant that was asked about.
        due_at: with spread; None for a time that no version of the rules names.
        local: ISO 8601 with the offset of the zone that held then.
        runs: executions of this nominal time, of every kind.
        skip: the recorded range that the time belongs to.
        version: of the settings that name the time; None where none does.
        before, after: of `no_time`, the nearest times around it.
        why: one sentence.
    """

    fire_at: datetime
    due_at: datetime | None
    local: str
    outcome: Outcome
    reason: str
    detail: str
    runs: tuple[Run, ...]
    skip: Skip | None
    version: int | None
    before: datetime | None = None
    after: datetime | None = None
    why: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Answers in order of time; `continue_from` is the first time that no longer fitted, or None."""

    answers: list[Answer]
    continue_from: datetime | None = None
