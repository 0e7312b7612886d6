"""The common ways in which a step completes, each in one statement and one commit.

They change nothing where something uncommon is the case, such as an execution that is to end: the caller
then takes the long way.
"""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from events import dispatching
from events.services import RETURNING_TOLD
from executions.queries.births import NewStepRun
from executions.queries.claims import PICK_AND_TAKE, TAKE, Claim, Slot
from executions.queries.finishes import Closed
from organizations.statements import executed

# The execution first, as everywhere.
_STEP = """
e AS MATERIALIZED (
    SELECT id, organization_id, workflow_id, schedule_id, horarium_now() AS now
    FROM executions_execution
    WHERE id = %(execution_id)s AND state = 'running' AND cancel_requested_at IS NULL
        AND NOT has_places AND parent_step_id IS NULL
        AND queue = %(execution_queue)s AND priority = %(execution_priority)s -- nobody has moved it
    FOR UPDATE
), s AS (
    UPDATE executions_steprun AS s
    SET state = 'completed', output = %(output)s, lease_expires_at = NULL, finished_at = e.now, error = ''
    FROM e
    WHERE s.id = %(id)s AND s.attempt = %(attempt)s AND s.state = 'running' AND s.execution_id = e.id
    RETURNING e.*, s.step, s.attempt
)
"""
_TELL = f"""
told AS (
    INSERT INTO events_event (organization_id, type, at, workflow_id, schedule_id, execution_id, data)
    SELECT s.organization_id, new.type, s.now, s.workflow_id, s.schedule_id, s.id,
        CASE WHEN new.type = 'workflow.step.completed'
             THEN jsonb_build_object('step', s.step, 'attempt', s.attempt) ELSE '{{}}'::jsonb END
    FROM s, unnest(%(types)s::text[]) WITH ORDINALITY AS new (type, place)
    ORDER BY new.place
    {RETURNING_TOLD}
), wanted AS ({dispatching.WANTED})
"""  # noqa: S608 - constant text
_LAST = f"""
{_STEP}, closed AS (
    UPDATE executions_execution AS x SET state = 'completed', finished_at = s.now FROM s WHERE x.id = s.id
    RETURNING CASE WHEN x.has_waiting THEN x.group_key END AS freed
), {_TELL}
"""  # noqa: S608 - constant text
_COMPLETE_LAST = f"WITH {_LAST} SELECT freed, EXISTS (SELECT FROM wanted) FROM closed"  # noqa: S608 - constant text
_COMPLETE_LAST_AND_CLAIM = f"""
WITH RECURSIVE {_LAST}, {PICK_AND_TAKE.format(condition="EXISTS (SELECT FROM s) AND")}
SELECT EXISTS (SELECT FROM s), (SELECT freed FROM closed), EXISTS (SELECT FROM wanted), taken.*
FROM (VALUES (1)) AS one LEFT JOIN taken ON true
"""  # noqa: S608 - constant text


def complete_last_step(held: Claim, output: Any, *, slot: Slot | None) -> Closed:
    """Complete the last step of an execution, and the execution, and append both events.

    Args:
        slot: where given, the next step run is claimed for it by the same
            statement, and so with the same commit.
    """
    values = {**_values(held, output), "types": ["workflow.step.completed", "workflow.completed"]}
    if slot is None:
        with executed(_COMPLETE_LAST, values) as cursor:
            row = cursor.fetchone()
        _hand_on(is_wanted=row is not None and row[1])
        return Closed(row is not None, freed=_groups(row[0] if row else None))
    with executed(_COMPLETE_LAST_AND_CLAIM, values | slot.parameters()) as cursor:
        done, freed, is_wanted, *taken = cursor.fetchone() or (False, None, False, None)
    _hand_on(is_wanted=is_wanted)
    return Closed(done, freed=_groups(freed), claim=slot.served(taken))


_COMPLETE_AND_GO_ON = f"""
WITH {_STEP}, {_TELL}, following AS (
    INSERT INTO executions_steprun
        (id, execution_id, organization_id, step, item_index, kind, queue, priority, state, attempt, worker,
         lease_expires_at, created_at, available_at, started_at,
         failures, crashes, error, waits_for, waits_key, progress_note)
    SELECT %(new_id)s::uuid, s.id, s.organization_id, %(new_step)s::text, -1, %(new_kind)s::text,
        %(new_queue)s::text, %(new_priority)s::smallint,
        %(new_state)s::text, (%(new_state)s::text = 'running')::int, %(new_worker)s::text,
        CASE WHEN %(new_state)s::text = 'running' THEN s.now + %(lease)s::interval END, s.now, s.now,
        CASE WHEN %(new_state)s::text = 'running' THEN s.now END, 0, 0, '', '', '', ''
    FROM s
    RETURNING created_at
)
SELECT created_at, EXISTS (SELECT FROM wanted) FROM following
"""  # noqa: S608 - constant text


