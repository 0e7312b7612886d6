"""Spread: how far after its nominal time a fire is due, the same in every process."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from schedules.recurrence import InvalidRule, written

MILLISECOND = timedelta(milliseconds=1)
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(hours=24)


class SpreadKind(StrEnum):
    """Jitter and window are computed alike; the word tells readers what the author allows."""

    NONE = "none"
    JITTER = "jitter"  # on time, with a little noise so that many schedules do not start at once
    WINDOW = "window"  # any time within the window is on time


@dataclass(frozen=True)
class Spread:
    """How far fires may be put off.

    Attributes:
        length: no fire is put off so long; 1 s to 24 h, and without meaning for `none`.

    Raises:
        InvalidRule: naming `kind` or `length`.
    """

    kind: SpreadKind = SpreadKind.NONE
    length: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", written.choice("kind", self.kind, SpreadKind))
        if self.kind is not SpreadKind.NONE and not SHORTEST <= self.length <= LONGEST:
            raise InvalidRule("length", "write a duration from 1 second to 24 hours")


def offset(spread: Spread, *, key: str, fire_at: datetime, following: datetime | None) -> timedelta:
    """Return how long after `fire_at` the fire is due, in whole milliseconds.

    Less than the length, and less than the distance to the following nominal time: due
    times never change their order.

    Args:
        key: id of the schedule, so that schedules of one rule go apart.
        fire_at: aware; the nominal time.
        following: aware; the next nominal time, or None if there is none.
    """
    if spread.kind is SpreadKind.NONE:
        return timedelta(0)
    longest = spread.length if following is None else min(spread.length, following - fire_at)
    # Rounded up, as the part is less than one: the offset stays below a fraction of a millisecond too.
    choices = max(0, -(-longest // MILLISECOND))
    # The seed is for ever: another one would move the due times of fires already announced.
    seed = f"{key}\0{fire_at.astimezone(UTC).isoformat()}"
    part = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8])
    return part * choices // 2**64 * MILLISECOND
