"""The page on moving in shows commands that exist."""

import shlex

import pytest

from schedules.management.commands.horarium import Command
from tests.docs.pages import blocks

PAGE = "docs/from-celery-beat.md"
PROMPT = "$ python manage.py horarium "
LINES = [line for language in ("", "sh") for block in blocks(PAGE, language) for line in block.splitlines()]
COMMANDS = [line.removeprefix(PROMPT) for line in LINES if line.startswith(PROMPT)]


def test_the_page_shows_every_source() -> None:
    shown = {command.split()[1] for command in COMMANDS}

    assert shown == {"periodic-tasks", "beat-schedule", "crontab"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_the_page_is_one_that_is_understood(command: str) -> None:
    parser = Command().create_parser("manage.py", "horarium")

    parser.parse_args(shlex.split(command.partition(" < ")[0]))
