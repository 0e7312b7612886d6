"""Interrupt the code of a step from outside: its timeouts, a lost lease, a cancel, a stop.

The step runs in the main thread of a pool process, so a signal can raise there.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum

from celery.exceptions import SoftTimeLimitExceeded

AGAIN_SECONDS = 1.0  # code that swallows the exception meets it again after this time
LATE_SECONDS = 0.25  # an alarm that has not come by then was switched off


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

    Attributes:
        ends: monotonic seconds of the timeout.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._window: object = None  # what runs in it; None while it is closed
        self.ends = 0.0
        self._warns: float | None = None  # monotonic seconds of the soft timeout
        self._has_warned = False
        self._asked: tuple[object, Cause] = (None, Cause.TIMEOUT)  # what an interrupt was meant for

    @contextmanager
    def armed(
        self, what: object, *, timeout: timedelta, soft_timeout: timedelta | None = None
    ) -> Iterator[None]:
        """Interrupt what runs inside after `timeout`, or when `interrupt` is called for `what`.

        After `soft_timeout` it meets `SoftTimeLimitExceeded`, once.
        """
        signal.signal(signal.SIGALRM, self._on_alarm)  # the code of another step may have taken it
        now = time.monotonic()
        self.ends = now + timeout.total_seconds()
        self._warns = now + soft_timeout.total_seconds() if soft_timeout else None
        self._has_warned = False
        try:
            try:
                self._window = what
                self._set_alarm(now)
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

    def extend(self, what: object, seconds: float) -> None:
        """Let `what` run for `seconds` from now, where its timeout would come sooner; both timeouts move."""
        now = time.monotonic()
        longer = now + seconds - self.ends
        if self._window is not what or longer <= 0:
            return
        self.ends += longer
        if self._warns is not None:
            self._warns += longer
            self._has_warned = self._has_warned and self._warns <= now
        self._set_alarm(now)

    def enforce(self, what: object) -> None:
        """Interrupt `what` if it is past a timeout: its code has switched the alarm off."""
        if self._window is what and self._next_alarm() <= time.monotonic() - LATE_SECONDS:
            signal.pthread_kill(self._thread, signal.SIGALRM)

    def _next_alarm(self) -> float:
        return self.ends if self._warns is None or self._has_warned else self._warns

    def _set_alarm(self, now: float) -> None:
        # A timer of zero would be none.
        signal.setitimer(signal.ITIMER_REAL, max(self._next_alarm() - now, 0.001), AGAIN_SECONDS)

    def _close(self) -> None:
        self._window = None
        signal.setitimer(signal.ITIMER_REAL, 0)

    def _on_alarm(self, _signal: int, _frame: object) -> None:
        if self._window is None:
            return
        meant_for, cause = self._asked
        if meant_for is self._window:
            raise Interrupted(cause)
        now = time.monotonic()
        if now >= self.ends:
            raise Interrupted(Cause.TIMEOUT)
        if now >= self._next_alarm():
            self._has_warned = True
            self._set_alarm(now)
            raise SoftTimeLimitExceeded
