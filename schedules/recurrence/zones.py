"""Zones, cut into pieces of time in which the clock runs without a jump."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.recurrence.errors import InvalidZone

EARLIEST = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC without its zone, as every instant in this module
HORIZON = datetime(2200, 1, 1)  # noqa: DTZ001 - the search ends here; no rule is asked about a later time
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

# Pieces are found a stretch at a time, so that a search over forty years reads only a few of them.
STRETCH = timedelta(days=32)
STRIDE = timedelta(days=2)

NAME = re.compile(r"[A-Za-z0-9_+\-]{1,32}(/[A-Za-z0-9_+\-]{1,32}){0,2}")
# Files beside the zones: the host's own zone, and zones that count leap seconds.
NOT_ZONES = re.compile(r"(localtime|posixrules|posix/.*|right/.*)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A span of time with one offset from UTC.

    Attributes:
        start: first instant, UTC without zone.
        end: first instant after it. An end that is no transition lies a day or more from any.
        before: the offset until `start`; larger than `offset` after an overlap, smaller after a gap.
        offset: local time minus UTC.
        after: the offset from `end` on.
    """

    start: datetime
    end: datetime
    before: timedelta
    offset: timedelta
    after: timedelta


def zone_of(zone: str | ZoneInfo) -> ZoneInfo:
    """Return a zone given as itself or by its IANA name.

    Raises:
        InvalidZone: there is none of that name; tell the author of the schedule.
    """
    return zone if isinstance(zone, ZoneInfo) else zone_named(zone)


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone `name`.

    Raises:
        InvalidZone: there is none; tell the author of the schedule.
    """
    if not NAME.fullmatch(name) or NOT_ZONES.fullmatch(name):
        raise InvalidZone.named(name)
    try:
        return ZoneInfo(name)
    # A directory ("Europe") and a file that is no zone are not reported as a missing zone.
    except (LookupError, ValueError, OSError) as error:
        raise InvalidZone.named(name) from error


def piece_at(zone: ZoneInfo, at: datetime) -> Piece:
    """Return the piece of `zone` that holds the instant `at` (UTC without zone)."""
    stretch = (at - EARLIEST) // STRETCH
    found = pieces(zone, stretch)
    if at < found[0].start:
        found = pieces(zone, stretch - 1)
    elif at >= found[-1].end:
        found = pieces(zone, stretch + 1)
    return next(piece for piece in found if at < piece.end)


@lru_cache(maxsize=8192)
def pieces(zone: ZoneInfo, stretch: int) -> tuple[Piece, ...]:
    """Return the pieces of the stretch of that number since 1970."""
    cuts = list(_cuts(zone, stretch))
    offsets = [_offset(zone, cuts[0] - SECOND), *(_offset(zone, cut) for cut in cuts)]
    return tuple(
        Piece(start=cuts[i], end=cuts[i + 1], before=offsets[i], offset=offsets[i + 1], after=offsets[i + 2])
        for i in range(len(cuts) - 1)
    )


def _cuts(zone: ZoneInfo, stretch: int) -> list[datetime]:
    """Return both ends of a stretch and, in order, the transitions between them."""
    start, end = _edge(zone, stretch), _edge(zone, stretch + 1)
    inner = (_transition(zone, *span) for span in _strides(start, end))
    return [start, *(cut for cut in inner if cut is not None and cut < end), end]


def _edge(zone: ZoneInfo, stretch: int) -> datetime:
    """Return the start of a stretch, moved onto a transition within a day of it.

    A cut that is no transition would otherwise separate an overlap or a gap from
    the local times that it repeats or removes.
    """
    edge = EARLIEST + stretch * STRETCH
    return _transition(zone, edge - DAY, edge + DAY) or edge


def _strides(start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    count = -((start - end) // STRIDE)
    return [(start + n * STRIDE, min(start + (n + 1) * STRIDE, end)) for n in range(count)]


def _transition(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """Return the instant in (start, end] from which the offset is another, or None.

    Two changes that cancel out between the two would go unseen. Since 1970 no zone
    changes twice within six days; a test holds that against the zone files.
    """
    offset = _offset(zone, start)
    if _offset(zone, end) == offset:
        return None
    while end - start > SECOND:
        middle = start + (end - start) // SECOND // 2 * SECOND
        start, end = (middle, end) if _offset(zone, middle) == offset else (start, middle)
    return end


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return zone.fromutc(at.replace(tzinfo=zone)).replace(tzinfo=None) - at


def gap_end(zone: ZoneInfo, wall: datetime) -> datetime | None:
    """Return the local time at which the gap ends that holds `wall`, or None if the clock shows `wall`."""
    local = wall.replace(tzinfo=zone)
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    if before is None or after is None or before >= after:
        return None
    # From the end of the gap on, fold 0 has the offset after it.
    seconds = range((after - before) // SECOND + 1)
    length = bisect_left(seconds, x=True, key=lambda second: (local + second * SECOND).utcoffset() == after)
    return wall + length * SECOND


def in_utc(at: datetime) -> datetime:
    """Return the aware instant `at` as UTC without its zone, the form of this module."""
    return at.astimezone(UTC).replace(tzinfo=None)
