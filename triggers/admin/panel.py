"""What the page of a trigger or webhook shows above its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from executions.models import Execution
from triggers import services
from triggers.admin import words
from triggers.models import Delivery, Gathering, Tally, Trigger, Webhook
from triggers.serializers.triggers import beside

SHOWN = 10  # executions, skips, gatherings and deliveries


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events that wait to start one execution. `lacks`: the ends that have not come."""

    key: str
    count: int
    first_at: datetime
    due_at: datetime
    lacks: str


def context_of(trigger: Trigger) -> dict[str, Any]:
    """Return what a trigger has done, has not, and waits for: each bounded."""
    there = beside([trigger])
    gatherings = Gathering.objects.filter(trigger=trigger).order_by("due_at")[:SHOWN]
    return {
        "trigger": trigger,
        "waits_for": words.waits_for(trigger, there.names),
        "gathers": words.gathered(trigger),
        "tally": there.tallies.get(trigger.pk, Tally()),
        "cautions": services.cautions(trigger),
        "executions": started_by(trigger),
        "skips": trigger.skips.all()[:SHOWN],
        "waiting": [_waiting(one, trigger, there.names) for one in gatherings],
    }


def started_by(owner: Trigger | Webhook) -> QuerySet[Execution]:
    """Return the newest executions that a trigger or webhook started."""
    return Execution.objects.filter(trigger_id=owner.pk).defer("input").order_by("-created_at", "-id")[:SHOWN]


def deliveries_to(webhook: Webhook) -> QuerySet[Delivery]:
    """Return the newest deliveries to a webhook."""
    return Delivery.objects.filter(webhook=webhook).defer("body", "headers", "detail")[:SHOWN]


def _waiting(gathering: Gathering, trigger: Trigger, names: Mapping[str, str]) -> Waiting:
    lacking = [one for one, event_id in zip(trigger.after, gathering.event_ids, strict=False) if not event_id]
    return Waiting(
        gathering.gathered_by,
        gathering.count,
        gathering.first_at,
        gathering.due_at,
        ", ".join(words.end(one, names) for one in lacking) if trigger.is_join else "",
    )
