"""Draw what rules do in the nights in which the clock changes, as computed by the platform itself.

Run `python -m tests.docs.daylight_pictures` after a change; a test holds the pictures against this.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

from schedules.recurrence import fires, parse_cron

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ZONE = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
LEFT, TOP, WIDE, ROW = 300, 84, 110, 30  # pixels: of the labels, of the axis, of an hour, of a row
INK, FAINT, RUN, ODD = "#334155", "#cbd5e1", "#2563eb", "#fef3c7"
FIXED = "30 2 * * *"


@dataclass(frozen=True)
class Row:
    """One rule under one policy."""

    text: str
    gap: str = "at_gap_end"
    overlap: str = "first"
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """Some hours of real time from `start` (UTC); the hour from `odd` is shaded."""

    name: str
    title: str
    start: datetime
    hours: int
    odd: datetime
    rows: tuple[Row, ...]


PICTURES = (
    Picture(
        name="dst-gap",
        title="Spring: 02:00 becomes 03:00. Europe/Berlin, 28 March 2027",
        start=datetime(2027, 3, 27, 23, tzinfo=UTC),
        hours=5,
        odd=datetime(2027, 3, 28, 1, tzinfo=UTC),
        rows=(
            Row(FIXED, note="at_gap_end (default)"),
            Row(FIXED, gap="shift", note="shift"),
            Row(FIXED, gap="skip", note="skip"),
            Row("0,30 2 * * *", note="once for both"),
            Row("0 * * * *", note="follows real time"),
            Row("*/20 * * * *", note="follows real time"),
        ),
    ),
    Picture(
        name="dst-overlap",
        title="Autumn: 03:00 becomes 02:00. Europe/Berlin, 25 October 2026",
        start=datetime(2026, 10, 24, 22, tzinfo=UTC),
        hours=6,
        odd=datetime(2026, 10, 25, 1, tzinfo=UTC),
        rows=(
            Row(FIXED, note="first (default)"),
            Row(FIXED, overlap="second", note="second"),
            Row(FIXED, overlap="both", note="both"),
            Row("0 * * * *", note="follows real time"),
            Row("*/20 * * * *", note="follows real time"),
            Row("*/20 2 * * *", note="follows real time"),
        ),
    ),
)


def draw(picture: Picture) -> str:
    """Return the picture as SVG."""
    width, height = LEFT + picture.hours * WIDE + 40, TOP + len(picture.rows) * ROW + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="ui-sans-serif, system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
        _text(20, 28, picture.title, size=15, weight=600),
        *_axis(picture, height),
        *(part for number, row in enumerate(picture.rows) for part in _row(picture, row, number)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _axis(picture: Picture, height: int) -> Iterator[str]:
    left = _x(picture, picture.odd)
    yield f'<rect x="{left}" y="{TOP - 14}" width="{WIDE}" height="{height - TOP}" fill="{ODD}"/>'
    for hour in range(picture.hours + 1):
        at = picture.start + hour * HOUR
        x = _x(picture, at)
        yield f'<line x1="{x}" y1="{TOP - 14}" x2="{x}" y2="{height - 14}" stroke="{FAINT}"/>'
        yield _text(x, TOP - 22, f"{at.astimezone(ZONE):%H:%M}", anchor="middle")
        yield _text(x, TOP - 38, f"{at.astimezone(ZONE):%Z}", anchor="middle", size=10)


def _row(picture: Picture, row: Row, number: int) -> Iterator[str]:
    y = TOP + number * ROW + 10
    yield _text(20, y + 4, row.text, weight=600, family="ui-monospace, monospace")
    yield _text(150, y + 4, row.note)
    end = picture.start + picture.hours * HOUR
    yield f'<line x1="{LEFT}" y1="{y}" x2="{_x(picture, end)}" y2="{y}" stroke="{FAINT}"/>'
    for at in runs_of(picture, row):
        yield f'<circle cx="{_x(picture, at)}" cy="{y}" r="6" fill="{RUN}"/>'


def runs_of(picture: Picture, row: Row) -> list[datetime]:
    """Return when the rule fires in the picture."""
    found = fires(
        parse_cron(row.text),
        zone=ZONE,
        after=picture.start - timedelta(seconds=1),
        gap=row.gap,
        overlap=row.overlap,
    )
    return list(takewhile(lambda at: at <= picture.start + picture.hours * HOUR, found))


def _x(picture: Picture, at: datetime) -> int:
    return LEFT + round((at - picture.start) / HOUR * WIDE)


def _text(
    x: int, y: int, text: str, *, anchor: str = "start", size: int = 13, weight: int = 400, family: str = ""
) -> str:
    font = f' font-family="{family}"' if family else ""
    return (
        f'<text x="{x}" y="{y}" fill="{INK}" text-anchor="{anchor}" font-size="{size}" '
        f'font-weight="{weight}"{font}>{text}</text>'
    )


def main() -> None:
    """Write the pictures."""
    for picture in PICTURES:
        (IMAGES / f"{picture.name}.svg").write_text(draw(picture), encoding="utf-8")


if __name__ == "__main__":
    main()
