"""A fire, as seen by whoever waits for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """A fire of the schedule `name`; both times are seconds since 1970."""

    name: str
    seen_at: float
    recorded_at: float | None = None  # the time that the system itself wrote down
