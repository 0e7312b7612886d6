"""The subcommand `plan`: show what `apply` would change."""

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

HELP = "show what a file of schedules would change; exits with 0 for nothing, 2 for changes, 1 for errors"
NOTHING, REFUSED, CHANGES = 0, 1, 2  # exit codes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    common.add_arguments(parser)


def run(options: Mapping[str, Any], *, stdout: TextIO, now: datetime) -> int:
    """Print the plan and return the exit code.

    Raises:
        CommandError: the file cannot be read or is wrong.
    """
    make = partial(_planned, options=options, now=now)
    made = common.answered(make, options, applied=False, stdout=stdout)
    if made is None or made.conflicts:
        return REFUSED
    return CHANGES if made.changes else NOTHING


def _planned(document: Document, *, options: Mapping[str, Any], now: datetime) -> Plan:
    return planning.plan(
        document,
        common.organization_of(options),
        author=Author(document.source, now),
        adopt=options["adopt"],
        prune=options["prune"],
    )
