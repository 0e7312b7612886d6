"""The subcommand `import`: read a source, show what would differ, or take it over."""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol, TextIO

from django.core.management.base import CommandError

from organizations.errors import NoSuchOrganization
from organizations.models import Organization
from organizations.services import organization_for
from schedules.importing import beat_schedule, crontab_file, periodic_tasks, report
from schedules.importing.entry import Entry, Reading
from schedules.importing.foresight import comparison_of
from schedules.importing.names import named
from schedules.importing.takeover import Fate, take_over

HELP = "import schedules of django-celery-beat, of beat_schedule or of a crontab"
DAYS, MOST_DAYS = 90, 400


class Source(Protocol):
    """A module that reads one kind of old scheduler."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def read(self, options: Mapping[str, Any], *, now: datetime) -> Reading: ...


SOURCES: dict[str, Source] = {
    "periodic-tasks": periodic_tasks,
    "beat-schedule": beat_schedule,
    "crontab": crontab_file,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one subcommand per source; the options are the same for all."""
    sources = parser.add_subparsers(dest="source", metavar="SOURCE", required=True)
    for name, source in SOURCES.items():
        of_source = sources.add_parser(name)
        source.add_arguments(of_source)
        _add_common(of_source)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--apply", action="store_true", help="import; without it nothing is changed")
    add("--disable-old", action="store_true", help="with --apply: switch the imported old rows off")
    add("--organization", metavar="SLUG", help="may be left out where there is only one")
    add("--prefix", default="", help="put before the name of every workflow and schedule")
    add("--only", nargs="+", metavar="NAME", help="these entries, by their old or new name")
    add("--days", type=int, default=DAYS, help=f"compared ahead, {DAYS} unless given")
    add("--all", action="store_true", help="list every difference, not the first of each entry")
    add("--json", action="store_true", help="print JSON")


def run(options: Mapping[str, Any], *, stdout: TextIO, now: datetime) -> int:
    """Import a source, or show what that would do, and return the exit code: 1 if `--apply` refused an entry.

    Raises:
        CommandError: the options do not fit; nothing was done.
    """
    organization = _organization(options["organization"])
    reading = _reading(options, now=now)
    lines = []
    for line in _lines(reading.entries, organization, options=options, now=now):
        lines.append(line)
        if not options["json"]:
            stdout.writelines(
                f"{text}\n" for text in report.text_of(line, now=now, everything=options["all"])
            )
    stdout.writelines(_ending(reading, lines, options=options))
    refused = any(line.outcome.fate is Fate.REFUSED for line in lines)
    return int(options["apply"] and refused)


def _organization(slug: str | None) -> Organization:
    try:
        return organization_for(slug)
    except NoSuchOrganization as error:
        raise CommandError(f"{error}; --organization SLUG names it") from error


def _reading(options: Mapping[str, Any], *, now: datetime) -> Reading:
    if not 1 <= options["days"] <= MOST_DAYS:
        raise CommandError(f"--days: write a number from 1 to {MOST_DAYS}")
    if options["disable_old"] and not options["apply"]:
        raise CommandError("--disable-old goes with --apply; leave it out of a dry run")
    try:
        reading = SOURCES[options["source"]].read(options, now=now)
    except OSError as error:
        raise CommandError(f"cannot read {options['file']}: {error.strerror}") from error
    entries = tuple(named(reading.entries, prefix=options["prefix"]))
    return replace(reading, entries=_chosen(entries, options["only"]))


def _chosen(entries: tuple[Entry, ...], only: Sequence[str] | None) -> tuple[Entry, ...]:
    if only is None:
        return entries
    unknown = set(only) - {name for entry in entries for name in (entry.name, entry.slug)}
    if unknown:
        raise CommandError(f"--only: no entry is called {', '.join(sorted(unknown))}")
    return tuple(entry for entry in entries if {entry.name, entry.slug} & set(only))


def _lines(
    entries: Iterable[Entry], organization: Organization, *, options: Mapping[str, Any], now: datetime
) -> Iterator[report.Line]:
    keep = options["apply"]
    for entry in entries:
        outcome = take_over(entry, organization, now=now, keep=keep, disable_old=options["disable_old"])
        ahead = timedelta(days=options["days"])
        compared = comparison_of(outcome, now=now, ahead=ahead) if outcome.fate is Fate.READY else None
        yield report.Line(outcome, compared)


def _ending(reading: Reading, lines: list[report.Line], *, options: Mapping[str, Any]) -> Iterator[str]:
    if options["json"]:
        yield json.dumps(
            {
                "applied": options["apply"],
                "entries": [report.json_of(line) for line in lines],
                "notes": list(reading.notes),
                "left_out": list(reading.left_out),
            },
            indent=2,
        )
        yield "\n"
        return
    yield from (f"{note}\n" for note in reading.notes)
    summary = report.summary_of(reading, lines, applied=options["apply"], old_off=options["disable_old"])
    yield from (f"{text}\n" for text in summary)
