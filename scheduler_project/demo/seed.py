"""Fill an empty platform with the demonstration's organization, account, workflows and schedules.

Runs at every start: what is there already is kept, and brought up to date.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model

import clock
from executions.models import Source
from executions.services import Start, start
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import add_member
from scheduler_project.demo.account import Account
from scheduler_project.demo.deliveries import seed_deliveries
from schedules import services as schedule_services
from schedules.models import Schedule
from schedules.states import ScheduleState
from workflows import services as workflow_services
from workflows.models import Workflow

DEFINITIONS = Path(__file__).parent / "workflows"
SLUG = "demo"


@dataclass(frozen=True)
class Demonstration:
    """One workflow with what makes it run: a rule, by hand with an input, or something else."""

    name: str
    description: str
    rule: dict[str, Any] | None = None
    inputs: tuple[str, ...] = ()
    by_hand: dict[str, Any] | None = None


DEMONSTRATIONS = (
    Demonstration(
        "platform-health",
        "Checks the platform's own health.",
        {"kind": "interval", "every_seconds": 5},
        ("base_url",),
    ),
    Demonstration(
        "api-digest",
        "Fetches, transforms, fans out and joins.",
        {"kind": "cron", "expression": "*/10 * * * * *"},
        ("base_url", "folder"),
    ),
    Demonstration(
        "flaky-delivery",
        "Fails twice and is retried into success.",
        {"kind": "interval", "every_seconds": 15},
    ),
    Demonstration(
        "doomed-import",
        "Exhausts its retries and becomes a dead letter.",
        {"kind": "one_time"},
        ("base_url",),
    ),
    Demonstration("greeting", "Started by hand with an input.", by_hand={"name": "world"}),
    Demonstration("postcards", "Runs for each entry of a list, and waits for a person.", by_hand={}),
    Demonstration("digest-delivery", "Started when api-digest has completed; sends a signed request."),
    Demonstration("digest-received", "Started by a webhook."),
)


def seed(*, base_url: str, folder: Path, account: Account) -> Organization:
    """Create or update everything, arm the one-time schedule and start the workflows that are started by hand.

    Args:
        base_url: where the web process answers, without a slash at the end.
        folder: where the demonstration writes its report.
    """
    organization, _ = Organization.objects.get_or_create(slug=SLUG, defaults={"name": "Demonstration"})
    _make_account(organization, account)
    inputs = {"base_url": base_url, "folder": str(folder)}
    for demonstration in DEMONSTRATIONS:
        workflow = _make_workflow(organization, demonstration)
        if demonstration.by_hand is not None:
            cause = Start(workflow=workflow, source=Source.MANUAL, input=demonstration.by_hand, by="demo")
            start(cause, now=clock.now())
        if demonstration.rule is not None:
            given = {key: inputs[key] for key in demonstration.inputs}
            _make_schedule(workflow, demonstration.rule, given)
    seed_deliveries(organization, base_url=base_url)
    return organization


def _make_account(organization: Organization, account: Account) -> None:
    user, created = get_user_model().objects.get_or_create(
        username=account.username, defaults={"is_staff": True, "is_superuser": True}
    )
    if created or not user.check_password(account.password):
        user.set_password(account.password)
        user.save(update_fields=["password"])
    add_member(organization, user_id=user.pk, role=Role.ADMIN)


def _make_workflow(organization: Organization, demonstration: Demonstration) -> Workflow:
    definition = (DEFINITIONS / f"{demonstration.name}.yaml").read_text()
    existing = Workflow.objects.filter(organization=organization, name=demonstration.name).first()
    if existing:
        return workflow_services.change(existing, definition=definition, by="demo")
    return workflow_services.create(
        organization,
        name=demonstration.name,
        definition=definition,
        description=demonstration.description,
        by="demo",
    )


def _make_schedule(workflow: Workflow, rule: dict[str, Any], given: dict[str, Any]) -> None:
    now = clock.now()
    once = rule["kind"] == "one_time"
    rules = [{**rule, "at": (now + timedelta(seconds=3)).isoformat()} if once else rule]
    existing = (
        Schedule.objects.visible().filter(organization=workflow.organization, name=workflow.name).first()
    )
    if existing is None:
        schedule_services.create(
            workflow.organization,
            now=now,
            by="demo",
            workflow=workflow,
            name=workflow.name,
            description=workflow.description,
            rules=rules,
            input=given,
        )
    elif once or existing.input != given or existing.state == ScheduleState.ERROR:
        changes: dict[str, Any] = {"rules": rules} if once else {}
        schedule_services.change(existing, now=now, input=given, **changes)
