"""Wake-ups: empty Celery messages that say "there may be work". At most `MAX_WAITING` wait in a broker queue."""

from collections.abc import Sequence
from typing import Any

from celery import current_app
from kombu import Producer, Queue

MAX_WAITING = 16  # undelivered ones per queue: while that many wait every slot is busy
EXPIRES_SECONDS = 60.0  # the sweep has sent a newer one long before


def publish(task: str, *, queue: str, count: int, args: Sequence[Any] = (), most: int = MAX_WAITING) -> None:
    """Send up to `count` wake-ups of a task to a queue of the broker, fewer where `most` would wait there."""
    with current_app.producer_pool.acquire(block=True, timeout=1.0) as producer:
        for _ in range(min(count, most - _waiting(queue, producer))):
            current_app.send_task(
                task, args=tuple(args), queue=queue, expires=EXPIRES_SECONDS, producer=producer, retry=False
            )


def waiting(queue: str) -> int:
    """Return how many messages wait in a queue of the broker."""
    with current_app.producer_pool.acquire(block=True, timeout=1.0) as producer:
        return _waiting(queue, producer)


def _waiting(queue: str, producer: Producer) -> int:
    channel: Any = producer.channel
    declared: Any = Queue(queue, channel=channel).queue_declare(passive=False)
    return int(declared.message_count)
