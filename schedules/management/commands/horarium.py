"""`manage.py horarium SUBCOMMAND`: what people do to the platform from a shell."""

import argparse
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TextIO, cast

from django.core.management.base import BaseCommand, CommandParser

import clock
from schedules.as_code.commands import apply, export, plan
from schedules.importing import command as importing


class Subcommand(Protocol):
    """A module that adds one subcommand."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: Mapping[str, Any], *, stdout: TextIO, now: datetime) -> int: ...


SUBCOMMANDS: dict[str, Subcommand] = {
    "import": importing,
    "export": export,
    "plan": plan,
    "apply": apply,
}


class Command(BaseCommand):
    """The command; each subcommand is a module of its own."""

    help = "Import schedules from other schedulers; export, plan and apply schedules as code."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add every subcommand."""
        subcommands = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
        for name, module in SUBCOMMANDS.items():
            module.add_arguments(subcommands.add_parser(name, help=module.HELP))

    def handle(self, **options: Any) -> None:
        """Run the subcommand and end with its exit code."""
        stdout = cast(TextIO, self.stdout)  # it writes as a text file does; its type does not say so
        code = SUBCOMMANDS[options["subcommand"]].run(options, stdout=stdout, now=clock.now())
        if code:
            sys.exit(code)
