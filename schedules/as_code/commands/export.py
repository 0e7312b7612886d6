"""The subcommand `export`: print schedules as a file."""

import argparse
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

from django.core.management.base import CommandError

from schedules.as_code.commands.options import organization_of
from schedules.as_code.errors import NothingToExport
from schedules.as_code.exporting import export

HELP = "print schedules and their calendars as YAML"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="these schedules; all, where none is named")
    add("--managed-by", default="", metavar="SOURCE", help="the schedules of this source")
    add("--organization", metavar="SLUG", help="may be left out where there is only one")


def run(options: Mapping[str, Any], *, stdout: TextIO, now: datetime) -> int:
    """Print the file.

    Raises:
        CommandError: there is no such schedule, or no such organization.
    """
    del now
    organization = organization_of(options)
    try:
        stdout.write(export(organization, names=options["names"], managed_by=options["managed_by"]))
    except NothingToExport as error:
        raise CommandError(str(error)) from error
    return 0
