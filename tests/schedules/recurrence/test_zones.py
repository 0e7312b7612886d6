"""Pieces of a zone, held against the zone files themselves."""

import struct
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest

from schedules.recurrence.zones import Piece, piece_at
from tests.schedules.recurrence.strategies import RESTLESS, ZONES

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
END = datetime(2039, 1, 1)  # noqa: DTZ001


def zone_file(name: str) -> Traversable:
    """Return the file that ZoneInfo reads: the system's, if it has one, before the package's."""
    installed = (Path(folder, name) for folder in TZPATH if Path(folder, name).is_file())
    return next(installed, files("tzdata").joinpath("zoneinfo", *name.split("/")))


def transitions_in_file(name: str) -> list[int]:
    """Return the seconds since 1970 at which the 64-bit part of a TZif file (RFC 8536) changes the offset."""
    content = zone_file(name).read_bytes()
    isutc, isstd, leap, times, types, chars = struct.unpack(">20x6l", content[:44])
    start = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isutc
    _, _, _, times, types, _ = struct.unpack(">20x6l", content[start : start + 44])
    body = content[start + 44 :]
    moments = struct.unpack(f">{times}q", body[: 8 * times])
    table = body[9 * times :]
    offsets = [struct.unpack(">l", table[6 * kind : 6 * kind + 4])[0] for kind in body[8 * times : 9 * times]]
    return [
        at
        for at, (before, after) in zip(moments[1:], pairwise(offsets), strict=True)
        if before != after and at >= 0
    ]


def pieces(name: str) -> list[Piece]:
    found = [piece_at(ZoneInfo(name), EPOCH)]
    while found[-1].end < END:
        found.append(piece_at(ZoneInfo(name), found[-1].end))
    return found


def test_no_zone_changes_twice_within_the_stride_of_the_search() -> None:
    shortest = min(
        later - earlier for name in ZONES for earlier, later in pairwise(transitions_in_file(name))
    )

    assert timedelta(seconds=shortest) > timedelta(days=6)


@pytest.mark.parametrize("name", RESTLESS)
def test_pieces_join_and_change_where_the_zone_file_says(name: str) -> None:
    found = pieces(name)
    changes = {piece.start for piece in found if piece.before != piece.offset}
    recorded = {EPOCH + timedelta(seconds=at) for at in transitions_in_file(name)}

    assert all(
        (one.end, one.offset, one.after) == (two.start, two.before, two.offset)
        for one, two in pairwise(found)
    )
    assert {at for at in recorded if at < END} <= changes


@pytest.mark.parametrize("name", RESTLESS)
def test_a_cut_that_is_no_transition_lies_a_day_from_any(name: str) -> None:
    found = pieces(name)
    changes = [piece.start for piece in found if piece.before != piece.offset]
    cuts = [piece.start for piece in found[1:] if piece.before == piece.offset]

    assert all(abs(cut - change) >= timedelta(days=1) for cut in cuts for change in changes)


@pytest.mark.parametrize("name", [*RESTLESS, "UTC", "Etc/GMT+12", "Pacific/Kiritimati"])
def test_a_piece_knows_the_offset_of_its_instants(name: str) -> None:
    for piece in pieces(name)[:400]:
        for at in (piece.start, piece.end - timedelta(seconds=1)):
            assert at.replace(tzinfo=UTC).astimezone(ZoneInfo(name)).utcoffset() == piece.offset
            assert piece_at(ZoneInfo(name), at) == piece
