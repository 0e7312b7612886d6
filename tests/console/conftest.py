"""People who use the console, and an organization with a row of everything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

import clock
from events.models import Dispatch, Event
from executions import queries, services
from executions.models import Attempt, Circuit, DeadLetter, Execution, Pulse
from executions.queues import minutes
from executions.queues import services as queues
from executions.queues.minutes import Minute
from executions.services import Start
from executions.workers import registry
from executions.workers.load import Limits
from executions.workers.registry import Identity
from organizations import secrets
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import add_member, issue_api_key
from schedules import services as schedules
from schedules.backfill import services as backfills
from schedules.models import Backfill, Calendar, Schedule, SkippedFire
from triggers import services as triggers
from triggers import webhooks
from triggers.models import Delivery, Skip, SkipReason, Trigger, Webhook
from workflows import services as workflows
from workflows.models import Workflow

Login = Callable[..., Client]
INPUTS = {"properties": {"city": {"type": "string", "default": "Rome"}}, "additionalProperties": False}
GREET = {"inputs": INPUTS, "steps": [{"id": "greet", "kind": "set", "values": {"to": "${{ input.city }}"}}]}
BREAK = {"steps": [{"id": "divide", "kind": "set", "values": {"x": "${{ 1 / 0 }}"}}]}
# What the browser posts of a new schedule's form where nobody has touched it.
UNTOUCHED = {
    "timezone": "UTC",
    "dst_gap": "at_gap_end",
    "dst_overlap": "first",
    "on_excluded": "drop",
    "spread": "none",
    "overlap": "skip",
    "max_active": "1",
    "catchup": "latest",
    "catchup_window": "",
    "auto_pause_after": "0",
    "on_complete": "keep",
    "priority": "5",
    "queue": "default",
}
ASK = {"steps": [{"id": "ask", "kind": "approval", "message": "Pay?"}]}
WEEKENDS = [{"kind": "weekly", "days": ["SAT", "SUN"]}]
DAY = timedelta(days=1)
CRON = [{"kind": "cron", "expression": "0 6 * * *"}]


@dataclass(frozen=True)
class Everything:
    """An organization's rows."""

    organization: Organization
    greet: Workflow
    broken: Workflow
    schedule: Schedule
    done: Execution
    failed: Execution
    running: Execution
    letter: DeadLetter
    calendar: Calendar
    backfill: Backfill
    trigger: Trigger
    webhook: Webhook
    delivery: Delivery


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep hints in the process: nothing here listens for them."""
    monkeypatch.setattr("events.announcements.announce", lambda *args, **options: None)


@pytest.fixture
def login(organization: Organization) -> Login:
    """Log in as staff with a role in an organization, or as a superuser."""

    def make(role: Role | None = None, *, of: Organization = organization, name: str = "kim") -> Client:
        user = User.objects.create_user(name, is_staff=True, is_superuser=role is None)
        if role is not None:
            add_member(of, user_id=user.pk, role=role)
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def root(login: Login) -> Client:
    return login(name="root")


@pytest.fixture
def other(db: None) -> Organization:
    return Organization.objects.create(slug="globex", name="Globex")


@pytest.fixture
def everything(organization: Organization, drain: Callable[[], int]) -> Everything:
    now = clock.now()
    greet = workflows.create(organization, name="greet", definition=GREET, by="ada")
    broken = workflows.create(organization, name="broken", definition=BREAK, by="ada")
    schedule = schedules.create(organization, now=now, name="daily", workflow=greet, rules=CRON)
    done = schedules.trigger(schedule, by="ada", now=now).id
    failed = services.start(Start(workflow=broken, source="manual", by="ada"), now=now).id
    asking = workflows.create(organization, name="asking", definition=ASK, by="ada")
    services.start(Start(workflow=asking, source="manual"), now=now)
    drain()
    running = services.start(Start(workflow=greet, source="manual", input={"city": "Oslo"}), now=now).id
    _rows_beside(organization, schedule)
    trigger, webhook, delivery = _triggers(organization, greet)
    return Everything(
        organization,
        greet,
        broken,
        schedule,
        Execution.objects.get(pk=done),
        Execution.objects.get(pk=failed),
        Execution.objects.get(pk=running),
        DeadLetter.objects.get(),
        schedules.create_calendar(organization, now=now, name="weekends", entries=WEEKENDS),
        backfills.request(schedule, by="ada", now=now, from_at=now - 9 * DAY, to_at=now - 3 * DAY),
        trigger,
        webhook,
        delivery,
    )


def _rows_beside(organization: Organization, schedule: Schedule) -> None:
    now = clock.now()
    SkippedFire.objects.create(
        schedule=schedule, first_fire_at=now, last_fire_at=now, count=3, reason="misfire", created_at=now
    )
    target = {"target": "http:api.example", "window_started_at": now, "updated_at": now}
    Circuit.objects.create(organization=organization, **target)
    issue_api_key(organization, name="ci", role=Role.OPERATOR, by="ada")
    secrets.put(organization, name="shop", value="correct horse battery", by="ada")
    add_member(organization, user_id=User.objects.create_user("ada", is_staff=True).pk, role=Role.ADMIN)
    Group.objects.create(name="auditors")
    for role in Pulse.Role:
        queries.pulse(f"{role}@test", role=role)
    registry.register(Identity("worker@test", "test", 1, ("default",), 2, Limits()))
    queues.change(organization, "default", by="ada", now=now, settings={"max_running": 5})
    minutes.add(
        [Minute(organization.pk, int(now.timestamp()) // 60 * 60, "default", 2, 1, 0.5, 3.0, [2], [1, 1])]
    )
    interval = IntervalSchedule.objects.create(every=10, period="seconds")
    PeriodicTask.objects.create(name="sweep", task="executions.sweep.wake", interval=interval)
    CrontabSchedule.objects.create(minute="0", timezone="UTC")
    SolarSchedule.objects.create(event="sunrise", latitude=52, longitude=13)
    ClockedSchedule.objects.create(clocked_time=now + timedelta(days=1))
    assert Attempt.objects.exists()


def _triggers(organization: Organization, greet: Workflow) -> tuple[Trigger, Webhook, Delivery]:
    now = clock.now()
    trigger = triggers.create(organization, now=now, name="on-order", workflow=greet, pattern="order.*")
    event = Event.objects.filter(organization=organization).latest("pk")
    beside: dict[str, Any] = {"organization": organization, "event_id": event.pk}
    Skip.objects.create(trigger=trigger, reason=SkipReason.RATE_LIMITED, at=now, **beside)
    Dispatch.objects.create(consumer="triggers", available_at=now + DAY, attempts=3, error="boom", **beside)
    webhook, _ = webhooks.create(organization, now=now, by="ada", name="shop", workflow=greet)
    delivery = Delivery.objects.create(
        organization=organization,
        webhook=webhook,
        delivery_id="msg_1",
        received_at=now,
        content_type="application/json",
        headers={"user-agent": "shop"},
        body=b'{"city": "Rome"}',
        outcome="not_matched",
    )
    return trigger, webhook, delivery


@pytest.fixture
def make_schedule(everything: Everything) -> Callable[..., Schedule]:
    """Make a schedule of the given name and settings."""

    def make(name: str, **settings: object) -> Schedule:
        wanted: dict[str, Any] = {"workflow": everything.greet, "rules": CRON, **settings}
        return schedules.create(everything.organization, now=clock.now(), name=name, **wanted)

    return make
