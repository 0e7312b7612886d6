"""Lock a trigger, say what it wants, tell of it: what every change of one begins and ends with."""

from datetime import datetime

from django.db import IntegrityError, transaction

from events import subscriptions
from events.services import NewEvent, append
from triggers.errors import DuplicateTrigger, StaleTrigger
from triggers.models import Trigger, TriggerState
from triggers.wanted import CONSUMER, interests_of


def lock(trigger: Trigger, *, based_on: int | None) -> Trigger:
    """Return the trigger as it is now, locked until the transaction ends: who acts for it waits.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    rows = Trigger.objects.select_related("workflow__current_version")
    locked = rows.select_for_update(of=("self",), no_key=True).get(pk=trigger.pk)
    if based_on not in {None, locked.version}:
        raise StaleTrigger("trigger", version=locked.version, based_on=based_on or 0)
    return locked


def save(trigger: Trigger, **how: object) -> None:
    """Write a trigger.

    Raises:
        DuplicateTrigger: the organization has another one of this name.
    """
    try:
        with transaction.atomic():
            trigger.save(**how)  # type: ignore[arg-type]
    except IntegrityError:
        raise DuplicateTrigger("trigger", trigger.name) from None


def subscribe(trigger: Trigger) -> None:
    """Let events be offered to a trigger that is active, and to no other."""
    is_active = trigger.state == TriggerState.ACTIVE
    subscriptions.subscribe(
        CONSUMER,
        trigger.pk,
        organization_id=trigger.organization_id,
        interests=interests_of(trigger) if is_active else (),
    )


def tell(trigger: Trigger, what: str, *, by: str, now: datetime) -> None:
    """Append `trigger.<what>`."""
    event = NewEvent(
        organization_id=trigger.organization_id,
        type=f"trigger.{what}",
        at=now,
        workflow_id=trigger.workflow_id,
        data={"trigger": str(trigger.pk), "name": trigger.name, "by": by},
    )
    append([event])
