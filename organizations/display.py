"""How values look in the console: states as badges, instants as relative times, JSON indented."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTHING = "\N{EN DASH}"

# Every state of every life cycle, by how it should make a person feel.
_LOOKS = {
    "good": ("completed", "active", "started", "current"),
    "busy": ("running",),
    "bad": ("failed", "timed_out", "crashed", "ambiguous", "error", "open", "unaccounted"),
    "odd": (
        "pending",
        "waiting",
        "lost",
        "paused",
        "cancelling",
        "misfire",
        "overlap",
        "buffer_full",
        "will_not_fire",
        "half_open",
        "overloaded",
        "draining",
        "drained",
        "silent",
        "not_served",
        "refused",
        "rate_limited",
        "invalid_input",
        "expression_failed",
        "too_expensive",
        "too_deep",
        "not_startable",
        "incomplete",
        "no_key",
        "repeated",
        "limit",
    ),
}
_LOOK = {state: look for look, states in _LOOKS.items() for state in states}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def badge(state: str) -> SafeString:
    """Return a state as a coloured word."""
    look = _LOOK.get(state, "calm")
    return format_html('<span class="hz-badge hz-{}">{}</span>', look, words(state))


def words(state: str) -> str:
    """Return a state as a person writes it: `timed out`."""
    return state.replace("_", " ")


def ago(at: datetime | None) -> SafeString | str:
    """Return how far an instant lies from now, with the instant itself on hover.

    Measured by this process's clock: it is only shown, nothing is decided by it.
    """
    if at is None:
        return NOTHING
    distance = timezone.now() - at
    text = f"{_rough(distance)} ago" if distance >= timedelta(0) else f"in {_rough(-distance)}"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), moment(at), text)


def moment(at: datetime | None, *, zone: str = "UTC") -> str:
    """Return an instant in `zone`, with its offset: `2026-11-20 09:00:00 +01:00`."""
    if at is None:
        return NOTHING
    local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M:%S} UTC" if zone == "UTC" else local.isoformat(" ", "seconds")


def duration(length: timedelta | None) -> str:
    """Return a length of time with the precision that a person reads: `850 ms`, `4.2 s`, `3 min 5 s`."""
    if length is None:
        return NOTHING
    seconds = max(0.0, length.total_seconds())
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else _exact(int(seconds))


def line(text: str) -> SafeString:
    """Return the first line of a text, cut off by the browser where the column ends."""
    first = text.partition("\n")[0][:200]
    return format_html('<span class="hz-line" title="{}">{}</span>', first, first)


def pretty(value: Any) -> str:
    """Return a JSON value indented, as its author would write it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _rough(length: timedelta) -> str:
    seconds = length.total_seconds()
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "moments"


def _exact(seconds: int) -> str:
    parts = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
