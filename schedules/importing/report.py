"""What the import says, for people and for programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from schedules.importing.differences import Comparison, Difference
from schedules.importing.entry import Entry, Reading
from schedules.importing.foresight import new_times
from schedules.importing.takeover import Fate, Outcome
from schedules.importing.wording import in_words, local_time, setting
from schedules.models import Schedule
from schedules.recurrence import zone_named

MOST_LISTED = 20  # differences of one entry, unless all are asked for
NEXT = 3  # times to come that are shown
SEARCHED = timedelta(days=3660)  # for those
SHOWN_BESIDE_THE_RULE = {"rules", "timezone", "description"}


@dataclass(frozen=True)
class Line:
    """An entry as it is reported: what became of it and, in a dry run, what would differ."""

    outcome: Outcome
    comparison: Comparison | None = None


def text_of(line: Line, *, now: datetime, everything: bool) -> Iterator[str]:
    """Yield the lines that tell a person of one entry.

    Args:
        everything: list all differences.
    """
    outcome = line.outcome
    yield f"{outcome.entry.name}  ({outcome.entry.source}): {outcome.fate}"
    for name, value in _parts(outcome, now=now):
        yield f"  {name:<9} {value}"
    if line.comparison is not None and outcome.schedule is not None:
        zone = zone_named(outcome.schedule.timezone)
        yield from _differences(line.comparison, zone=zone, everything=everything)
    yield ""


def _parts(outcome: Outcome, *, now: datetime) -> Iterator[tuple[str, str]]:
    entry, schedule = outcome.entry, outcome.schedule
    if outcome.refusal:
        yield "why", outcome.refusal
        return
    if schedule is None:
        return
    yield "schedule", schedule.name
    if outcome.fate is not Fate.HERE:
        yield "runs", str(entry.call)
        yield "rule", in_words(schedule)
        yield "settings", ", ".join(_settings(entry))
        if outcome.fate is Fate.READY:
            yield "next", _next(schedule, now=now)
        yield from (("note", note) for note in entry.notes)
        if entry.paused:
            yield "paused", f"{entry.paused}; resume it when it shall fire"
    if outcome.old_row:
        yield "old row", outcome.old_row


def _settings(entry: Entry) -> Iterator[str]:
    for name, value in entry.settings.items():
        if name not in SHOWN_BESIDE_THE_RULE:
            yield f"{name} {setting(value)}"


def _next(schedule: Schedule, *, now: datetime) -> str:
    zone = zone_named(schedule.timezone)
    times = islice(new_times(schedule, after=now, until=now + SEARCHED), NEXT)
    return ", ".join(local_time(at, zone=zone) for at in times)


def _differences(comparison: Comparison, *, zone: ZoneInfo, everything: bool) -> Iterator[str]:
    found = comparison.differences
    until = local_time(comparison.until, zone=zone)
    if not found:
        yield f"  same      every fire until {until}: {comparison.same:,}"
        return
    yield f"  differs   until {until}: {len(found):,}, beside {comparison.same:,} that are the same"
    listed = found if everything else found[:MOST_LISTED]
    yield from (f"    {_difference(difference, zone)}" for difference in listed)
    if len(found) > len(listed):
        yield f"    and {len(found) - len(listed):,} more; --all lists them"


def _difference(difference: Difference, zone: ZoneInfo) -> str:
    return f"{local_time(difference.at, zone=zone)}  only {difference.only}: {difference.why}"


def summary_of(reading: Reading, lines: list[Line], *, applied: bool, old_off: bool) -> Iterator[str]:
    """Yield the lines that come last: what was left out, the count of each fate, what remains to be done."""
    yield from (f"left out: {reason}" for reason in reading.left_out)
    counts = ((fate, sum(line.outcome.fate is fate for line in lines)) for fate in Fate)
    yield ", ".join(f"{count} {fate}" for fate, count in counts if count) or "nothing to import"
    if not applied:
        yield "This was a dry run and nothing was changed. --apply imports what is ready."
        return
    if reading.by_hand:
        yield f"Now {reading.by_hand}. Until then both fire."
    elif not old_off and any(line.outcome.fate is Fate.IMPORTED for line in lines):
        yield "The old rows still fire, beside the new schedules. --disable-old switches them off."


def json_of(line: Line) -> dict[str, Any]:
    """Return one entry as plain JSON.

    The shape is `{"source": str, "name": str, "fate": str, "refusal": str, "schedule": str,
    "task": str, "settings": {…}, "notes": [str], "paused": str, "old_row": str,
    "compared_until": ISO 8601, "same": int, "differences": [{"at": ISO 8601, "only": "old" | "new", "why": str}]}`.
    """
    outcome = line.outcome
    entry = outcome.entry
    return {
        "source": entry.source,
        "name": entry.name,
        "fate": str(outcome.fate),
        "refusal": outcome.refusal,
        "schedule": outcome.schedule.name if outcome.schedule else "",
        "task": entry.call.task if entry.call else "",
        "settings": {name: _plain(value) for name, value in entry.settings.items()},
        "notes": list(entry.notes),
        "paused": entry.paused,
        "old_row": outcome.old_row,
        **_comparison(line.comparison, outcome),
    }


def _comparison(comparison: Comparison | None, outcome: Outcome) -> Mapping[str, Any]:
    if comparison is None or outcome.schedule is None:
        return {}
    zone = zone_named(outcome.schedule.timezone)
    return {
        "compared_until": comparison.until.astimezone(zone).isoformat(),
        "same": comparison.same,
        "differences": [
            {"at": found.at.astimezone(zone).isoformat(), "only": found.only, "why": found.why}
            for found in comparison.differences
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return setting(value) if isinstance(value, timedelta) else value
