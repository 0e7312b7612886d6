"""Keep a few processes running, and stop them in order; they never outlive the supervisor."""

import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Self

from scheduler_project import processes
from scheduler_project.child import Backoff, Child
from scheduler_project.watchdog import Watchdog

Echo = Callable[[str], None]
PHASE_SHARE = 0.3  # of the time to stop: after this the next phase is asked to stop as well
KILL_SECONDS = 0.5  # kept back from the time to stop, for SIGKILL to take effect
POLL_SECONDS = 0.05
COLOURS = (36, 33, 35, 32, 34, 31)  # of the names on a terminal, in turn


@dataclass(frozen=True)
class Process:
    """A process to keep alive. Processes of a lower `stop_phase` are stopped first."""

    name: str
    command: tuple[str, ...]
    stop_phase: int = 0
    environment: Mapping[str, str] | None = None


def platform_processes(env: Mapping[str, str], *, names: Iterable[str] = processes.LASTING) -> list[Process]:
    """Return the platform's own processes, as the process table has them."""
    return [
        Process(
            name=name,
            command=tuple(processes.command(name, env=env)),
            stop_phase=processes.PROCESSES[name].stop_phase,
            environment=processes.PROCESSES[name].environment,
        )
        for name in names
    ]


class Supervisor:
    """Run processes; restart one that ends; stop all.

    `start`, `wait` and `stop` belong to one thread. `request_stop` may be called from any thread and
    from a signal handler. Lines reach `echo` from several threads, whole and one at a time.
    """

    def __init__(
        self,
        wanted: Iterable[Process],
        *,
        env: Mapping[str, str],
        echo: Echo | None = None,
        backoff: Backoff | None = None,
        colour: bool | None = None,
    ) -> None:
        self._wanted = list(wanted)
        self._env = env
        self._echo = echo or write_line
        self._echo_lock = threading.Lock()
        self._colour = in_colour() if colour is None else colour
        self._backoff = backoff or Backoff()
        self._children: list[Child] = []
        self._watchdog: Watchdog | None = None
        self._requests = 0
        # Not an Event: its lock may be held by the very code that a signal handler interrupts.
        self._woken, self._waker = socket.socketpair()
        self._waker.settimeout(0)

    def start(self) -> None:
        """Start every process and return; from now on they are kept alive."""
        self._watchdog = Watchdog()
        width = max(len(process.name) for process in self._wanted)
        for place, process in enumerate(self._wanted):
            child = Child(
                name=process.name,
                command=process.command,
                env={**self._env, **(process.environment or {}), "PYTHONUNBUFFERED": "1"},
                stop_phase=process.stop_phase,
                echo=self._prefixed(process.name, width=width, colour=COLOURS[place % len(COLOURS)]),
                backoff=self._backoff,
                watchdog=self._watchdog,
            )
            self._children.append(child)
            child.start()

    def pids(self) -> dict[str, int]:
        """Return the process ids of what runs at this moment."""
        return {child.name: pid for child in self._children if (pid := child.pid)}

    @property
    def stop_requested(self) -> bool:
        """Say whether someone asked to stop."""
        return self._requests > 0

    def request_stop(self) -> None:
        """Ask to stop; asking again while stopping skips the patience."""
        self._requests += 1
        with contextlib.suppress(OSError):
            self._waker.send(b".")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until someone asks to stop, at most `timeout` seconds; return whether someone did."""
        if not self.stop_requested:
            select.select([self._woken], [], [], timeout)
        return self.stop_requested

    def run_until_stopped(self, *, timeout: float = 10.0) -> None:
        """Start everything, wait for `request_stop`, stop everything."""
        self.start()
        try:
            self.wait()
        finally:
            self.stop(timeout=timeout)

    def stop(self, *, timeout: float = 10.0) -> None:
        """Stop every process, phase by phase; what lives after `timeout` seconds is killed.

        Nothing is left when this returns: a process's own children share its group, and its end.
        Stopping again does nothing.
        """
        begin = time.monotonic()
        deadline = begin + max(timeout - KILL_SECONDS, 0)
        phases = sorted({child.stop_phase for child in self._children})
        requests = self._requests
        for number, phase in enumerate(phases, start=1):
            for child in self._in_phase(phase):
                child.ask_to_stop()
            share = begin + number * PHASE_SHARE * timeout
            self._await_end(
                self._in_phase(phase),
                deadline=deadline if phase == phases[-1] else min(share, deadline),
                requests=requests,
            )
        self._await_end(self._children, deadline=deadline, requests=requests)
        for child in self._children:
            child.end()
        self._children = []
        self._close()

    def _in_phase(self, phase: int) -> list[Child]:
        return [child for child in self._children if child.stop_phase == phase]

    def _await_end(self, children: Iterable[Child], *, deadline: float, requests: int) -> None:
        """Wait for the ends, until the deadline or until someone asks to stop once more."""
        for child in children:
            while child.pid and time.monotonic() < deadline and self._requests == requests:
                child.ended.wait(POLL_SECONDS)

    def _close(self) -> None:
        if self._watchdog:
            self._watchdog.close()
            self._watchdog = None
        self._woken.close()
        self._waker.close()

    def _prefixed(self, name: str, *, width: int, colour: int) -> Echo:
        label = f"{name:<{width}} │ "
        if self._colour:
            label = f"\x1b[{colour}m{label}\x1b[0m"

        def echo(line: str) -> None:
            with self._echo_lock:
                self._echo(label + line)

        return echo

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextlib.contextmanager
def stopping_on_signals(supervisor: Supervisor) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into `request_stop` for as long as the block lasts."""

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        supervisor.request_stop()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def in_colour() -> bool:
    """Say whether standard output is a terminal that wants colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def write_line(line: str) -> None:
    """Write a line to standard output; a reader that has left is no reason to stop."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
