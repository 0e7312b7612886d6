"""Register this worker when it is ready, keep its row fresh, and say goodbye: a thread of the pool's parent."""

import os
import socket
import threading
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings
from django.db import Error, connection

from executions.workers import gate, registry
from executions.workers.load import Limits, Load, judge

log = structlog.get_logger(__name__)

SAMPLE_SECONDS = 2.0
GOODBYE_SECONDS = 2.0  # that a stopping worker waits for its last word


class Life:
    """What this worker tells of itself, sample by sample."""

    def __init__(self, worker: registry.Identity) -> None:
        from executions.workers.usage import Meter  # the other processes need not load what measures

        self._worker = worker
        self._meter = Meter()
        self._load = Load()
        self._draining = False
        self._registered = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker-life", daemon=True)

    def begin(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """Say goodbye, if that does not take long."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(GOODBYE_SECONDS)

    def look(self) -> None:
        """Take one sample, decide whether to claim, and write both down."""
        usage = self._meter.sample()
        before, self._load = self._load, judge(self._load, usage, limits=self._worker.limits)
        # Before the database is asked, which may be what is slow.
        gate.close(overloaded=self._load.is_overloaded, draining=self._draining)
        if before.is_overloaded != self._load.is_overloaded:
            text = (
                "worker is overloaded; it claims nothing" if self._load.is_overloaded else "worker recovered"
            )
            log.warning(text, memory_bytes=usage.memory, cpu_percent=round(usage.cpu))
        if not self._registered:
            registry.register(self._worker)
        draining = registry.seen(self._worker, usage, overloaded=self._load.is_overloaded)
        self._registered = draining is not None  # else its row was removed while it was away
        if bool(draining) != self._draining:
            self._draining = bool(draining)
            log.info("worker drains" if draining else "worker claims again")
            gate.close(overloaded=self._load.is_overloaded, draining=self._draining)

    def _run(self) -> None:
        while True:
            self._try(self.look)
            if self._stop.wait(SAMPLE_SECONDS):
                self._try(lambda: registry.stopped(self._worker))
                return

    def _try(self, act: Any) -> None:
        try:
            act()
        except Error as error:
            log.warning("worker registry failed", error=str(error))
        except Exception:
            log.exception("worker registry failed")  # one sample; the next may succeed
        finally:
            # A pool process may fork at any time, and must find no open connection of this thread.
            connection.close()


_life: Life | None = None


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    """Register; the signal is sent again after every reconnection to the broker."""
    global _life  # noqa: PLW0603 - one per worker
    if _life is None:
        _life = Life(this_worker(sender.hostname, slots=sender.controller.concurrency))
        _life.begin()


@worker_shutdown.connect
def _end(**_: Any) -> None:
    if _life is not None:
        _life.end()


def this_worker(name: str, *, slots: int) -> registry.Identity:
    """Return what the settings say of the worker of this process."""
    environment = settings.ENVIRONMENT
    limits = Limits(memory=environment.worker_memory_limit, cpu=environment.worker_cpu_limit)
    queues = tuple(environment.worker_queues)
    return registry.Identity(name, socket.gethostname(), os.getpid(), queues, slots, limits)
