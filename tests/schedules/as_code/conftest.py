"""Files of schedules as code, planned and applied."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from organizations.models import Organization
from schedules.as_code import document, planning
from schedules.as_code.authors import Author
from schedules.as_code.steps import Plan
from tests.conftest import MakeWorkflow
from workflows.models import Workflow

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOURCE = "ops"

Run: TypeAlias = Callable[..., Plan]

NIGHTLY = """\
horarium: 1
source: ops
schedules:
  nightly:
    workflow: report
    rules:
      - kind: cron
        expression: 30 2 * * *
    timezone: Europe/Berlin
"""


def file_of(**schedules: dict[str, Any]) -> str:
    """Return a file that has schedules of the workflow `report`, daily unless they say otherwise."""
    text = f"horarium: 1\nsource: {SOURCE}\nschedules:\n"
    for name, settings in schedules.items():
        whole = {"workflow": "report", "rules": [{"preset": "daily", "at": "09:30"}], **settings}
        text += (
            f"  {name}: {whole!r}\n".replace("True", "true").replace("False", "false").replace("None", "null")
        )
    return text


@pytest.fixture(autouse=True)
def workflow(make_workflow: MakeWorkflow) -> Workflow:
    return make_workflow(inputs={"properties": {"n": {"type": "integer"}}})


@pytest.fixture
def plan(organization: Organization) -> Run:
    """Plan a file."""

    def run(text: str, *, of: Organization = organization, now: datetime = NOON, **options: Any) -> Plan:
        read = document.read(text, otherwise=SOURCE)
        return planning.plan(read, of, author=Author(read.source, now), **options)

    return run


@pytest.fixture
def apply(organization: Organization) -> Run:
    """Apply a file."""

    def run(
        text: str,
        *,
        of: Organization = organization,
        now: datetime = NOON,
        reason: str = "",
        **options: Any,
    ) -> Plan:
        read = document.read(text, otherwise=SOURCE)
        return planning.apply(read, of, author=Author(read.source, now, reason), **options)

    return run
