"""What the clock does at a fire time: gaps and overlaps, in words. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.recurrence import Basis, Cron, Dates, Interval, OneTime, RRule, Rule
from schedules.recurrence.zones import Piece, in_utc, piece_at

WallTimes = Callable[[datetime], Iterator[datetime]]


def wall_clock(rules: Iterable[Rule], zone: ZoneInfo) -> list[WallTimes]:
    """Return what yields the wall-clock times of those rules that a jump of the clock moves."""
    found = (_wall_times(rule, zone) for rule in rules)
    return [walls for walls in found if walls is not None]


def _wall_times(rule: Rule, zone: ZoneInfo) -> WallTimes | None:
    if isinstance(rule, Cron):
        return None if rule.elapsed else rule.wall_times
    if isinstance(rule, Interval):
        return rule.wall_times(zone) if rule.basis is Basis.WALL_CLOCK else None
    return rule.wall_times if isinstance(rule, OneTime | Dates | RRule) else None


def note(fire_at: datetime, *, zone: ZoneInfo, walls: Iterable[WallTimes]) -> str:
    """Return what the clock does at a fire time, or "".

    Args:
        walls: what `wall_clock` returns for the rules.
    """
    at = in_utc(fire_at)
    piece = piece_at(zone, at)
    jump = piece.offset - piece.before
    if at - piece.start < abs(jump):
        return _after_gap(at, piece=piece, walls=walls) if jump > timedelta(0) else _second(at + piece.offset)
    repeated = piece.offset - piece.after
    return _first(at + piece.offset) if piece.end - at <= repeated else ""


def _after_gap(at: datetime, *, piece: Piece, walls: Iterable[WallTimes]) -> str:
    """Say which time that the clock skipped fires here: at the end of the gap, or as much later as it is long."""
    gap_start, gap_end = piece.start + piece.before, piece.start + piece.offset
    shifted = at + piece.before
    for wall_times in walls:
        gone = next(wall_times(shifted), None)
        if gone == shifted or (at == piece.start and gone is not None and gap_start <= gone < gap_end):
            return f"{gone:%H:%M} does not exist on this day; fires at {at + piece.offset:%H:%M}"
    return ""


def _first(wall: datetime) -> str:
    return f"{wall:%H:%M} comes twice on this day; this is the first"


def _second(wall: datetime) -> str:
    return f"{wall:%H:%M} comes twice on this day; this is the second"
