"""The versions of a workflow: which one new executions run, and how two differ."""

from django.db import transaction

from workflows.difference import Difference, difference
from workflows.errors import NoEarlierVersion
from workflows.models import Workflow, WorkflowVersion
from workflows.services import definition_of, lock_active, make_current


@transaction.atomic
def activate(
    version: WorkflowVersion, *, note: str = "", by: str = "", based_on: int | None = None
) -> Workflow:
    """Let new executions run this version; running ones keep theirs. Of the current version it changes nothing.

    Raises:
        ArchivedWorkflow: the workflow is archived.
        StaleWorkflow: its current version is not `based_on`.
    """
    locked = lock_active(version.workflow, based_on=based_on)
    if version.pk != locked.current_version_id:
        make_current(locked, version, note=note, by=by)
    return locked


@transaction.atomic
def roll_back(workflow: Workflow, *, note: str = "", by: str = "", based_on: int | None = None) -> Workflow:
    """Activate the version that was the current one before; a second time undoes the first.

    Raises:
        NoEarlierVersion: there was no other.
        ArchivedWorkflow: the workflow is archived.
        StaleWorkflow: its current version is not `based_on`.
    """
    locked = lock_active(workflow, based_on=based_on)
    others = locked.activations.exclude(version=locked.current_version_id).select_related("version")
    earlier = others.order_by("-id").first()
    if earlier is None:
        raise NoEarlierVersion(locked.name)
    make_current(locked, earlier.version, note=note, by=by)
    return locked


def compare(before: WorkflowVersion, after: WorkflowVersion) -> Difference:
    """Return how the definition of `after` differs from that of `before`."""
    names = (f"version {before.number}", f"version {after.number}")
    return difference(definition_of(before.pk), definition_of(after.pk), names=names)
