"""Create and change triggers."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction

from events.patterns import equal
from organizations.models import Organization
from triggers import gathering, skips, tallies
from triggers.models import SETTINGS, Gathering, SkipReason, Trigger
from triggers.services.chains import refuse_loops
from triggers.services.rows import lock, save, subscribe, tell
from triggers.skips import Skipped
from triggers.tallies import Count
from triggers.validation import checked

_JSON = frozenset({"filters", "after", "input"})  # in which 1 and true are not the same


@transaction.atomic
def create(organization: Organization, *, now: datetime, by: str = "", **settings: Any) -> Trigger:
    """Create an active trigger, which wants what is sent and what ends from now on.

    Args:
        settings: columns of `SETTINGS`; those left out have their defaults. `after` names workflows and
            schedules by id or by name.

    Raises:
        InvalidTrigger: naming each field that is wrong, `pattern` as `type`; nothing is created.
        DuplicateTrigger: the organization has a trigger of this name.
    """
    trigger = Trigger(organization=organization, created_by=by, created_at=now, **_known(settings))
    trigger.after = checked(trigger)
    refuse_loops(trigger)
    save(trigger, force_insert=True)
    subscribe(trigger)
    tell(trigger, "created", by=by, now=now)
    tallies.begin(trigger.pk, organization_id=organization.pk, now=now)
    return trigger


@transaction.atomic
def change(
    trigger: Trigger, *, now: datetime, by: str = "", based_on: int | None = None, **settings: Any
) -> Trigger:
    """Change settings, for events that are dealt with from now on. What changes nothing is no new version.

    What it has gathered starts nothing any more, and is recorded, where it now gathers otherwise.

    Args:
        based_on: the version that the caller read; a newer one refuses the change.

    Raises:
        InvalidTrigger: naming each field that is wrong, `pattern` as `type`; nothing is changed.
        StaleTrigger: somebody else changed it since.
        DuplicateTrigger: the organization has a trigger of this name.
    """
    locked = lock(trigger, based_on=based_on)
    as_read = copy(locked)
    for name, value in _known(settings).items():
        setattr(locked, name, value)
    locked.after = checked(locked)
    if all(_same(as_read, locked, name) for name in SETTINGS):
        return locked
    refuse_loops(locked)
    locked.version += 1
    save(locked, update_fields=[*SETTINGS, "version", "updated_at"])
    subscribe(locked)
    tell(locked, "changed", by=by, now=now)
    if _gathered_by(as_read) != _gathered_by(locked):
        _give_up(locked, now=now)
    return locked


def _known(settings: Mapping[str, Any]) -> dict[str, Any]:
    unknown = settings.keys() - set(SETTINGS)
    if unknown:
        raise TypeError(f"not settings of a trigger: {', '.join(sorted(unknown))}")
    return dict(settings)


def _same(one: Trigger, other: Trigger, name: str) -> bool:
    left, right = getattr(one, name), getattr(other, name)
    return equal(left, right) if name in _JSON else left == right


def _gathered_by(trigger: Trigger) -> tuple[object, ...]:
    """Return what decides which events belong together, and in which form they are kept."""
    is_burst, is_batch = trigger.debounce is not None, trigger.batch_size is not None
    return trigger.pattern, trigger.after, trigger.group_key, is_burst, is_batch


def _give_up(trigger: Trigger, *, now: datetime) -> None:
    """Drop what was gathered by the settings of before, which those of now cannot read, and record it."""
    dropped = [_skipped(one) for one in Gathering.objects.filter(trigger=trigger).select_for_update()]
    gathering.drop(trigger.pk)
    skips.record(dropped, now=now)
    if dropped:
        number = sum(one.count for one in dropped)
        count = Count(organization_id=trigger.organization_id, skipped=number, problem=dropped[-1].detail)
        tallies.add({trigger.pk: count}, now=now)


def _skipped(gathered: Gathering) -> Skipped:
    return Skipped(
        trigger_id=gathered.trigger_id,
        organization_id=gathered.organization_id,
        event_id=max(gathered.event_ids),
        reason=SkipReason.INCOMPLETE,
        detail="the trigger was changed while it gathered them",
        count=gathered.count,
    )
