"""Take an entry over: its workflow, its schedule, and the old row switched off, in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django_celery_beat.models import PeriodicTask

from organizations.models import Organization
from schedules import services
from schedules.errors import DuplicateSchedule
from schedules.importing.entry import Call, Entry
from schedules.models import Schedule
from schedules.states import ScheduleState
from workflows import services as workflows
from workflows.duration import format_duration
from workflows.errors import DuplicateWorkflow, Invalid
from workflows.models import Workflow
from workflows.steps import LONGEST_TIMEOUT

BY = "horarium import"
MARK = "imported from {source}"  # note of the workflow's first version; by it a second import knows the entry

STANDING_IN = frozenset({ScheduleState.ACTIVE, ScheduleState.COMPLETED})


class Fate(StrEnum):
    """What becomes of an entry."""

    READY = "ready"  # a dry run: it can be imported
    IMPORTED = "imported"
    HERE = "already imported"  # by an earlier run; its schedule is left as it is
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of an entry.

    Attributes:
        schedule: the new one, unsaved after a dry run; the earlier one of an entry that is here.
        old_row: what `--disable-old` did to it; empty where it was not asked, or had nothing to do.
    """

    entry: Entry
    fate: Fate
    schedule: Schedule | None = None
    old_row: str = ""
    refusal: str = ""


def take_over(
    entry: Entry, organization: Organization, *, now: datetime, keep: bool, disable_old: bool
) -> Outcome:
    """Import one entry, or find out whether it could be. A second call changes nothing more.

    The old row is locked before anything is decided. So a run that beat has
    taken counts for the new schedule as past, and none is sent twice.

    Args:
        keep: otherwise everything is rolled back.
        disable_old: switch the `PeriodicTask` off in the same transaction.
    """
    if entry.refusal:
        return Outcome(entry, Fate.REFUSED, refusal=entry.refusal)
    try:
        with transaction.atomic():
            outcome = _taken_over(entry, organization, now=now, keep=keep, disable_old=disable_old)
            if not keep:
                transaction.set_rollback(True)
            return outcome
    except (DuplicateWorkflow, DuplicateSchedule) as error:
        return Outcome(entry, Fate.REFUSED, refusal=f"{error}; import it under another name with --prefix")
    except Invalid as error:
        return Outcome(entry, Fate.REFUSED, refusal="; ".join(str(error).splitlines()))


def _taken_over(
    entry: Entry, organization: Organization, *, now: datetime, keep: bool, disable_old: bool
) -> Outcome:
    row = _lock(entry)
    schedule = _imported_before(entry, organization)
    fate = Fate.HERE
    if schedule is None:
        run_until = max(now, row.last_run_at or now) if row else now
        schedule = _create(entry, organization, now=run_until)
        fate = Fate.IMPORTED if keep else Fate.READY
    old_row = _without_old(row, schedule) if row is not None and row.enabled and disable_old else ""
    return Outcome(entry, fate, schedule=schedule, old_row=old_row)


def _lock(entry: Entry) -> PeriodicTask | None:
    if entry.row is None:
        return None
    return PeriodicTask.objects.select_for_update().filter(pk=entry.row).first()


def _imported_before(entry: Entry, organization: Organization) -> Schedule | None:
    mark = MARK.format(source=entry.source)
    marked = Workflow.objects.filter(
        organization=organization, versions__number=1, versions__note=mark, versions__created_by=BY
    )
    found: Schedule | None = (
        Schedule.objects.visible().filter(workflow__in=marked).order_by("created_at").first()
    )
    return found


def _create(entry: Entry, organization: Organization, *, now: datetime) -> Schedule:
    workflow = workflows.create(
        organization,
        name=entry.slug,
        definition={"steps": [_step(entry.call)]},
        description=f"Runs what {entry.name!r} ran.",
        note=MARK.format(source=entry.source),
        by=BY,
    )
    schedule = services.create(
        organization, now=now, by=BY, workflow=workflow, name=entry.slug, **entry.settings
    )
    if entry.paused:
        schedule = services.pause(schedule, by=BY, now=now, reason=entry.paused)
    return schedule


def _step(call: Call | None) -> dict[str, object]:
    if call is None:
        raise ValueError("an entry that is not refused has a call")
    # A Celery task runs as long as it likes; a step of ours ends after five minutes unless told otherwise.
    timeout = format_duration(LONGEST_TIMEOUT)
    return {
        "id": "run",
        "kind": "task",
        "task": call.task,
        "external": True,  # what ran until now need not be registered in this process
        "args": call.args,
        "kwargs": call.kwargs,
        "timeout": timeout,
    }


def _without_old(row: PeriodicTask, schedule: Schedule) -> str:
    """Switch the old row off, unless the schedule does not stand in for it, and tell which."""
    if schedule.state not in STANDING_IN:
        return f"left on: its schedule is {schedule.state}, so the row is what runs"
    row.enabled = False
    # Through the model, so that django-celery-beat notes the change and its beats read again.
    row.save(update_fields=["enabled", "last_run_at", "date_changed"])
    return "switched off"
