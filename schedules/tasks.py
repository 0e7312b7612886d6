"""The Celery tasks of schedules. Each may run twice, late, or at the same time."""

from celery import shared_task

import clock
from schedules import endings, fire, services, sweeps
from schedules.backfill import drip


@shared_task(name="schedules.fire_due")
def fire_due() -> None:
    """Fire what is due, for sites that run the stock scheduler. Beside our beat it finds nothing.

    Safe to run twice or at the same time: due rows are claimed one by one.
    """
    while fire.fire_due().is_full:
        pass
    endings.follow_ends()
    services.resume_due(now=clock.now())
    drip.drip_due(now=clock.now())


@shared_task(name="schedules.sweep.zones")
def sweep_zones() -> None:
    """Search times again that were found with other time zone data. A second run finds none."""
    sweeps.recompute_zones()
