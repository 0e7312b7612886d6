"""The statements of a beat pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from organizations.statements import array, executed


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a schedule stands after a pass. `started` adds to the starts that it has made by its rules."""

    id: UUID
    cursor_at: datetime
    last_fire_at: datetime | None
    next_fire_at: datetime | None
    next_due_at: datetime | None
    state: str
    started: int
    ended_at: datetime | None
    skip_times: str  # a PostgreSQL array, because arrays of arrays must be rectangular
    zone_data: str


# The rows are locked by the pass that read them. `last_fire_at` only grows.
_ADVANCE = """
UPDATE schedules_schedule AS s
SET cursor_at = new.cursor_at, last_fire_at = greatest(s.last_fire_at, new.last_fire_at),
    next_fire_at = new.next_fire_at, next_due_at = new.next_due_at, state = new.state,
    fires = s.fires + new.started, ended_at = new.ended_at, skip_times = new.skip_times::timestamptz[],
    zone_data = new.zone_data
FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[],
    %s::int[], %s::timestamptz[], %s::text[], %s::text[])
    AS new (id, cursor_at, last_fire_at, next_fire_at, next_due_at, state, started, ended_at, skip_times, zone_data)
WHERE s.id = new.id AND s.state = 'active'
"""


def advance(rows: Sequence[Advance]) -> None:
    """Write where the schedules of a pass stand, with one statement."""
    columns = [array(map(attrgetter(name), rows)) for name in Advance.__slots__]
    with executed(_ADVANCE, columns):
        pass


@dataclass(frozen=True, slots=True)
class NewSkip:
    """A row of `schedules_skippedfire`, or the growth of the row that ends at `after_at`."""

    schedule_id: UUID
    after_at: datetime | None
    first_fire_at: datetime
    last_fire_at: datetime
    count: int
    reason: str
    detail: str
    created_at: datetime


# Index: skipped_fire_newest (schedule, last_fire_at DESC).
_RECORD_SKIPS = """
WITH new AS MATERIALIZED (
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[],
        %s::text[], %s::text[], %s::timestamptz[])
        AS new (schedule_id, after_at, first_fire_at, last_fire_at, count, reason, detail, created_at)
), grown AS (
    UPDATE schedules_skippedfire AS s SET last_fire_at = new.last_fire_at, count = s.count + new.count
    FROM new
    WHERE s.schedule_id = new.schedule_id AND s.last_fire_at = new.after_at AND s.reason = new.reason
    RETURNING s.schedule_id, new.first_fire_at
)
INSERT INTO schedules_skippedfire
    (schedule_id, first_fire_at, last_fire_at, count, reason, detail, created_at)
SELECT schedule_id, first_fire_at, last_fire_at, count, reason, detail, created_at FROM new
WHERE NOT EXISTS (SELECT FROM grown WHERE grown.schedule_id = new.schedule_id
                  AND grown.first_fire_at = new.first_fire_at)
ON CONFLICT DO NOTHING
"""


def record_skips(rows: Sequence[NewSkip]) -> None:
    """Record times that were not started; a run of them that goes on in the next pass stays one row."""
    columns = [array(map(attrgetter(name), rows)) for name in NewSkip.__slots__]
    with executed(_RECORD_SKIPS, columns):
        pass


# Indexes: schedule_due (next_due_at, id) where active; schedule_pause_ends (paused_until) where paused;
# backfill_due (next_at) where running; execution_end_to_tell; step_run_due (available_at) where waiting.
_OUTLOOK = """
SELECT
    (SELECT min(next_due_at) FROM schedules_schedule WHERE state = 'active'),
    (SELECT min(paused_until) FROM schedules_schedule WHERE state = 'paused' AND paused_until IS NOT NULL),
    (SELECT min(next_at) FROM schedules_backfill WHERE state = 'running'),
    (SELECT min(finished_at) FROM executions_execution WHERE is_watched AND finished_at IS NOT NULL),
    (SELECT min(available_at) FROM executions_steprun WHERE state = 'waiting' AND available_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What beat waits for, each the earliest of its kind or None.

    A time may have passed: there is something to do, or another beat is doing it.
    """

    due_at: datetime | None
    pause_ends_at: datetime | None
    backfill_at: datetime | None
    run_ended_at: datetime | None
    step_at: datetime | None

    @property
    def next_at(self) -> datetime | None:
        """Return the earliest of all."""
        times = (self.due_at, self.pause_ends_at, self.backfill_at, self.run_ended_at, self.step_at)
        return min((at for at in times if at is not None), default=None)


def outlook() -> Outlook:
    """Return when the next things are due."""
    with executed(_OUTLOOK) as cursor:
        return Outlook(*(cursor.fetchone() or (None,) * 5))
