"""Publish small hints after a commit: in the background, merged, bounded, best effort.

A hint carries no data, so one that is lost, late or doubled costs latency and
nothing else: sweeps and readers find the rows. That is why no caller ever waits
for the broker.
"""

import atexit
import os
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)

MERGE_SECONDS = 0.004  # hints that come within this time of the last publication leave together
FLUSH_SECONDS = 1.0  # a stopping process waits this long for its last hints

Sender = Callable[[str, int], None]
_senders: dict[str, Sender] = {}


def register(topic: str, sender: Sender) -> None:
    """Name the function that publishes `topic`; it gets the key and how often it was announced."""
    _senders[topic] = sender


def announce_on_commit(topic: str, key: str, *, count: int = 1) -> None:
    """Announce once the running transaction has committed; at once outside of one."""
    transaction.on_commit(partial(announce, topic, key, count=count), robust=True)


def announce(topic: str, key: str, *, count: int = 1) -> None:
    """Hand a hint to this process's publisher and return at once."""
    _publisher.add(topic, key, count)


def flush() -> None:
    """Wait, at most `FLUSH_SECONDS`, until every hint so far has been published or has failed."""
    _publisher.idle.wait(FLUSH_SECONDS)


class _Publisher:
    """One daemon thread per process that publishes what was announced."""

    def __init__(self) -> None:
        self.idle = threading.Event()
        self.idle.set()
        self._pending: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._added = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, topic: str, key: str, count: int) -> None:
        with self._lock:
            self._pending[topic, key] += count
            self.idle.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="announcements", daemon=True)
                self._thread.start()
        self._added.set()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._added.wait()
            self._added.clear()
            with self._lock:
                batch, self._pending = self._pending, Counter()
            for (topic, key), count in batch.items():
                _publish(topic, key, count)
            with self._lock:
                if not self._pending:
                    self.idle.set()
            pause.wait(MERGE_SECONDS)


def _publish(topic: str, key: str, count: int) -> None:
    try:
        _senders[topic](key, count)
    except Exception as error:  # noqa: BLE001 - brokers fail in many ways, and none may stop the thread
        log.warning("announcement failed", topic=topic, key=key, error=str(error))


def _start_afresh() -> None:
    global _publisher  # noqa: PLW0603 - a forked child has the parent's object but not its thread
    _publisher = _Publisher()


_publisher = _Publisher()
os.register_at_fork(after_in_child=_start_afresh)
atexit.register(flush)
