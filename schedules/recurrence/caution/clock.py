"""Times of a rule that fall where the clock jumps."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from schedules.recurrence.cron import Cron
from schedules.recurrence.dates import Dates
from schedules.recurrence.daylight import Gap, Overlap, WallTimes
from schedules.recurrence.description.phrases import local
from schedules.recurrence.interval import Basis, Interval
from schedules.recurrence.one_time import OneTime
from schedules.recurrence.rrule import RRule
from schedules.recurrence.rules import Rule
from schedules.recurrence.zones import HORIZON, Piece, piece_at

AHEAD = timedelta(days=366)  # how far jumps are looked for


def transitions(zone: ZoneInfo, after: datetime) -> Iterator[Piece]:
    """Yield the pieces of `zone` that begin with a jump of the clock in the year after `after`, UTC without zone."""
    at, end = after, min(after + AHEAD, HORIZON)
    while at < end:
        piece = piece_at(zone, at)
        if piece.start > after and piece.before != piece.offset:
            yield piece
        at = piece.end


def moved(
    rule: Rule, *, zone: ZoneInfo, jumps: Sequence[Piece], policies: tuple[Gap, Overlap]
) -> Iterator[tuple[str, str]]:
    """Yield (code, message) for the first time of the rule in each gap and overlap."""
    walls = _wall_times(rule, zone)
    if walls is None:
        return
    for piece in jumps:
        start, end = sorted((piece.start + piece.before, piece.start + piece.offset))
        wall = next(takewhile(end.__gt__, walls(start)), None)
        if wall and piece.offset > piece.before:
            yield "in_gap", _in_gap(wall, piece, zone=zone, gap=policies[0])
        elif wall:
            yield "in_overlap", _in_overlap(wall, piece, zone=zone, overlap=policies[1])


def _wall_times(rule: Rule, zone: ZoneInfo) -> WallTimes | None:
    """Return the times of a rule on the wall clock, or None if it follows real time."""
    if isinstance(rule, Cron):
        return None if rule.elapsed else rule.wall_times
    if isinstance(rule, Interval):
        return rule.wall_times(zone) if rule.basis is Basis.WALL_CLOCK else None
    return rule.wall_times if isinstance(rule, OneTime | Dates | RRule) else None


def _in_gap(wall: datetime, piece: Piece, *, zone: ZoneInfo, gap: Gap) -> str:
    runs = {
        Gap.AT_GAP_END: f"it will run at {_shown(piece.start, zone)}",
        Gap.SKIP: "it will not run",
        Gap.SHIFT: f"it will run at {_shown(wall - piece.before, zone)}",
    }
    return (
        f"{local(wall, zone)} does not exist in {zone.key}, where the clock goes forward; {runs[gap]}"
        f" (gap: {gap}), unless you choose a time outside of the gap"
    )


def _in_overlap(wall: datetime, piece: Piece, *, zone: ZoneInfo, overlap: Overlap) -> str:
    first, second = (_shown(wall - offset, zone) for offset in (piece.before, piece.offset))
    runs = {Overlap.FIRST: first, Overlap.SECOND: second, Overlap.BOTH: f"{first} and again at {second}"}
    return (
        f"{local(wall, zone)} comes twice in {zone.key}, where the clock goes back; it will run at {runs[overlap]}"
        f" (overlap: {overlap}), unless you choose a time outside of the repeated span"
    )


def _shown(at: datetime, zone: ZoneInfo) -> str:
    return local(at.replace(tzinfo=UTC), zone)
