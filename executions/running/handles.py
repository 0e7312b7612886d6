"""What `horarium` gives the code of the step that this process runs."""

import threading
import time
from datetime import timedelta

import structlog
from django.db import Error, connection

from executions.queries import Claim
from executions.running import progress
from executions.running.failures import storable_text
from executions.running.hard_limits import table
from executions.running.interrupts import Guard

log = structlog.get_logger(__name__)

WRITE_SECONDS = 1.0  # between two writes of the progress of a step
MAX_NOTE = 200  # characters
LONGEST_EXTENSION = timedelta(days=1)


class Handle:
    """One attempt, as its code sees it: a `horarium.StepHandle`.

    What it says is written by others: now and then by the heartbeat's thread, and by the worker at the end.
    So it neither waits nor touches a connection that it may have a transaction on.
    """

    def __init__(self, held: Claim, *, key: str, timeout: timedelta, guard: Guard) -> None:
        self.execution_id = str(held.execution_id)
        self.attempt = held.attempt
        self.idempotency_key = key
        self._held = held
        self._timeout = timeout
        self._guard = guard
        self._said: tuple[float, str] | None = None  # and not written yet
        self._writing = threading.Lock()
        self._written = -WRITE_SECONDS  # monotonic seconds

    def progress(self, fraction: float, note: str) -> None:
        """Note how far the step is; what lies outside of 0 to 1 counts as the nearer end."""
        self._said = (min(max(0.0, float(fraction)), 1.0), storable_text(str(note))[:MAX_NOTE])

    def extend(self, seconds: float | None) -> None:
        """Let the attempt run for `seconds`, or for its whole timeout, from now; never shortens it.

        Raises:
            ValueError: `seconds` is negative or more than a day.
        """
        longest = LONGEST_EXTENSION.total_seconds()
        if seconds is not None and not 0 <= seconds <= longest:
            raise ValueError(f"`seconds` must lie between 0 and {longest:g}")
        self._guard.extend(self._held, self._timeout.total_seconds() if seconds is None else seconds)
        table.move(self._guard.ends)

    def write_now_and_then(self) -> None:
        """Write what was said, unless the last time was less than a second ago."""
        if self._said is not None and time.monotonic() - self._written >= WRITE_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what was said and is not written yet, or keep it where the database is away."""
        with self._writing:
            said, self._said = self._said, None
            if said is None:
                return
            self._written = time.monotonic()
            try:
                progress.write(self._held, fraction=said[0], note=said[1])
            except Error as error:
                self._keep(said)
                log.warning("progress not written", step_run_id=str(self._held.id), error=str(error))
                connection.close()

    def _keep(self, said: tuple[float, str]) -> None:
        if self._said is None:  # nothing newer came meanwhile
            self._said = said
