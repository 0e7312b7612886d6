"""Hand events to those who want them: at least once each, whoever dies meanwhile.

Whether anybody wants an event is decided by an indexed look-up in the statement
that inserts it. What is wanted gets a row of its own (`models.Dispatch`), which
a worker claims after the commit and deletes in the transaction in which it acts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from events import wakeups
from events.announcements import announce_on_commit, register
from events.errors import LostDispatch
from events.models import Dispatch
from events.patterns import ANY_SUBJECT
from organizations.statements import array, executed

CONSUMERS = ("triggers",)  # each has a Celery task `<consumer>.dispatch`
QUEUE = "horarium-events"  # broker queue of their wake-ups
TOPIC = "dispatch"  # announcement topic; the key is the consumer

MAX_WAITING = 4  # undelivered wake-ups: each of them drains the queue
LEASE = timedelta(seconds=30)  # after which another worker takes over
LONGEST_PAUSE = timedelta(hours=1)  # before an event is tried again that nobody could deal with

_VALUES = ", ".join(f"('{name}')" for name in CONSUMERS)

# Looks for the first subscription at or after each key in the index and asks whether it is that key. Asked with
# `=` the server prefers, once there are thousands of subscriptions, to read them all for each event.
# Index: subscription_wanted (consumer, organization, pattern, subject).
_IS_WANTED = """
EXISTS (
    SELECT FROM unnest({patterns}) AS p (pattern), unnest({subjects}) AS x (subject_id)
    WHERE x.subject_id IS NOT NULL AND (
        SELECT s.pattern = p.pattern AND s.subject_id = x.subject_id FROM events_subscription AS s
        WHERE s.consumer = c.consumer AND s.organization_id = told.organization_id
            AND (s.pattern, s.subject_id) >= (p.pattern, x.subject_id)
        ORDER BY s.pattern, s.subject_id LIMIT 1)
    OFFSET 0
)
"""
_INSERT = """
INSERT INTO events_dispatch (event_id, consumer, organization_id, available_at, attempts, error)
SELECT told.id, c.consumer, told.organization_id, told.at, 0, ''
FROM {told} AS told, (VALUES {consumers}) AS c (consumer)
WHERE {is_wanted}
RETURNING 1
"""

# Belongs after a CTE `told (id, organization_id, type, workflow_id, schedule_id, at)`. Types that Horarium
# tells have three parts at most, and so three patterns.
WANTED = _INSERT.format(
    told="told",
    consumers=_VALUES,
    is_wanted=_IS_WANTED.format(
        patterns="ARRAY[told.type, split_part(told.type, '.', 1) || '.*', "
        "split_part(told.type, '.', 1) || '.' || split_part(told.type, '.', 2) || '.*']",
        subjects=f"ARRAY['{ANY_SUBJECT}'::uuid, told.workflow_id, told.schedule_id]",
    ),
)

# The same for events that are sent, whose types have any number of parts: a CTE `told_with_patterns` has them.
WANTED_OF_SENT = _INSERT.format(
    told="told_with_patterns",
    consumers=_VALUES,
    is_wanted=_IS_WANTED.format(patterns="told.patterns", subjects=f"ARRAY['{ANY_SUBJECT}'::uuid]"),
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that this worker is to deal with; `attempts` fences it."""

    event_id: int
    attempts: int


def wake_on_commit() -> None:
    """Wake the consumers once the running transaction has committed; at once outside of one."""
    for consumer in CONSUMERS:
        announce_on_commit(TOPIC, consumer)


