"""Refuse starts into a queue in which enough waits already: an answer at once is worth more than a long wait."""

import time
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from executions.errors import QueueFull
from executions.queues import special
from organizations.statements import executed

FRESH_SECONDS = 1.0
RESTS = (
    100  # times as long as it took: a deep queue is counted rarely, and costs at most a hundredth of the time
)
MOST_REMEMBERED = 10_000

# Index: step_run_claim. Counts no further than the bound.
_DEPTH = """
SELECT count(*) FROM (
    SELECT FROM executions_steprun
    WHERE state = 'ready' AND queue = %s AND organization_id = %s LIMIT %s
) AS ready
"""

_remembered: dict[special.Key, tuple[bool, float]] = {}  # whether it was full; until which monotonic second


def refuse_when_full(queues: Iterable[tuple[UUID, str]]) -> None:
    """Check the queues of new executions against their `max_waiting`, or against HORARIUM_MAX_READY.

    Where no `max_waiting` is set, the answer of a second ago will do. Starts at
    the same time do not see each other: they may go beyond the bound by as many
    as they are.

    Raises:
        QueueFull: of the first that is.
    """
    for key in set(queues):
        setting = special.settings().get(key)
        if setting is not None and setting.max_waiting is not None:
            most, is_full = setting.max_waiting, _is_full(key, setting.max_waiting)
        else:
            most = settings.ENVIRONMENT.max_ready
            is_full = most > 0 and _was_full(key, most)
        if is_full:
            raise QueueFull(key[1], max_waiting=most)


def _was_full(key: special.Key, most: int) -> bool:
    started = time.monotonic()
    full, until = _remembered.get(key, (False, started))
    if started < until:
        return full
    full = _is_full(key, most)
    now = time.monotonic()
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = (full, now + max(FRESH_SECONDS, RESTS * (now - started)))
    return full


def _is_full(key: special.Key, most: int) -> bool:
    organization_id, queue = key
    with executed(_DEPTH, [queue, organization_id, most]) as cursor:
        (ready,) = cursor.fetchone() or (0,)
    return bool(ready >= most)
