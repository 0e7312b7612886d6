"""The fire times of a stored schedule."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile

from schedules.models import Schedule
from schedules.recurrence import Rule, rule_from_dict, union

CACHED_RULES = 2_048  # bounds beat's memory, whatever the number of schedules


def times(schedule: Schedule, *, after: datetime) -> Iterator[datetime]:
    """Yield fire times in (after, end], aware UTC, lazily and strictly increasing.

    Raises:
        InvalidRule: a stored rule can no longer be read.
    """
    if schedule.start_at is not None:
        after = max(after, schedule.start_at - timedelta.resolution)
    fires = union(
        _rules(schedule),
        zone=schedule.timezone,
        after=after,
        gap=schedule.dst_gap,
        overlap=schedule.dst_overlap,
    )
    end_at = schedule.end_at
    return fires if end_at is None else takewhile(lambda time: time <= end_at, fires)


def _rules(schedule: Schedule) -> tuple[Rule, ...]:
    text = json.dumps(schedule.rules)
    # Only hashed fields depend on which schedule it is; all others share the work.
    return _compiled(text, hash_key=str(schedule.pk) if "H" in text else "", zone=schedule.timezone)


@lru_cache(maxsize=CACHED_RULES)
def _compiled(text: str, *, hash_key: str, zone: str) -> tuple[Rule, ...]:
    return tuple(rule_from_dict(rule, hash_key=hash_key, zone=zone) for rule in json.loads(text))
