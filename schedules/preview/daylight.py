"""What the clock does at a fire time: gaps and overlaps, in words. Pure."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.recurrence import Basis, Cron, Dates, Gap, Interval, OneTime, RRule, Rule
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


def note(fire_at: datetime, *, zone: ZoneInfo, walls: Iterable[WallTimes], gap: str) -> str:
    """Return what the clock does at a fire time, or "".

    Args:
        walls: what `wall_clock` returns for the rules.
        gap: the schedule's policy, see `Gap`.
    """
    at = in_utc(fire_at)
    piece = piece_at(zone, at)
    jump = piece.offset - piece.before
    if at - piece.start < abs(jump):
        if jump > timedelta(0):
            return _after_gap(at, piece=piece, walls=walls, gap=gap)
        return _second(at + piece.offset)
    repeated = piece.offset - piece.after
    return _first(at + piece.offset) if piece.end - at <= repeated else ""


def _after_gap(at: datetime, *, piece: Piece, walls: Iterable[WallTimes], gap: str) -> str:
    """Say which time that the clock skipped fires here; nothing where the same rule names this one too."""
    if gap == Gap.SKIP or (gap == Gap.AT_GAP_END and at > piece.start):
        return ""
    wall = at + piece.offset
    for wall_times in walls:
        gone = next(wall_times(at + piece.before), None)
        is_meant = next(wall_times(wall), None) == wall
        if gone is not None and not is_meant and _fires_here(gone, at, piece=piece, gap=gap):
            return _moved(gone, wall)
    return ""


def _fires_here(gone: datetime, at: datetime, *, piece: Piece, gap: str) -> bool:
    return gone == at + piece.before if gap == Gap.SHIFT else gone < piece.start + piece.offset


def _moved(gone: datetime, wall: datetime) -> str:
    where = "on this day" if gone.date() == wall.date() else f"on {gone:%Y-%m-%d}, which the clock skips"
    return f"{gone:%H:%M} does not exist {where}; fires at {wall:%H:%M}"


def _first(wall: datetime) -> str:
    return f"{wall:%H:%M} comes twice on this day; this is the first"


def _second(wall: datetime) -> str:
    return f"{wall:%H:%M} comes twice on this day; this is the second"
