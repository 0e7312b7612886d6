"""Crontabs: of a user, as `crontab -l` prints them, or of the system with a user column."""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

from schedules.importing import options
from schedules.importing.crontab_lines import MACROS, REBOOT, CrontabLine, lines_of
from schedules.importing.entry import Call, Entry, OldTimes, Reading
from schedules.importing.errors import Refused
from schedules.misfire import CatchUpMode
from schedules.recurrence import Cron, InvalidRule, fires, parse_cron, zone_named

LOCALTIME = Path("/etc/localtime")
STDIN = "-"
LONGEST_SOURCE = 400  # characters; it is kept with the workflow's version
GRACE = timedelta(minutes=1)  # cron never makes up for a run that it missed
BY_HAND = "remove the imported lines with `crontab -e`: a crontab cannot be changed from here"
NO_TASK = (
    "a shell command cannot be run here; write a Celery task that takes `command`, and name it with --task"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file and how to read it."""
    parser.add_argument("file", metavar="FILE", help="a crontab; - for standard input")
    parser.add_argument("--zone", help="IANA zone in which cron reads it; this machine's unless given")
    parser.add_argument("--system", action="store_true", help="has a user column, as /etc/crontab")
    parser.add_argument("--task", help="dotted name of the Celery task that runs a command")


def read(options: Mapping[str, Any], *, now: datetime) -> Reading:  # noqa: ARG001 - as the other sources
    """Read a crontab from a file or from standard input."""
    file = options["file"]
    text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
    zone = options["zone"] or zone_of_this_machine()
    origin = f"{options['prefix']}crontab"  # two machines may have the same line
    task = options["task"] or ""
    return read_text(text, zone=zone, with_user=options["system"], task=task, origin=origin)


def read_text(
    text: str, *, zone: str, with_user: bool = False, task: str = "", origin: str = "crontab"
) -> Reading:
    """Read the text of a crontab.

    Args:
        zone: IANA name of the zone in which the daemon runs; CRON_TZ in the text wins over it.
        task: Celery task that is called with the keyword `command`; without one every line is refused.
        origin: which crontab this is; a line of another one is another entry.
    """
    return Reading(
        entries=tuple(
            _entry(line, zone=zone, task=task, origin=origin) for line in lines_of(text, with_user=with_user)
        ),
        notes=(f"read in the zone {zone} where CRON_TZ does not name another; --zone gives another",),
        by_hand=BY_HAND,
    )


def zone_of_this_machine() -> str:
    """Return the IANA name of the machine's zone, `UTC` where it cannot be told."""
    _, found, name = str(LOCALTIME.resolve()).partition("/zoneinfo/")
    return name if found else "UTC"


def _entry(line: CrontabLine, *, zone: str, task: str, origin: str) -> Entry:
    name = _name(line) or f"line {line.number}"
    read_so_far = Entry(source=f"{origin}: {line.text}"[:LONGEST_SOURCE], name=name)
    try:
        return _filled(read_so_far, line, zone=zone, task=task)
    except Refused as refusal:
        return read_so_far.refused(str(refusal))


def _name(line: CrontabLine) -> str:
    """Return the name of the program that the command runs."""
    words = (word for word in line.command.split() if not re.match(r"\w+=", word))
    return PurePath(next(words, "")).stem


def _filled(found: Entry, line: CrontabLine, *, zone: str, task: str) -> Entry:
    if line.problem:
        raise Refused(line.problem)
    if line.when.lower() == REBOOT:
        raise Refused(
            "@reboot has no time; start the workflow when the machine starts, with a call of the API"
        )
    zone = dict(line.environment).get("CRON_TZ", zone)
    rule = _rule(line.when, zone)
    if not task:
        raise Refused(NO_TASK)
    return replace(
        found,
        call=Call(task, kwargs={"command": options.escaped(line.command)}),
        settings={
            "rules": [{"kind": "cron", "expression": line.when}],
            "timezone": zone,
            "overlap": "allow_all",
            "catchup": CatchUpMode.LATEST.value,
            "catchup_window": GRACE,
        },
        old=_old(rule, zone),
        notes=tuple(_notes(line)),
    )


def _rule(when: str, zone: str) -> Cron:
    if when.startswith("@") and when.lower() not in MACROS:
        raise Refused(f"{when} is not known; write one of {', '.join(MACROS)}, or five fields")
    try:
        zone_named(zone)
        return parse_cron(when)
    except InvalidRule as error:
        raise Refused(str(error)) from error


def _old(rule: Cron, zone: str) -> OldTimes:
    """Return the times of Debian's cron: its dialect is ours, through the changes of the clock too."""

    def times(after: datetime, until: datetime) -> Iterator[datetime]:
        for at in fires(rule, zone=zone, after=after):
            if at > until:
                return
            yield at

    return times


def _notes(line: CrontabLine) -> Iterator[str]:
    if line.fed:
        yield "the text after % was the command's standard input and is not carried over"
    if line.user:
        yield f"ran as {line.user}; here it runs as the worker does"
    names = [name for name, _ in line.environment if name not in {"CRON_TZ", "TZ"}]
    if names:
        yield f"not carried over from the crontab: {', '.join(names)}; set what the command needs in the task"
    if "TZ" in dict(line.environment):
        yield "TZ was for the command alone: cron reads the time in its own zone, or in that of CRON_TZ"
