"""The Celery tasks of schedules."""

from celery import shared_task

from schedules import fire


@shared_task(name="schedules.fire_due")
def fire_due() -> None:
    """Fire what is due, for sites that run the stock scheduler. Beside our beat it finds nothing.

    Safe to run twice or at the same time: due rows are claimed one by one.
    """
    while fire.fire_due().is_full:
        pass
