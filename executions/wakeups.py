"""Wake-ups: the Celery messages that say "there may be work in this queue".

They carry nothing but the queue's name. At most `MAX_WAITING` of them wait in the
broker per queue, and a slot that becomes free takes one of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

from events.announcements import announce, announce_on_commit, register
from events.wakeups import MAX_WAITING, publish, waiting

__all__ = [
    "MAX_WAITING",
    "broker_queue",
    "kept",
    "send",
    "tell_beat",
    "waiting",
    "wake",
    "wake_on_commit",
]

SWEEPS = "horarium-sweeps"  # broker queue of our own periodic tasks, and of nothing else
TASKS = "horarium-tasks"  # broker queue of other periodic tasks that name none
TOPIC = "work"
TASK = "executions.work"
CHANNEL = "horarium"  # PostgreSQL NOTIFY channel that beat listens on

_kept: ContextVar[Counter[str] | None] = ContextVar("kept_wakeups", default=None)


def broker_queue(queue: str) -> str:
    """Return the broker's name of a step queue; the prefix keeps it apart on a shared broker."""
    return f"horarium.{queue}"


def wake_on_commit(queue: str, *, count: int = 1) -> None:
    """Wake up to `count` workers of `queue` once the running transaction has committed."""
    if (woken := _kept.get()) is not None:
        woken[queue] += count
    else:
        announce_on_commit(TOPIC, queue, count=count)


@contextmanager
def kept() -> Iterator[Counter[str]]:
    """Keep the wake-ups that transactions in this block ask for, by queue.

    The caller goes on with the work itself, or sends them. They are sent after all where the block fails.
    """
    woken: Counter[str] = Counter()
    token = _kept.set(woken)
    try:
        yield woken
    except BaseException:
        send(woken)
        raise
    finally:
        _kept.reset(token)


def send(woken: Mapping[str, int]) -> None:
    """Send wake-ups that were kept."""
    for queue, count in woken.items():
        if count > 0:
            wake(queue, count=count)


def wake(queue: str, *, count: int = 1) -> None:
    """Wake up to `count` workers of `queue` now."""
    announce(TOPIC, queue, count=count)


def tell_beat() -> None:
    """Let every beat look at the clock again once the running transaction has committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])


def _publish(queue: str, count: int) -> None:
    publish(TASK, queue=broker_queue(queue), count=count, args=(queue,))


register(TOPIC, _publish)
