"""What `plan` and `apply` have in common: their options, the file, and their answers."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError

from organizations.errors import NoSuchOrganization
from organizations.models import Organization
from organizations.services import organization_for
from schedules.as_code import document, report
from schedules.as_code.document import Document
from schedules.as_code.errors import InvalidFile
from schedules.as_code.steps import Plan
from schedules.as_code.yaml_text import MAX_BYTES
from schedules.errors import ScheduleError

STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what both take."""
    add = parser.add_argument
    add("file", metavar="FILE", help=f"YAML, or {STDIN} for standard input")
    add("--source", default="", help="owner of the schedules, where the file names none; else its own name")
    add("--organization", metavar="SLUG", help="may be left out where there is only one")
    add("--adopt", action="store_true", help="take over schedules that are not owned by this source")
    add("--prune", action="store_true", help="archive schedules of this source that the file no longer has")
    add("--json", action="store_true", help="print JSON")


def organization_of(options: Mapping[str, Any]) -> Organization:
    """Return the organization that is meant.

    Raises:
        CommandError: it is not clear which.
    """
    try:
        return organization_for(options["organization"])
    except NoSuchOrganization as error:
        raise CommandError(f"{error}; --organization SLUG names it") from error


def answered(
    make: Callable[[Document], Plan], options: Mapping[str, Any], *, applied: bool, stdout: TextIO
) -> Plan | None:
    """Print what `make` makes of the file; None where the file is wrong, and its problems were printed as JSON.

    Raises:
        CommandError: the file cannot be read, is wrong or is refused; nothing was changed.
    """
    try:
        made = make(document.read(_text(options["file"]), source=options["source"], otherwise=_stem(options)))
    except InvalidFile as error:
        if not options["json"]:
            raise CommandError(str(error)) from error
        stdout.write(json.dumps({"problems": error.errors}, indent=2) + "\n")
        return None
    except ScheduleError as error:
        raise CommandError(str(error)) from error
    if options["json"]:
        stdout.write(json.dumps(report.json_of(made, applied=applied), indent=2) + "\n")
    else:
        stdout.writelines(f"{line}\n" for line in report.text_of(made, applied=applied))
    return made


def _stem(options: Mapping[str, Any]) -> str:
    return "" if options["file"] == STDIN else Path(options["file"]).stem


def _text(name: str) -> str:
    try:
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if name == STDIN else _bytes(Path(name))
        return content.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"cannot read {name}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"cannot read {name}: not UTF-8 at byte {error.start}") from error


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
