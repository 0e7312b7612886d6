"""Whether this worker, or this one of its processes, is to claim nothing more."""

import mmap
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from celery.signals import worker_process_init, worker_shutting_down

# One byte shared with the pool's parent, which alone hears an ordinary SIGTERM.
# Mapped before the pool forks.
_stopping = mmap.mmap(-1, 1)
_is_pool_process = False
_is_busy = False
_is_leaving = False
_pools_handler: Any = None


def is_stopping() -> bool:
    """Return whether to claim nothing more."""
    return _is_leaving or _stopping[0] == 1


@worker_shutting_down.connect
def stop_all(**_: Any) -> None:
    """Tell every process of this worker to claim nothing more."""
    _stopping[0] = 1


@contextmanager
def busy() -> Iterator[None]:
    """Put off a SIGTERM to this process until the block has ended: what is held is handed back first."""
    global _is_busy  # noqa: PLW0603 - of this process
    if _is_pool_process:
        _hear_sigterm()
    _is_busy = True
    try:
        yield
    finally:
        _is_busy = False
        if _is_leaving:
            sys.exit()


@worker_process_init.connect
def _note_pool_process(**_: Any) -> None:
    global _is_pool_process  # noqa: PLW0603 - of this process
    _is_pool_process = True


def _hear_sigterm() -> None:
    """Take SIGTERM from the pool, whose handler raises wherever the code happens to be.

    It comes when the whole process group is told to end: by systemd, by a
    shell, by a supervisor's watchdog. Not done when the process begins, since
    the pool sets its own handler after that.
    """
    before = signal.getsignal(signal.SIGTERM)
    if before is _leave:
        return

    global _pools_handler  # noqa: PLW0603 - of this process
    _pools_handler = before
    signal.signal(signal.SIGTERM, _leave)


def _leave(number: int, frame: FrameType | None) -> None:
    global _is_leaving  # noqa: PLW0603 - of this process
    _is_leaving = True
    if not _is_busy and callable(_pools_handler):
        _pools_handler(number, frame)
