"""From wall-clock times to instants, through the gaps and overlaps of a zone."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from heapq import merge
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from schedules.recurrence.zones import DAY, HORIZON, Piece, gap_end, in_utc, piece_at

# Given a wall-clock time, yields in order the times of a rule at or after it. Neither has a zone.
WallTimes = Callable[[datetime], Iterator[datetime]]


class Gap(StrEnum):
    """When a rule's time falls into an hour that the clock skips."""

    AT_GAP_END = "at_gap_end"  # once, at the first instant after the gap
    SKIP = "skip"  # not at all
    SHIFT = "shift"  # later by the length of the gap


class Overlap(StrEnum):
    """When a rule's time falls into an hour that the clock shows twice."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


def instants(
    wall_times: WallTimes, *, zone: ZoneInfo, after: datetime, gap: Gap, overlap: Overlap
) -> Iterator[datetime]:
    """Yield in UTC, strictly increasing, the instants after `after` that `wall_times` names in `zone`.

    Several times that land on one instant are one. The search ends in 2200, or when
    the rule has no more times.
    """
    at = in_utc(after) + timedelta.resolution
    while at < HORIZON:
        piece = piece_at(zone, at)
        runs = takewhile(HORIZON.__gt__, _runs(wall_times, piece, at, gap, overlap))
        yield from (run.replace(tzinfo=UTC) for run in runs)
        onward = _first_possible(wall_times, piece.end, zone=zone, gap=gap)
        if onward is None:
            return
        at = onward


def distinct(ordered: Iterable[datetime]) -> Iterator[datetime]:
    """Yield each of the ordered times once."""
    last = None
    for at in ordered:
        if at != last:
            yield at
        last = at


def _runs(
    wall_times: WallTimes, piece: Piece, since: datetime, gap: Gap, overlap: Overlap
) -> Iterator[datetime]:
    """Yield the instants within `piece`, at or after `since`, as UTC without zone."""
    start, end = _wall_span(piece, overlap)
    start = max(start, since + piece.offset)
    present = (wall - piece.offset for wall in takewhile(lambda wall: wall < end, wall_times(start)))

    # A gap moves its times by no more than its length: later searches need not look into it.
    if since - piece.start >= piece.offset - piece.before:
        return present
    gone = wall_times(max(piece.start, since) + piece.before)
    missing = GAP_RUNS[gap](takewhile(lambda wall: wall < piece.start + piece.offset, gone), piece)
    return (run for run in distinct(merge(missing, present)) if run >= since)


def _wall_span(piece: Piece, overlap: Overlap) -> tuple[datetime, datetime]:
    """Return what the clock shows in `piece`: from, inclusive, and to, exclusive.

    Less, with `first`, what it has shown before; with `second`, what it will show again.
    """
    start, end = piece.start + piece.offset, piece.end + piece.offset
    if overlap is Overlap.FIRST:
        start = max(start, piece.start + piece.before)
    if overlap is Overlap.SECOND:
        end = min(end, piece.end + piece.after)
    return start, end


def _at_gap_end(missing: Iterator[datetime], piece: Piece) -> Iterator[datetime]:
    return (piece.start for _ in islice(missing, 1))


def _skip(_missing: Iterator[datetime], _piece: Piece) -> Iterator[datetime]:
    return iter(())


def _shift(missing: Iterator[datetime], piece: Piece) -> Iterator[datetime]:
    return (wall - piece.before for wall in missing)


# What becomes of the times missing before a piece, as instants in order.
GAP_RUNS: dict[Gap, Callable[[Iterator[datetime], Piece], Iterator[datetime]]] = {
    Gap.AT_GAP_END: _at_gap_end,
    Gap.SKIP: _skip,
    Gap.SHIFT: _shift,
}


def _first_possible(wall_times: WallTimes, at: datetime, *, zone: ZoneInfo, gap: Gap) -> datetime | None:
    """Return an instant from `at` on before which no time of the rule can come, or None if none comes.

    Local time is less than a day from UTC, whatever the zone does meanwhile. So a
    rare rule jumps to the eve of its next day instead of walking the years between,
    and one that is skipped by the gap of every spring passes all of them here.
    """
    wall = next(wall_times(at - DAY), None)
    while gap is Gap.SKIP and wall is not None and (end := gap_end(zone, wall)):
        wall = next(wall_times(end), None)
    return None if wall is None else max(at, wall - DAY)
