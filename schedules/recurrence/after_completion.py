"""After-completion rules: a fixed delay between the end of one run and the start of the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from schedules.recurrence import written
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.zones import HORIZON

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=3660)  # ten years with their leap days


@dataclass(frozen=True)
class AfterCompletion:
    """Fires once, `delay` after `ended_at`; while a run is going on there is nothing to fire.

    The delay is real time: no zone and no daylight saving bears on it.

    Attributes:
        ended_at: aware; when the last run ended, or when the schedule began to wait for its
            first. None while a run is going on. It belongs to the moment, not to the rule:
            the stored form leaves it out.

    Raises:
        InvalidRule: naming `delay_seconds` or `ended_at`.
    """

    delay: timedelta
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        if not SHORTEST <= self.delay <= LONGEST:
            raise InvalidRule("delay_seconds", "write a number of seconds from 1 to 316224000 (ten years)")
        if self.ended_at is not None:
            object.__setattr__(self, "ended_at", written.instant("ended_at", self.ended_at))

    def instants(
        self,
        *,
        zone: ZoneInfo,  # noqa: ARG002 - every rule is asked alike
        after: datetime,
        gap: Gap,  # noqa: ARG002
        overlap: Overlap,  # noqa: ARG002
    ) -> Iterator[datetime]:
        if self.ended_at is None:
            return iter(())
        at = self.ended_at + self.delay
        return iter((at,) if after < at < HORIZON.replace(tzinfo=UTC) else ())


def from_dict(data: dict[str, Any], *, ended_at: datetime | None = None, **_: object) -> AfterCompletion:
    """Read `{"delay_seconds": number}`."""
    written.only(data, "delay_seconds")
    delay = written.seconds("delay_seconds", data.get("delay_seconds"), longest=LONGEST)
    return AfterCompletion(delay=delay, ended_at=ended_at)


def to_dict(rule: AfterCompletion) -> dict[str, Any]:
    return {"delay_seconds": written.plain_seconds(rule.delay)}
