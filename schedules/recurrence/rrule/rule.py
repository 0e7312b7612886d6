"""An RRULE as a rule of a schedule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from schedules.recurrence import daylight, written
from schedules.recurrence.dates import Dates
from schedules.recurrence.daylight import Gap, Overlap
from schedules.recurrence.errors import InvalidRule
from schedules.recurrence.rrule import lines, parts, walk
from schedules.recurrence.rrule.lines import on_clock
from schedules.recurrence.rrule.parts import Parts
from schedules.recurrence.rrule.recurrence import Recurrence
from schedules.recurrence.zones import DAY, EARLIEST


@dataclass(frozen=True)
class RRule:
    """A parsed iCalendar text: RRULE, less its EXDATEs, and its RDATEs.

    Times are on the wall clock of the zone that the text was read in, and obey gap and
    overlap, also those that come by the hour or minute. DTSTART itself runs only if it
    matches. COUNT counts from DTSTART, before exclusions.

    Attributes:
        text: as typed.
        start: what counts as DTSTART where the text has none; otherwise None.
        added: the RDATEs that are not excluded; UNTIL and COUNT do not end them.
        count: COUNT, if the text has it.
        until: UNTIL on the wall clock, or an instant if aware.
        last: no wall-clock time is later, by COUNT or UNTIL; None if there is no end.
    """

    text: str
    start: datetime | None
    recurrence: Recurrence
    added: tuple[datetime, ...]
    excluded: frozenset[datetime]
    count: int | None
    until: datetime | None
    last: datetime | None

    def instants(self, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap) -> Iterator[datetime]:
        limits: dict[str, Any] = {"zone": zone, "after": after, "gap": gap, "overlap": overlap}
        found = daylight.instants(self._recurring, **limits)
        until = self.until
        if until is not None and until.tzinfo is not None:
            found = takewhile(until.__ge__, found)
        if not self.added:
            return found
        return daylight.distinct(merge(found, Dates(self.added).instants(**limits)))

    def wall_times(self, since: datetime) -> Iterator[datetime]:
        """Yield in order the wall-clock times from `since` on, without zone; RDATEs with Z are left out."""
        added = Dates(self.added).wall_times(since) if self.added else iter(())
        return daylight.distinct(merge(self._recurring(since), added))

    def _recurring(self, since: datetime) -> Iterator[datetime]:
        found = walk.wall_times(self.recurrence, since)
        last = self.last
        if last is not None:
            found = takewhile(lambda wall: wall <= last, found)
        return (wall for wall in found if wall not in self.excluded)


def parse_rrule(
    text: object, *, zone: ZoneInfo, start: datetime | None = None, created_at: datetime | None = None
) -> RRule:
    """Return the rule that an iCalendar text means.

    Args:
        text: DTSTART, RRULE, RDATE and EXDATE lines, or the value of an RRULE alone; at most
            1,000 characters.
        zone: of the schedule; a TZID must name it, and a time with Z moves onto its clock.
        start: counts as DTSTART, which the text must then leave out; without zone it is local.
        created_at: aware; counts as DTSTART if there is no other.

    Raises:
        InvalidRule: malformed, unsupported, or it never fires; names `rrule` or `start`.
    """
    said = lines.parse(text, zone=zone)
    start = _start(said, start=start, created_at=created_at, zone=zone)
    written_parts = parts.parse(said.recurrence)
    recurrence = Recurrence.of(written_parts, start=start)
    rule = RRule(
        text=str(text),
        start=None if said.start else start,
        recurrence=recurrence,
        added=tuple(at for at in said.added if on_clock(at, zone) not in said.excluded),
        excluded=said.excluded,
        count=written_parts.count,
        until=written_parts.until,
        last=_last(recurrence, written_parts, zone=zone),
    )
    if not rule.added and next(rule.wall_times(EARLIEST), None) is None:
        raise InvalidRule(lines.KEY, "never fires: no day and time from its start on fits all of its parts")
    return rule


def _start(
    said: lines.Lines, *, start: datetime | None, created_at: datetime | None, zone: ZoneInfo
) -> datetime:
    if said.start is not None:
        if start is not None:
            raise InvalidRule("start", "the text has a DTSTART of its own; leave one of them out")
        return said.start
    found = start or created_at
    if found is None:
        raise InvalidRule("start", "missing; write a DTSTART into the text, or the start in ISO 8601 here")
    return on_clock(found, zone).replace(microsecond=0)


def _last(recurrence: Recurrence, said: Parts, *, zone: ZoneInfo) -> datetime | None:
    if said.count is not None:
        times = walk.wall_times(recurrence, recurrence.start)
        return next(islice(times, said.count - 1, None), None)
    until = said.until
    if until is None or until.tzinfo is None:
        return until
    # The instant itself ends the rule; this only bounds the search, also in a gap or overlap.
    return on_clock(until, zone) + DAY


def from_dict(data: dict[str, Any], *, zone: ZoneInfo, created_at: datetime | None, **_: object) -> RRule:
    """Read `{"rrule": RFC 5545 text, "start": ISO 8601}`.

    Without DTSTART the rule counts from `start`, local time in `zone`, and without that from
    `created_at`; the stored form then holds `start`, so that it never moves.
    """
    written.only(data, "rrule", "start")
    start = written.time("start", data["start"]) if "start" in data else None
    return parse_rrule(data.get("rrule"), zone=zone, start=start, created_at=created_at)


def to_dict(rule: RRule) -> dict[str, Any]:
    return {"rrule": rule.text} | ({"start": rule.start.isoformat()} if rule.start else {})
