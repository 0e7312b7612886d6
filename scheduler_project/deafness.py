"""A last resort: a worker that hears nothing while messages wait for it ends, and its supervisor starts another.

Kombu has lost the ear for its queues in several ways over the years, each
time with a process that looked healthy. Liveness is progress.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from celery import current_app
from celery.signals import task_received, worker_ready
from celery.worker import state

from executions import wakeups

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
DEAF_SECONDS = (
    30.0  # an idle worker takes a waiting message within milliseconds, reconnects within two seconds
)
STOP_SECONDS = 15.0  # a parent process that does not even hear SIGTERM gets SIGKILL


class Ear:
    """Whether the worker hears: asked now and then, and told of every message."""

    def __init__(self, *, is_busy: Callable[[], bool], is_wanted: Callable[[], bool]) -> None:
        self._is_busy = is_busy
        self._is_wanted = is_wanted
        self._heard = False
        self._deaf_since: float | None = None

    def hear(self, **_: Any) -> None:
        """Note that a message arrived."""
        self._heard = True

    def is_deaf(self, *, now: float) -> bool:
        """Return whether nothing arrived for `DEAF_SECONDS` of looks that each saw messages and an idle worker."""
        heard, self._heard = self._heard, False
        if heard or self._is_busy() or not self._is_wanted():
            self._deaf_since = None
            return False
        if self._deaf_since is None:
            self._deaf_since = now
        return now - self._deaf_since >= DEAF_SECONDS


def install() -> None:
    """Watch over this worker from its first connection on."""
    ear = Ear(is_busy=_is_busy, is_wanted=_is_wanted)
    thread = threading.Thread(target=_watch, args=[ear], name="deafness", daemon=True)

    def begin(**_: Any) -> None:
        if not thread.is_alive():  # the signal is sent again after every reconnection
            thread.start()

    task_received.connect(ear.hear, weak=False)
    worker_ready.connect(begin, weak=False)


def _is_busy() -> bool:
    return bool(state.reserved_requests or state.active_requests or state.should_stop is not None)


def _is_wanted() -> bool:
    """Return whether messages wait; a broker that is away wants nothing."""
    try:
        return any(wakeups.waiting(name) for name in current_app.amqp.queues.consume_from)
    except Exception:  # noqa: BLE001 - brokers fail in many ways
        return False


def _watch(ear: Ear) -> None:
    while not ear.is_deaf(now=time.monotonic()):
        time.sleep(LOOK_SECONDS)
    log.error("worker hears nothing although messages wait for it; it ends", seconds=DEAF_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
