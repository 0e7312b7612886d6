"""Plan a file, or apply it: the same steps, taken back or kept."""

from django.db import transaction

from organizations.models import Organization
from schedules.as_code.authors import Author
from schedules.as_code.calendars import make_calendars
from schedules.as_code.document import Document
from schedules.as_code.errors import RefusedPlan, StalePlan
from schedules.as_code.schedules import Wishes, make_schedules
from schedules.as_code.steps import Plan
from schedules.as_code.world import world_of
from schedules.errors import DuplicateCalendar, DuplicateSchedule, IllegalScheduleMove, StaleSchedule


def plan(
    document: Document,
    organization: Organization,
    *,
    author: Author,
    adopt: bool = False,
    prune: bool = False,
) -> Plan:
    """Return what `apply` would do. Every step is tried by the services that would make it, and taken back.

    No schedule is held for longer than its own trial, so that all of them fire meanwhile.

    Raises:
        InvalidFile: naming every place that is wrong.
        StalePlan: somebody changed a schedule while its change was tried.
    """
    with transaction.atomic():
        made = _made(document, organization, author=author, wishes=Wishes(adopt=adopt, prune=prune))
        transaction.set_rollback(True)
    return made


def apply(
    document: Document,
    organization: Organization,
    *,
    author: Author,
    adopt: bool = False,
    prune: bool = False,
    planned: str | None = None,
) -> Plan:
    """Make the calendars and schedules as the file has them, all or none, and return what was done.

    A second call changes nothing.

    Args:
        planned: the fingerprint of the plan that somebody looked at.

    Raises:
        InvalidFile: naming every place that is wrong.
        RefusedPlan: the file names schedules that are not its own.
        StalePlan: what would be done is not what was planned, or somebody was faster.
    """
    wishes = Wishes(adopt=adopt, prune=prune, keep=True)
    with transaction.atomic():
        made = _made(document, organization, author=author, wishes=wishes)
        _check(made, planned=planned)
    return made


def _check(made: Plan, *, planned: str | None) -> None:
    if made.conflicts:
        raise RefusedPlan(made.conflicts)
    if planned not in {None, made.fingerprint}:
        raise StalePlan(f"the plan is {made.fingerprint} now, no longer {planned}")


def _made(document: Document, organization: Organization, *, author: Author, wishes: Wishes) -> Plan:
    try:
        calendars = make_calendars(document, organization, author=author, keep=wishes.keep)
        world = world_of(document, organization)
        schedules = make_schedules(document, world, author=author, wishes=wishes)
    except (StaleSchedule, DuplicateSchedule, DuplicateCalendar, IllegalScheduleMove) as error:
        raise StalePlan(f"somebody was faster: {error}") from error
    return Plan(document.source, organization.slug, calendars, schedules)