def complete_and_go_on(held: Claim, output: Any, *, following: NewStepRun, slot: Slot) -> Any:
    """Complete a step and insert the only one that follows from it; return the time of both, or None."""
    values = _values(held, output) | {
        "types": ["workflow.step.completed"],
        "new_id": following.id,
        "new_step": following.step,
        "new_kind": following.kind,
        "new_queue": following.queue,
        "new_priority": following.priority,
        "new_state": following.state,
        "new_worker": following.worker,
        "lease": slot.parameters()["lease"],
    }
    with executed(_COMPLETE_AND_GO_ON, values) as cursor:
        row = cursor.fetchone()
    _hand_on(is_wanted=row is not None and row[1])
    return row[0] if row else None


def _hand_on(*, is_wanted: bool) -> None:
    if is_wanted:
        dispatching.wake_on_commit()


# An item that is not the last one to end. Of its step the row is locked after that of the execution.
_ITEM = """
WITH RECURSIVE e AS MATERIALIZED (
    SELECT id, organization_id, workflow_id, schedule_id, horarium_now() AS now
    FROM executions_execution
    WHERE id = %(execution_id)s AND state = 'running' AND cancel_requested_at IS NULL
    FOR UPDATE
), whole AS MATERIALIZED (
    SELECT w.id, w.items_next
    FROM e JOIN executions_steprun AS w ON w.execution_id = e.id AND w.step = %(step)s AND w.item_index = -1
    WHERE w.state = 'waiting' AND w.items_left > 1 AND {turns}
    FOR UPDATE OF w
), s AS (
    UPDATE executions_steprun AS s
    SET state = 'completed', output = %(output)s, lease_expires_at = NULL, finished_at = e.now, error = ''
    FROM e, whole
    WHERE s.id = %(id)s AND s.attempt = %(attempt)s AND s.state = 'running' AND s.execution_id = e.id
    RETURNING s.id
), {rest}
SELECT EXISTS (SELECT FROM s), taken.*
FROM (VALUES (1)) AS one LEFT JOIN taken ON true
"""
_ALL_HAVE_BEGUN = f"""
counted AS (
    UPDATE executions_steprun AS w SET items_left = w.items_left - 1 FROM s, whole WHERE w.id = whole.id
), {PICK_AND_TAKE.format(condition="EXISTS (SELECT FROM s) AND")}
"""  # noqa: S608 - constant text
_THE_NEXT_BEGINS = f"""
picked AS MATERIALIZED (
    SELECT i.id, i.item_index FROM s, whole, executions_steprun AS i
    WHERE i.execution_id = %(execution_id)s AND i.step = %(step)s AND i.item_index >= whole.items_next
        AND i.state = 'waiting' AND i.waits_for = 'turn'
    ORDER BY i.item_index LIMIT 1
), counted AS (
    UPDATE executions_steprun AS w
    SET items_left = w.items_left - 1, items_next = (SELECT item_index + 1 FROM picked)
    FROM s, whole WHERE w.id = whole.id
), {TAKE}
"""  # noqa: S608 - constant text
_COMPLETE_ITEM = _ITEM.format(turns="w.items_next IS NULL", rest=_ALL_HAVE_BEGUN)
_COMPLETE_ITEM_AND_BEGIN = _ITEM.format(
    turns="w.items_next IS NOT NULL AND w.waits_key = ''", rest=_THE_NEXT_BEGINS
)


def complete_item_and_begin(held: Claim, output: Any, *, slot: Slot) -> Closed:
    """Complete an item of a step that lets only some run at once, and take the next one in its place."""
    values = _values(held, output) | {"step": held.step}
    with executed(_COMPLETE_ITEM_AND_BEGIN, values | slot.parameters()) as cursor:
        done, *taken = cursor.fetchone() or (False, None)
    return Closed(done, claim=slot.served(taken))


def complete_item(held: Claim, output: Any, *, slot: Slot) -> Closed:
    """Complete one of several items that run, and claim the slot's next step run."""
    values = _values(held, output) | {"step": held.step}
    with executed(_COMPLETE_ITEM, values | slot.parameters()) as cursor:
        done, *taken = cursor.fetchone() or (False, None)
    return Closed(done, claim=slot.served(taken))


def _values(held: Claim, output: Any) -> dict[str, Any]:
    return {
        "id": held.id,
        "execution_id": held.execution_id,
        "attempt": held.attempt,
        "execution_queue": held.execution_queue,
        "execution_priority": held.priority,
        "output": None if output is None else Jsonb(output),
    }


def _groups(freed: UUID | None) -> tuple[UUID, ...]:
    return () if freed is None else (freed,)
