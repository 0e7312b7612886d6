"""Pause, resume and delete triggers: whether they start anything."""

from datetime import datetime

from django.db import transaction

from events import subscriptions
from triggers.models import Tally, Trigger, TriggerState
from triggers.services.chains import refuse_loops
from triggers.services.rows import lock, subscribe, tell
from triggers.wanted import CONSUMER


@transaction.atomic
def pause(trigger: Trigger, *, by: str, now: datetime, based_on: int | None = None) -> Trigger:
    """Start nothing until it is resumed; what comes meanwhile is not kept. Of a paused one nothing changes.

    What it has gathered starts nothing either if its time comes before that.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    locked = lock(trigger, based_on=based_on)
    if locked.state != TriggerState.PAUSED:
        _put(locked, TriggerState.PAUSED)
        tell(locked, "paused", by=by, now=now)
    return locked


@transaction.atomic
def resume(trigger: Trigger, *, by: str, now: datetime, based_on: int | None = None) -> Trigger:
    """Start again, for what comes from now on. Of an active one nothing changes.

    Raises:
        StaleTrigger: its version is not `based_on`.
        InvalidTrigger: `after` would close a loop with what was saved meanwhile.
    """
    locked = lock(trigger, based_on=based_on)
    if locked.state != TriggerState.ACTIVE:
        locked.state = TriggerState.ACTIVE
        refuse_loops(locked)
        _put(locked, TriggerState.ACTIVE)
        tell(locked, "resumed", by=by, now=now)
    return locked


def _put(locked: Trigger, state: TriggerState) -> None:
    locked.state = state
    locked.save(update_fields=["state", "updated_at"])
    subscribe(locked)


@transaction.atomic
def delete(trigger: Trigger, *, by: str, now: datetime, based_on: int | None = None) -> None:
    """Delete a trigger with what it has gathered, counted and left out; its executions stay, and name its id.

    Raises:
        StaleTrigger: its version is not `based_on`.
    """
    locked = lock(trigger, based_on=based_on)
    tell(locked, "deleted", by=by, now=now)
    subscriptions.subscribe(CONSUMER, locked.pk, organization_id=locked.organization_id, interests=())
    owner_id = locked.pk
    locked.delete()
    Tally.objects.filter(owner_id=owner_id).delete()
