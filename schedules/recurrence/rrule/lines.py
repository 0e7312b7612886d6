"""The lines of an iCalendar text: DTSTART, RRULE, RDATE and EXDATE."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from schedules.recurrence import written
from schedules.recurrence.errors import InvalidRule

KEY = "rrule"
LONGEST_TEXT = 1_000  # characters; bounds the lists in it

LINE = re.compile(r"([A-Za-z-]{1,20})((?:;[^:;]{1,80}){0,5}):(.*)")
MOMENT = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
REMEDIES = {
    "EXRULE": "EXRULE is not supported, as in RFC 5545; write EXDATE, or exclude a calendar in the schedule",
    "DTEND": "DTEND is not supported; a run has no length, so leave it out",
    "DURATION": "DURATION is not supported; a run has no length, so leave it out",
}


@dataclass(frozen=True)
class Lines:
    """What the lines of a text say.

    Attributes:
        recurrence: the value of the RRULE.
        start: DTSTART on the wall clock, or None.
        added: the RDATEs: wall-clock times, or instants if aware.
        excluded: the EXDATEs on the wall clock.
    """

    recurrence: str
    start: datetime | None
    added: tuple[datetime, ...]
    excluded: frozenset[datetime]


def parse(text: object, *, zone: ZoneInfo) -> Lines:
    """Read a text; its instants, written with Z, go onto the wall clock of `zone`.

    Raises:
        InvalidRule: naming `rrule`, its message the line.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise InvalidRule(
            KEY, f"write up to {LONGEST_TEXT} characters such as 'RRULE:FREQ=WEEKLY;BYDAY=MO,FR'"
        )
    found: dict[str, list[tuple[str, str]]] = {"DTSTART": [], "RRULE": [], "RDATE": [], "EXDATE": []}
    for name, parameters, value in _unfolded(text):
        if name not in found:
            raise InvalidRule(KEY, REMEDIES.get(name, f"{name!r} is not known; write {', '.join(found)}"))
        found[name].append((parameters, value))

    start = _start(found["DTSTART"], zone)
    return Lines(
        recurrence=_recurrence(found["RRULE"]),
        start=start,
        added=tuple(_moments("RDATE", found["RDATE"], zone=zone, start=start)),
        excluded=frozenset(
            on_clock(at, zone) for at in _moments("EXDATE", found["EXDATE"], zone=zone, start=start)
        ),
    )


def moment(name: str, text: str) -> tuple[datetime, bool]:
    """Return a time as RFC 5545 writes it, aware if it ends in Z, and whether it is a day without a time.

    Raises:
        InvalidRule: naming `rrule`, its message `name`.
    """
    match = MOMENT.fullmatch(text.strip().upper())
    at = _date(match) if match else None
    if match is None or at is None:
        raise InvalidRule(KEY, f"{name}: {text[:20]!r} is not a time such as 20261224T090000")
    written.within_bounds(KEY, at)
    return (at.replace(tzinfo=UTC) if match[3] else at), match[2] is None


def _date(match: re.Match[str]) -> datetime | None:
    try:
        return datetime.strptime(match[1] + (match[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None


def _unfolded(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (name, parameters, value) of each line; a line that begins with a space goes on the one before."""
    for line in re.sub(r"\r?\n[ \t]", "", text.strip()).splitlines():
        match = LINE.fullmatch(line.strip())
        if match:
            yield match[1].upper(), match[2], match[3]
        elif line.strip():
            # The value of an RRULE is often written alone.
            yield "RRULE", "", line.strip()


def _recurrence(found: list[tuple[str, str]]) -> str:
    if len(found) != 1:
        raise InvalidRule(
            KEY, "write one RRULE; for several, or for dates alone, give the schedule more rules"
        )
    parameters, value = found[0]
    if parameters:
        raise InvalidRule(KEY, f"RRULE has no parameters; leave {parameters[1:]!r} out")
    return value


def _start(found: list[tuple[str, str]], zone: ZoneInfo) -> datetime | None:
    if not found:
        return None
    times = list(_moments("DTSTART", found, zone=zone, start=None))
    if len(times) > 1:
        raise InvalidRule(KEY, "DTSTART: write one start")
    return on_clock(times[0], zone)


def _moments(
    name: str, found: list[tuple[str, str]], *, zone: ZoneInfo, start: datetime | None
) -> Iterator[datetime]:
    for parameters, value in found:
        _check_parameters(name, parameters, zone=zone)
        for text in value.split(","):
            at, whole_day = moment(name, text)
            if whole_day and start is not None and (start.hour, start.minute, start.second) != (0, 0, 0):
                raise InvalidRule(
                    KEY, f"{name}: write the time too, as in {name}:{text.strip()}T{start:%H%M%S}"
                )
            yield at


def _check_parameters(name: str, parameters: str, *, zone: ZoneInfo) -> None:
    for parameter in parameters[1:].split(";") if parameters else ():
        key, _, value = parameter.partition("=")
        if key.upper() == "TZID":
            _check_zone(name, value, zone=zone)
        elif parameter.upper() not in {"VALUE=DATE", "VALUE=DATE-TIME"}:
            raise InvalidRule(
                KEY, f"{name}: {parameter[:30]!r} is not supported; write a time and, at most, TZID"
            )


def _check_zone(name: str, named: str, *, zone: ZoneInfo) -> None:
    if named != zone.key:
        problem = (
            f"{name} is in {named[:40]!r} but the schedule in {zone.key!r}; write one zone, or leave TZID out"
        )
        raise InvalidRule(KEY, problem)


def on_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock of `zone` shows at `at`; a time without zone is already that."""
    return at if at.tzinfo is None else at.astimezone(zone).replace(tzinfo=None)
