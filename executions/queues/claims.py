"""Claim from queues in which an organization may run only so many steps at once, in turn with all others."""

from collections import deque
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from executions import queries
from executions.queries import Claim, Slot
from executions.queries.claims import TAKE
from executions.queues import special
from organizations.statements import executed

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('queue:' || %s::text || ':' || %s::text, 0))"

# A statement of its own: what it counts must be read after the lock was had.
# Indexes: step_run_lease (running), step_run_claim (ready), queue_setting_once.
_CLAIM_LIMITED = f"""
WITH setting AS MATERIALIZED (
    SELECT max_running FROM executions_queuesetting
    WHERE organization_id = %(organization_id)s AND name = %(queue)s
        AND paused_at IS NULL AND max_running IS NOT NULL
), busy AS MATERIALIZED (
    SELECT count(*) AS running FROM executions_steprun
    WHERE state = 'running' AND queue = %(queue)s AND organization_id = %(organization_id)s
), picked AS MATERIALIZED (
    SELECT s.id FROM executions_steprun AS s
    WHERE (SELECT busy.running < setting.max_running FROM busy, setting)
        AND s.state = 'ready' AND s.queue = %(queue)s AND s.organization_id = %(organization_id)s
    ORDER BY s.priority DESC, s.available_at, s.id
    LIMIT 1 FOR UPDATE SKIP LOCKED
), {TAKE}
SELECT * FROM taken
"""  # noqa: S608 - constant text


def claim_limited(slot: Slot, organization_id: UUID) -> Claim | None:
    """Take the organization's best ready step run of a limited queue, unless as many run as may.

    Whoever claims for the same limit waits; so there are never more than `max_running`
    beyond what ran when the limit was set.
    """
    with transaction.atomic():
        with executed(_LOCK, [organization_id, slot.queue]):
            pass
        with executed(_CLAIM_LIMITED, slot.parameters() | {"organization_id": organization_id}) as cursor:
            row = cursor.fetchone()
    return Claim(*row) if row else None


# What is seen here without the lock saves it where there is nothing to be had. Indexes as above.
# Ordered as the index is, rather than EXISTS, of which the planner may make a join that reads the whole queue.
_PROMISING = """
SELECT q.organization_id FROM executions_queuesetting AS q
WHERE q.organization_id = ANY(%(organizations)s) AND q.name = %(queue)s
    AND (SELECT true FROM executions_steprun AS s
         WHERE s.state = 'ready' AND s.queue = %(queue)s AND s.organization_id = q.organization_id
         ORDER BY s.priority DESC LIMIT 1)
    AND q.max_running > (SELECT count(*) FROM executions_steprun AS s
                         WHERE s.state = 'running' AND s.queue = %(queue)s
                             AND s.organization_id = q.organization_id)
"""


def promising(queue: str, organizations: Sequence[UUID]) -> list[UUID]:
    """Return which of the limited organizations seem to have a ready step and room to run it, in the same order."""
    if not organizations:
        return []
    with executed(_PROMISING, {"queue": queue, "organizations": list(organizations)}) as cursor:
        found = {row[0] for row in cursor}
    return [one for one in organizations if one in found]


class Turns:
    """Whose turn it is in the queue of `slot`: the limited organizations take theirs among all others.

    The statement that claims passes over them; each that it has passed is owed
    a turn before it is asked again.
    """

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self._after = slot.after  # who was served last of the others
        self._last_limited = slot.after
        self._owed: deque[UUID] = deque()

    def claim(self) -> Claim | None:
        """Take the step run whose turn it is, or return None when nothing may be claimed."""
        return self._claim_owed() or self.note(queries.claim(self.slot)) or self._claim_any_limited()

    def to_go_on(self) -> Slot | None:
        """Return the slot for a finish that claims as well; None while somebody else is owed a turn."""
        return None if self._owed else self.slot

    def note(self, claimed: Claim | None) -> Claim | None:
        """Return what the slot was given, and owe a turn to the limited organizations that were passed over."""
        if claimed is not None:
            self._owe(after=self._after, until=self.slot.after)
            self._after = self.slot.after
        return claimed

    def _owe(self, *, after: UUID, until: UUID) -> None:
        queue = self.slot.queue
        if limited := special.limited(queue):
            passed = passed_over(limited, after=after, until=until)
            self._owed.extend(promising(queue, [one for one in passed if one not in self._owed]))

    def _claim_owed(self) -> Claim | None:
        while self._owed:
            self._last_limited = self._owed.popleft()
            if (claimed := claim_limited(self.slot, self._last_limited)) is not None:
                return claimed
        return None

    def _claim_any_limited(self) -> Claim | None:
        self._owe(after=self._last_limited, until=self._last_limited)
        return self._claim_owed()


def passed_over(limited: Sequence[UUID], *, after: UUID, until: UUID) -> list[UUID]:
    """Return the organizations between two that were served, in the circle of their ids.

    From one to itself is the whole circle; the organization itself comes last.
    """
    behind = [one for one in limited if one > after]
    before = [one for one in limited if one <= after]
    if after < until:
        return [one for one in behind if one < until]
    return behind + [one for one in before if one < until or after == until]
