"""The Celery tasks that every system runs."""

import time

from celery import shared_task

from benchmarks import stamps


@shared_task(name="benchmarks.noop")
def noop() -> None:
    """Do nothing."""


@shared_task(name="benchmarks.stamp")
def stamp(sent_ns: str = "0") -> None:
    """Tell when the first line ran."""
    now_ns = time.time_ns()
    stamps.write(sent_ns, now_ns)
