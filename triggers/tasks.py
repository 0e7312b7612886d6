"""The Celery tasks of triggers. Each may run twice, late, or at the same time."""

from typing import Any

from celery import Task, shared_task

import clock
from executions.running import worker
from triggers import dispatching, releasing, skips, webhooks
from triggers.calls import publish

# Celery looks for tasks in this module of the app, and in no other.
__all__ = ["dispatch", "publish", "sweep_dispatch", "sweep_prune"]


@shared_task(name="triggers.dispatch", bind=True)
def dispatch(self: "Task[Any, Any]") -> None:
    """Hand on events for about a second, and go on with what they start. A lost wake-up costs only latency."""
    _, woken = dispatching.drain_and_keep()
    worker.go_on(woken, node=self.request.hostname or "worker")


@shared_task(name="triggers.sweep.dispatch")
def sweep_dispatch() -> None:
    """Hand on what no wake-up has reached, and start what was gathered. Rows are claimed, or deleted as read."""
    releasing.release_due(now=clock.now())
    dispatching.drain()


@shared_task(name="triggers.sweep.prune")
def sweep_prune() -> None:
    """Forget old skips and deliveries, in bounded batches."""
    now = clock.now()
    skips.prune(now=now)
    webhooks.prune(now=now)
