"""Interrupt the code of a step from outside: its timeout, a lost lease, a cancel, a stop.

The step runs in the main thread of a pool process, so a signal can raise there.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum

AGAIN_SECONDS = 1.0  # code that swallows the exception meets it again after this time


class Cause(Enum):
    """Why a step is interrupted."""

    TIMEOUT = "timeout"
    LOST = "lost"
    CANCEL = "cancel"
    STOP = "stop"


class Interrupted(BaseException):
    """Raised in the code of a step; not an `Exception`, so that ordinary handlers let it pass."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        super().__init__(cause.value)


class Guard:
    """The window in which this process's main thread may be interrupted. Make it there, once.

    It takes SIGALRM and never gives it back: a signal that comes late, after the window has
    closed, must find a handler that ignores it.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._window: object = None  # what runs in it; None while it is closed
        self._ends = 0.0  # monotonic seconds of its timeout
        self._asked: tuple[object, Cause] = (None, Cause.TIMEOUT)  # what an interrupt was meant for

    @contextmanager
    def armed(self, what: object, *, timeout: timedelta) -> Iterator[None]:
        """Interrupt what runs inside after `timeout`, or when `interrupt` is called for `what`."""
        signal.signal(signal.SIGALRM, self._on_alarm)  # the code of another step may have taken it
        seconds = timeout.total_seconds()
        try:
            try:
                self._ends = time.monotonic() + seconds
                self._window = what
                signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN_SECONDS)
                yield
            finally:
                self._close()
        finally:
            self._close()  # the first one may itself have been interrupted

    def interrupt(self, what: object, cause: Cause) -> None:
        """Raise `Interrupted` in `what`; callable from any thread, without effect once it has ended."""
        if self._window is what:
            self._asked = (what, cause)
            signal.pthread_kill(self._thread, signal.SIGALRM)

    def _close(self) -> None:
        self._window = None
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_alarm(self, _signal: int, _frame: object) -> None:
        if self._window is None:
            return
        meant_for, cause = self._asked
        if meant_for is self._window:
            raise Interrupted(cause)
        if time.monotonic() >= self._ends:
            raise Interrupted(Cause.TIMEOUT)
