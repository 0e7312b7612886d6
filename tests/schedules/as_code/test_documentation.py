"""The page about schedules as code says what the code does."""

import argparse
import re

from schedules.as_code.commands import apply, export, plan
from schedules.as_code.steps import Action
from tests.docs.pages import blocks, text_of
from tests.schedules.as_code.conftest import Run

PAGE = "docs/schedules-as-code.md"


def test_the_file_in_the_documentation_can_be_applied(apply: Run) -> None:
    (example,) = blocks(PAGE, "yaml")
    usable = example.replace("input:\n      days: 31", "input: {n: 31}")

    done = apply(usable)

    assert [(step.name, step.action) for step in done.schedules] == [
        ("month-end", Action.CREATE),
        ("nightly-report", Action.CREATE),
    ]


def test_every_option_is_documented() -> None:
    documented = set(re.findall(r"^\| `(--[a-z-]+)", text_of(PAGE), re.MULTILINE))

    known = set()
    for module in (apply, export, plan):
        parser = argparse.ArgumentParser(add_help=False)
        module.add_arguments(parser)
        known |= {text for action in parser._actions for text in action.option_strings}

    assert documented == known
