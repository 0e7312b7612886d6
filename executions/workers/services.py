"""Drain workers and let them claim again: what operators of the platform may do."""

from datetime import datetime
from typing import Any

import structlog

from executions.errors import IllegalMove
from executions.models import WorkerNode
from organizations.models import Organization
from organizations.roles import Role

log = structlog.get_logger(__name__)


def may_steer(user: Any, *, role: Role | None) -> bool:
    """Return whether somebody may drain workers: they serve every organization, so no single one decides.

    A superuser may; while there is only one organization, its admins may too.

    Args:
        role: of the caller in their organization.
    """
    if getattr(user, "is_superuser", False):
        return True
    is_admin = role is not None and role.includes(Role.ADMIN)
    return is_admin and Organization.objects.all()[:2].count() == 1


def drain(worker: WorkerNode, *, by: str, now: datetime) -> WorkerNode:
    """Let a worker claim nothing more; it goes on with what it runs, and with everything but steps.

    It obeys within seconds. Safe to repeat. The drain ends with `resume`, or with the process.

    Raises:
        IllegalMove: it has stopped.
    """
    running = WorkerNode.objects.filter(pk=worker.pk, stopped_at__isnull=True)
    if not running.filter(drain_requested_at__isnull=True).update(
        drain_requested_at=now, drain_requested_by=by[:150]
    ):
        _refuse_stopped(worker, to="drained")
    log.info("worker drain requested", worker=worker.pk, by=by)
    return WorkerNode.objects.get(pk=worker.pk)


def resume(worker: WorkerNode, *, by: str, now: datetime) -> WorkerNode:
    """Let a drained worker claim again; of another one nothing changes.

    Raises:
        IllegalMove: it has stopped.
    """
    del now
    running = WorkerNode.objects.filter(pk=worker.pk, stopped_at__isnull=True)
    if not running.update(drain_requested_at=None, drain_requested_by=""):
        _refuse_stopped(worker, to="resumed")
    log.info("worker resumed", worker=worker.pk, by=by)
    return WorkerNode.objects.get(pk=worker.pk)


def _refuse_stopped(worker: WorkerNode, *, to: str) -> None:
    if not WorkerNode.objects.filter(pk=worker.pk, stopped_at__isnull=True).exists():
        raise IllegalMove(f"worker {worker.pk}", state="stopped", to=to)
