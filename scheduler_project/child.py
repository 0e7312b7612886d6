"""One supervised process: started, echoed, restarted, ended with everything it started."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from scheduler_project.watchdog import Watchdog

READER_SECONDS = 0.3  # the pipe of a killed group ends at once; anything longer is a descriptor that fled


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a process that ended is started again, in seconds."""

    first: float = 0.5
    longest: float = 30.0
    steady: float = 60.0  # a process that lived this long was well: the wait starts over

    def next(self, last: float, *, lived: float) -> float:
        """Return the wait that follows wait `last` (0.0 for none) after a life of `lived` seconds."""
        if not last or lived >= self.steady:
            return self.first
        return min(last * 2, self.longest)


class Child:
    """A process that is started again whenever it ends, until it is asked to stop."""

    def __init__(
        self,
        *,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        stop_phase: int,
        echo: Callable[[str], None],
        backoff: Backoff,
        watchdog: Watchdog,
    ) -> None:
        self.name = name
        self.stop_phase = stop_phase
        self.ended = threading.Event()  # no more lives follow
        self._command = command
        self._env = env
        self._echo = echo
        self._backoff = backoff
        self._watchdog = watchdog
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # between "start another life" and "stop"
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name=f"keep-{name}", daemon=True)

    @property
    def pid(self) -> int | None:
        """Return the id of the running process, which is also its group's."""
        process = self._process
        return process.pid if process and not self.ended.is_set() else None

    def start(self) -> None:
        """Start the first life and the thread that watches over it."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM; no other life follows."""
        with self._lock:
            self._stopping.set()
            if self._process:
                self._signal_leader(signal.SIGTERM)

    def end(self) -> None:
        """Kill what is left of the process and its group, and wait for it."""
        with self._lock:
            self._stopping.set()
            if self._process:
                self._kill_group(self._process.pid)
        self._thread.join()

    def _keep(self) -> None:
        wait = 0.0
        while not self._stopping.is_set():
            begin = time.monotonic()
            said = self._live()
            if self._stopping.is_set():
                break
            wait = self._backoff.next(wait, lived=time.monotonic() - begin)
            self._echo(f"{said}; starting again in {wait:g} s")
            self._stopping.wait(wait)
        self.ended.set()

    def _live(self) -> str:
        """Run the process once, to its end and that of its group; return how it went."""
        try:
            process = self._spawn()
        except OSError as error:
            return f"cannot be started ({error})"
        if process is None:
            return "stopped"
        self._echo_until_end(process)
        self._watchdog.forget(process.pid)
        return f"ended ({outcome(process.returncode)})"

    def _spawn(self) -> "subprocess.Popen[bytes] | None":
        """Start a process, unless a stop came first."""
        with self._lock:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603
                list(self._command),
                env=dict(self._env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._watchdog.watch(self._process.pid)
            return self._process

    def _echo_until_end(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout  # noqa: S101  (asked for above)
        reader = threading.Thread(target=self._read, args=[process.stdout], daemon=True)
        reader.start()
        process.wait()
        with self._lock:
            self._process = None
        # What the process started would keep the pipe open, and the reader waiting.
        self._kill_group(process.pid)
        reader.join(READER_SECONDS)

    def _read(self, output: IO[bytes]) -> None:
        with output:
            for line in output:
                self._echo(line.decode(errors="replace").rstrip())

    def _signal_leader(self, number: signal.Signals) -> None:
        """Signal the process alone: a Celery worker stops its own pool, in its own order."""
        with contextlib.suppress(ProcessLookupError):
            assert self._process  # noqa: S101  (the caller holds the lock and looked)
            self._process.send_signal(number)

    @staticmethod
    def _kill_group(group: int) -> None:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)


def outcome(status: int) -> str:
    """Return how a process ended, for a person."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