# Organizations take turns: however many events of one wait, those of the others do not wait behind them. From a
# start that chance chooses, one after the other is found in the index, and then the first again, and the oldest
# events of each are taken, as many as its share. Index: dispatch_available (consumer, organization, available_at).
_CLAIM = """
WITH RECURSIVE beyond (organization_id) AS (
    (SELECT d.organization_id FROM events_dispatch AS d
     WHERE d.consumer = %(consumer)s AND d.organization_id > %(start)s ORDER BY d.organization_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.organization_id FROM events_dispatch AS d
            WHERE d.consumer = %(consumer)s AND d.organization_id > beyond.organization_id
            ORDER BY d.organization_id LIMIT 1)
    FROM beyond WHERE beyond.organization_id IS NOT NULL
), before (organization_id) AS (
    (SELECT d.organization_id FROM events_dispatch AS d
     WHERE d.consumer = %(consumer)s AND d.organization_id <= %(start)s ORDER BY d.organization_id LIMIT 1)
    UNION ALL
    SELECT (SELECT d.organization_id FROM events_dispatch AS d
            WHERE d.consumer = %(consumer)s AND d.organization_id > before.organization_id
                AND d.organization_id <= %(start)s
            ORDER BY d.organization_id LIMIT 1)
    FROM before WHERE before.organization_id IS NOT NULL
), turns AS MATERIALIZED (
    (SELECT organization_id FROM beyond WHERE organization_id IS NOT NULL LIMIT %(limit)s)
    UNION ALL (SELECT organization_id FROM before WHERE organization_id IS NOT NULL LIMIT %(limit)s)
    LIMIT %(limit)s
), due AS MATERIALIZED (
    SELECT one.id FROM turns, LATERAL (
        SELECT d.id FROM events_dispatch AS d
        WHERE d.consumer = %(consumer)s AND d.organization_id = turns.organization_id
            AND d.available_at <= horarium_now()
        ORDER BY d.available_at, d.event_id
        LIMIT (SELECT ceil(%(limit)s::float / greatest(count(*), 1))::int FROM turns)
        FOR UPDATE SKIP LOCKED
    ) AS one
    LIMIT %(limit)s
)
UPDATE events_dispatch AS d
SET available_at = horarium_now() + %(lease)s::interval, attempts = d.attempts + 1
FROM due WHERE d.id = due.id
RETURNING d.event_id, d.attempts
"""


def claim(consumer: str, *, limit: int) -> list[Claimed]:
    """Take up to `limit` events for `LEASE`, the oldest of each organization; none only where none is available."""
    lease = f"{LEASE.total_seconds()} seconds"
    values = {"consumer": consumer, "limit": limit, "lease": lease, "start": uuid4()}
    with executed(_CLAIM, values) as cursor:
        return sorted((Claimed(*row) for row in cursor), key=lambda one: one.event_id)


_SETTLE = """
DELETE FROM events_dispatch AS d USING unnest(%s::bigint[], %s::int[]) AS held (event_id, attempts)
WHERE d.consumer = %s AND d.event_id = held.event_id AND d.attempts = held.attempts
"""


def settle(consumer: str, held: Collection[Claimed]) -> None:
    """Take note, in the caller's transaction, that events were dealt with.

    Raises:
        LostDispatch: another worker has taken one over; the caller must roll back.
    """
    with executed(_SETTLE, [*_columns(held), consumer]) as cursor:
        if cursor.rowcount != len(held):
            raise LostDispatch


_PUT_OFF = """
UPDATE events_dispatch AS d
SET error = %s,
    available_at = horarium_now() + least(%s::interval, interval '1 second' * power(2, least(d.attempts, 20)))
FROM unnest(%s::bigint[], %s::int[]) AS held (event_id, attempts)
WHERE d.consumer = %s AND d.event_id = held.event_id AND d.attempts = held.attempts
"""


def put_off(consumer: str, held: Claimed, *, error: str) -> None:
    """Give an event back that could not be dealt with; it comes again after a pause that doubles, up to an hour."""
    longest = f"{LONGEST_PAUSE.total_seconds()} seconds"
    with executed(_PUT_OFF, [error[:2000], longest, *_columns([held]), consumer]):
        pass


def hurry(dispatch: Dispatch, *, by: str, now: datetime) -> None:
    """End the pause before an event is tried again. Safe while a worker has it: the slower of two rolls back."""
    del by
    Dispatch.objects.filter(pk=dispatch.pk, available_at__gt=now).update(available_at=now)
    announce_on_commit(TOPIC, dispatch.consumer)


_EXTEND = """
UPDATE events_dispatch AS d SET available_at = horarium_now() + %s::interval
FROM unnest(%s::bigint[], %s::int[]) AS held (event_id, attempts)
WHERE d.consumer = %s AND d.event_id = held.event_id AND d.attempts = held.attempts
"""


def extend(consumer: str, held: Collection[Claimed]) -> None:
    """Hold events for another `LEASE`, where dealing with them takes several transactions.

    Raises:
        LostDispatch: another worker has taken one over; the caller must roll back.
    """
    with executed(_EXTEND, [f"{LEASE.total_seconds()} seconds", *_columns(held), consumer]) as cursor:
        if cursor.rowcount != len(held):
            raise LostDispatch


def _columns(held: Iterable[Claimed]) -> list[str]:
    rows = list(held)
    return [array(one.event_id for one in rows), array(one.attempts for one in rows)]


def _publish(consumer: str, count: int) -> None:
    wakeups.publish(f"{consumer}.dispatch", queue=QUEUE, count=count, most=MAX_WAITING)


register(TOPIC, _publish)
