"""Fire times of the old scheduler and of the new one, side by side. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Literal
from zoneinfo import ZoneInfo

from schedules.recurrence.zones import Piece, in_utc, piece_at

MOST_TIMES = 300_000  # of both together; an entry that fires every second is compared for less than 90 days
NEAR = timedelta(hours=25)  # of a change of the clock: a day, and the hour by which the day may be longer

REPEATED = "the clock shows this hour twice, and the old scheduler is silent the second time"
MISSING = "{wall} does not exist on this day, and the old scheduler runs it later"
CLOCK = "daylight saving: the clock changes at {at}"
OTHER = {
    "old": "only the old scheduler has this time; compare the rules",
    "new": "only the new schedule has this time; compare the rules",
}


@dataclass(frozen=True)
class Difference:
    """A time at which only one of the two fires."""

    at: datetime
    only: Literal["old", "new"]
    why: str


@dataclass(frozen=True)
class Comparison:
    """Two schedulers side by side.

    Attributes:
        until: up to here they were compared.
        same: times at which both fire.
    """

    until: datetime
    same: int
    differences: tuple[Difference, ...]


def compared(
    old: Iterable[datetime], new: Iterable[datetime], *, until: datetime, zone: ZoneInfo
) -> Comparison:
    """Compare two strictly increasing sequences of instants that end by `until`.

    Args:
        zone: of the schedule; explains the differences around a change of the clock.
    """
    tagged = merge(((at, "old") for at in old), ((at, "new") for at in new))
    looked_at = list(islice(tagged, MOST_TIMES))
    if len(looked_at) == MOST_TIMES:
        # The last instant may have its partner beyond the cut.
        until = looked_at.pop()[0]
        looked_at = [(at, side) for at, side in looked_at if at < until]
    same, found = 0, []
    for at, sides in groupby(looked_at, key=lambda pair: pair[0]):
        who = [side for _, side in sides]
        if len(who) > 1:
            same += 1
        else:
            found.append((at, who[0]))
    return Comparison(until, same, tuple(_explained(found, zone)))


def _explained(found: Iterable[tuple[datetime, str]], zone: ZoneInfo) -> Iterator[Difference]:
    for at, side in found:
        only: Literal["old", "new"] = "old" if side == "old" else "new"
        yield Difference(at, only, _why(at, only, zone=zone))


def _why(at: datetime, only: Literal["old", "new"], *, zone: ZoneInfo) -> str:
    piece = piece_at(zone, in_utc(at))
    since, jump = in_utc(at) - piece.start, piece.offset - piece.before
    if only == "new" and timedelta(0) <= since < -jump:
        return REPEATED
    if only == "old" and jump and timedelta(0) <= since < jump:
        return MISSING.format(wall=f"{piece.start + piece.before + since:%H:%M}")
    change = _change_near(piece, in_utc(at))
    if change is not None:
        local = change.replace(tzinfo=UTC).astimezone(zone)
        return CLOCK.format(at=f"{local:%Y-%m-%d %H:%M %Z}")
    return OTHER[only]


def _change_near(piece: Piece, at: datetime) -> datetime | None:
    if piece.before != piece.offset and at - piece.start < NEAR:
        return piece.start
    if piece.after != piece.offset and piece.end - at < NEAR:
        return piece.end
    return None
