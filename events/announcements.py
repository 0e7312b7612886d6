"""Publish small hints after a commit: in the background, merged, bounded, best effort.

A hint carries no data, so one that is lost, late or doubled costs latency and
nothing else: sweeps and readers find the rows. That is why no caller ever waits
for the broker.
"""

import atexit
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)

MERGE_SECONDS = 0.004  # hints that come within this time of the last publication leave together
FLUSH_SECONDS = 1.0  # a stopping process waits this long for its last hints

Sender = Callable[[str, int], None]


def register(topic: str, sender: Sender) -> None:
    """Name the function that publishes `topic`; it gets the key and how often it was announced.

    It runs in the topic's own thread, one call at a time, and bounds its own
    time; one that is slow or fails delays no other topic.
    """
    _publishers[topic] = _Publisher(topic, sender)


def announce_on_commit(topic: str, key: str, *, count: int = 1) -> None:
    """Announce once the running transaction has committed; at once outside of one."""
    transaction.on_commit(partial(announce, topic, key, count=count), robust=True)


def announce(topic: str, key: str, *, count: int = 1) -> None:
    """Hand a hint to this process's publisher and return at once."""
    _publishers[topic].add(key, count)


def flush() -> None:
    """Wait, at most `FLUSH_SECONDS`, until every hint so far has been published or has failed."""
    deadline = time.monotonic() + FLUSH_SECONDS
    for publisher in list(_publishers.values()):
        publisher.flush(deadline)


class _Publisher:
    """One topic's hints, and the daemon thread that publishes them. The thread starts with the first hint."""

    def __init__(self, topic: str, sender: Sender) -> None:
        self.topic = topic
        self.sender = sender
        self._changed = threading.Condition()
        self._pending: Counter[str] = Counter()
        self._added = 0  # hints so far; `flush` waits until `_done` has got there
        self._done = 0
        self._failing = False
        self._thread: threading.Thread | None = None

    def add(self, key: str, count: int) -> None:
        with self._changed:
            self._pending[key] += count
            self._added += 1
            self._changed.notify_all()
            if self._thread is None or not self._thread.is_alive():
                self._start()

    def flush(self, deadline: float) -> None:
        with self._changed:
            wanted = self._added
            self._changed.wait_for(lambda: self._done >= wanted, deadline - time.monotonic())

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=f"announcements-{self.topic}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no thread to be had; the next hint tries again
            log.warning("announcements cannot start", topic=self.topic, error=str(error))
        else:
            self._thread = thread

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending)
                batch, self._pending = self._pending, Counter()
                taken = self._added
            for key, count in batch.items():
                self._publish(key, count)
            with self._changed:
                self._done = taken
                self._changed.notify_all()
            time.sleep(MERGE_SECONDS)

    def _publish(self, key: str, count: int) -> None:
        try:
            self.sender(key, count)
        except Exception as error:  # noqa: BLE001 - brokers fail in many ways, and none may stop the thread
            # A broker that is away fails every hint: one line says so, not one per hint.
            if not self._failing:
                log.warning("announcements fail", topic=self.topic, key=key, error=str(error) or repr(error))
            self._failing = True
        else:
            if self._failing:
                log.info("announcements work again", topic=self.topic)
            self._failing = False


def _start_afresh() -> None:
    # A forked child has the parent's publishers but not their threads, and a
    # lock may have been held by one of those.
    for topic, publisher in list(_publishers.items()):
        register(topic, publisher.sender)


_publishers: dict[str, _Publisher] = {}
os.register_at_fork(after_in_child=_start_afresh)
atexit.register(flush)
