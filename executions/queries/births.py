"""Insert executions, step runs and their first events: the statements of a start."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from events import dispatching
from events.services import INSERT_EVENTS, RETURNING_TOLD, NewEvent, event_columns
from executions.models import WHOLE
from organizations.statements import array, executed


@dataclass(frozen=True, slots=True)
class NewExecution:
    """A row of `executions_execution`, in state running, or pending without steps."""

    id: UUID
    organization_id: UUID
    workflow_id: UUID
    version_id: UUID
    state: str
    source: str
    schedule_id: UUID | None
    fire_kind: str
    fire_at: datetime | None
    idempotency_key: str | None
    input: Jsonb
    priority: int
    queue: str
    redrive_of_id: UUID | None
    started_by: str
    group_key: UUID | None
    group_limit: int
    waits_until: datetime | None
    start_by: datetime | None
    is_watched: bool
    created_at: datetime
    parent_step_id: UUID | None = None
    deadline_at: datetime | None = None
    has_places: bool = False
    trigger_id: UUID | None = None
    event_id: int | None = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class NewStepRun:
    """A row of `executions_steprun`; `worker` is set where the inserting worker runs it at once.

    Attributes:
        state: ready, running (leased at once), waiting, or final.
        waits_for: of a waiting one, which has no time at which it goes on by itself.
        attempt: of one that was run before, in another execution.
    """

    execution_id: UUID
    organization_id: UUID
    step: str
    kind: str
    state: str
    queue: str
    priority: int
    created_at: datetime
    lease_expires_at: datetime | None = None
    worker: str = ""
    item_index: int = WHOLE
    item: Jsonb | None = None
    waits_for: str = ""
    output: Jsonb | None = None
    attempt: int = 0
    id: UUID = field(default_factory=uuid7)


_INSERT_STEP_RUNS = """
INSERT INTO executions_steprun
    (execution_id, organization_id, step, kind, state, queue, priority, created_at, lease_expires_at, worker,
     item_index, item, waits_for, output, attempt, id,
     available_at, started_at, finished_at, failures, crashes, error, waits_key, progress_note)
SELECT new.*,
    CASE WHEN new.state <> 'waiting' THEN new.created_at END,
    CASE WHEN new.state = 'running' THEN new.created_at END,
    CASE WHEN new.state NOT IN ('ready', 'running', 'waiting') THEN new.created_at END,
    0, 0, '', '', ''
FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[],
    %s::timestamptz[], %s::timestamptz[], %s::text[], %s::int[], %s::jsonb[], %s::text[], %s::jsonb[], %s::int[],
    %s::uuid[])
    AS new (execution_id, organization_id, step, kind, state, queue, priority, created_at, lease_expires_at,
        worker, item_index, item, waits_for, output, attempt, id)
"""


def insert_step_runs(rows: Sequence[NewStepRun]) -> None:
    """Insert step runs; the unique key (execution, step, item) makes a second insert of one fail loudly."""
    with executed(_INSERT_STEP_RUNS, _columns(NewStepRun, rows)):
        pass


# One statement, so that a start costs one round trip and one commit. Rows of
# the other two tables are kept only for executions that no unique key held back.
_RECORD = f"""
WITH born AS (
    INSERT INTO executions_execution
        (id, organization_id, workflow_id, version_id, state, source, schedule_id, fire_kind, fire_at,
         idempotency_key, input, priority, queue, redrive_of_id, started_by, group_key, group_limit,
         waits_until, start_by, is_watched, created_at, parent_step_id, deadline_at, has_places,
         trigger_id, event_id, depth, has_waiting, error, ends_as)
    SELECT *, false, '', '' FROM unnest(
        %s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[],
        %s::timestamptz[], %s::text[], %s::jsonb[], %s::smallint[], %s::text[], %s::uuid[], %s::text[],
        %s::uuid[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::timestamptz[],
        %s::uuid[], %s::timestamptz[], %s::boolean[], %s::uuid[], %s::bigint[], %s::smallint[])
    ON CONFLICT DO NOTHING
    RETURNING id
), steps AS (
    {_INSERT_STEP_RUNS} JOIN born ON born.id = new.execution_id
), told AS (
    {INSERT_EVENTS} JOIN born ON born.id = new.execution_id {RETURNING_TOLD}
), wanted AS ({dispatching.WANTED})
SELECT id, EXISTS (SELECT FROM wanted) FROM born
"""  # noqa: S608 - constant text


def record(
    executions: Sequence[NewExecution], step_runs: Sequence[NewStepRun], events: Sequence[NewEvent]
) -> set[UUID]:
    """Insert executions with their first step runs and their events.

    Returns:
        The ids of the executions that no unique key held back; of the others
        nothing is inserted.
    """
    values = [*_columns(NewExecution, executions), *_columns(NewStepRun, step_runs), *event_columns(events)]
    with executed(_RECORD, values) as cursor:
        born = cursor.fetchall()
    if any(is_wanted for _, is_wanted in born):
        dispatching.wake_on_commit()
    return {id_ for id_, _ in born}


@dataclass(frozen=True, slots=True)
class NewCause:
    """What the unique keys of an execution are made of."""

    place: int  # of the cause among those of one call
    organization_id: UUID
    schedule_id: UUID | None
    fire_kind: str
    fire_at: datetime | None
    idempotency_key: str | None


# Indexes: execution_one_fire, execution_idempotency_key.
_RECORDED = """
SELECT new.place
FROM unnest(%s::int[], %s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[], %s::text[])
    AS new (place, organization_id, schedule_id, fire_kind, fire_at, idempotency_key)
WHERE EXISTS (
    SELECT FROM executions_execution AS e
    WHERE e.schedule_id = new.schedule_id AND e.fire_at = new.fire_at AND e.fire_kind = new.fire_kind
) OR EXISTS (
    SELECT FROM executions_execution AS e
    WHERE e.organization_id = new.organization_id AND e.idempotency_key = new.idempotency_key
)
"""


def recorded(causes: Sequence[NewCause]) -> set[int]:
    """Return the places of the causes that a unique key would hold back."""
    with executed(_RECORDED, _columns(NewCause, causes)) as cursor:
        return {row[0] for row in cursor}


def _columns(kind: type, rows: Sequence[Any]) -> list[str]:
    """Turn rows into one array per column, for `unnest`."""
    return [array(map(attrgetter(column.name), rows)) for column in fields(kind)]
