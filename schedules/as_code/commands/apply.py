"""The subcommand `apply`: make calendars and schedules as a file has them."""

import argparse
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any, TextIO

from schedules.as_code import planning
from schedules.as_code.authors import Author
from schedules.as_code.commands import options as common
from schedules.as_code.document import Document
from schedules.as_code.steps import Plan

HELP = "make calendars and schedules as a file has them, all or none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    common.add_arguments(parser)
    parser.add_argument(
        "--plan", metavar="FINGERPRINT", help="only if that is still the plan; printed by `plan`"
    )
    parser.add_argument("--reason", default="", help="kept with every version, such as a commit")


def run(options: Mapping[str, Any], *, stdout: TextIO, now: datetime) -> int:
    """Apply the file, print what was done, and return the exit code.

    Raises:
        CommandError: the file cannot be read, is wrong or is refused; nothing was changed.
    """
    make = partial(_applied, options=options, now=now)
    made = common.answered(make, options, applied=True, stdout=stdout)
    return 0 if made is not None else 1


def _applied(document: Document, *, options: Mapping[str, Any], now: datetime) -> Plan:
    return planning.apply(
        document,
        common.organization_of(options),
        author=Author(document.source, now, options["reason"]),
        adopt=options["adopt"],
        prune=options["prune"],
        planned=options["plan"],
    )
