"""Wake-ups: the Celery messages that say "there may be work in this queue".

They carry nothing but the queue's name. At most `MAX_WAITING` of them wait in the
broker per queue: while that many are undelivered every slot is busy, and a slot
that becomes free takes one of them.
"""

from typing import Any

from celery import current_app
from django.db import connection
from kombu import Producer, Queue

from events.announcements import announce, announce_on_commit, register

SWEEPS = "horarium-sweeps"  # broker queue of our own periodic tasks, and of nothing else
TASKS = "horarium-tasks"  # broker queue of other periodic tasks that name none
TOPIC = "work"
TASK = "executions.work"
CHANNEL = "horarium"  # PostgreSQL NOTIFY channel that beat listens on

MAX_WAITING = 16  # undelivered wake-ups per queue
EXPIRES_SECONDS = 60.0  # the sweep has sent a newer one long before


def broker_queue(queue: str) -> str:
    """Return the broker's name of a step queue; the prefix keeps it apart on a shared broker."""
    return f"horarium.{queue}"


def wake_on_commit(queue: str, *, count: int = 1) -> None:
    """Wake up to `count` workers of `queue` once the running transaction has committed."""
    announce_on_commit(TOPIC, queue, count=count)


def wake(queue: str, *, count: int = 1) -> None:
    """Wake up to `count` workers of `queue` now."""
    announce(TOPIC, queue, count=count)


def tell_beat() -> None:
    """Let every beat look at the clock again once the running transaction has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def waiting(broker_name: str) -> int:
    """Return how many messages wait in a queue of the broker."""
    with current_app.producer_pool.acquire(block=True, timeout=1.0) as producer:
        return _waiting(broker_name, producer)


def _waiting(broker_name: str, producer: Producer) -> int:
    channel: Any = producer.channel
    declared: Any = Queue(broker_name, channel=channel).queue_declare(passive=False)
    return int(declared.message_count)


def _publish(queue: str, count: int) -> None:
    name = broker_queue(queue)
    with current_app.producer_pool.acquire(block=True, timeout=1.0) as producer:
        for _ in range(min(count, MAX_WAITING - _waiting(name, producer))):
            current_app.send_task(
                TASK, args=(queue,), queue=name, expires=EXPIRES_SECONDS, producer=producer, retry=False
            )


register(TOPIC, _publish)
