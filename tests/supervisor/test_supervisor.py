"""The supervisor keeps processes running and leaves none behind."""

import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scheduler_project.child import Backoff
from scheduler_project.supervisor import Process, Supervisor, stopping_on_signals

WAIT_SECONDS = 20
QUICK = Backoff(first=0.01, longest=0.04, steady=60)

OBEDIENT = "import signal, sys; print('up'); signal.pause()"
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up")
while True:
    signal.pause()
"""
SAYS_WHEN_STOPPED = """
import signal, sys
def leave(*_):
    print("leaving"); sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("up")
signal.pause()
"""
# A pool: the grandchild shares the group and ignores SIGTERM.
WITH_GRANDCHILD = f"""
import subprocess, sys, signal
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print("grandchild", child.pid)
signal.pause()
"""


class Lines:
    """What the processes said, to be waited for."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()

    def __call__(self, line: str) -> None:
        self._queue.put(line)

    def until(self, fits: Callable[[str], bool]) -> str:
        while True:
            line = self._queue.get(timeout=WAIT_SECONDS)
            self.seen.append(line)
            if fits(line):
                return line

    def until_said(self, text: str) -> str:
        return self.until(lambda line: text in line)

    def rest(self) -> list[str]:
        return [self._queue.get_nowait() for _ in range(self._queue.qsize())]


def python(name: str, code: str, *, stop_phase: int = 0) -> Process:
    return Process(name, (sys.executable, "-c", code), stop_phase)


def gone(pid: int) -> bool:
    """Wait for the end of a process that is not ours to wait for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (OSError, IndexError):
            return True
    return False


@pytest.fixture
def lines() -> Lines:
    return Lines()


@contextmanager
def supervising(*processes: Process, echo: Lines, backoff: Backoff = QUICK) -> Iterator[Supervisor]:
    supervisor = Supervisor(processes, env=os.environ, echo=echo, backoff=backoff)
    supervisor.start()
    try:
        yield supervisor
    finally:
        supervisor.stop(timeout=0)


def test_each_line_is_prefixed_with_the_aligned_name(lines: Lines) -> None:
    with supervising(python("web", OBEDIENT), python("worker", OBEDIENT), echo=lines):
        said = {lines.until_said("up"), lines.until_said("up")}

    assert said == {"web    │ up", "worker │ up"}


def test_a_process_that_ends_is_started_again_after_a_growing_wait(lines: Lines) -> None:
    with supervising(python("beat", "raise SystemExit(3)"), echo=lines):
        waits = [lines.until_said("starting again") for _ in range(4)]

    assert waits[0] == "beat │ ended (exit status 3); starting again in 0.01 s"
    assert [line.rpartition(" in ")[2] for line in waits] == ["0.01 s", "0.02 s", "0.04 s", "0.04 s"]


def test_a_process_that_lived_long_starts_again_without_the_former_wait() -> None:
    backoff = Backoff(first=0.5, longest=30, steady=60)

    assert backoff.next(16.0, lived=59) == 30
    assert backoff.next(16.0, lived=60) == 0.5


def test_a_killed_process_is_replaced_by_another(lines: Lines) -> None:
    with supervising(python("worker", OBEDIENT), echo=lines) as supervisor:
        lines.until_said("up")
        first = supervisor.pids()["worker"]
        os.kill(first, signal.SIGKILL)
        lines.until_said("ended (killed by SIGKILL)")
        lines.until_said("up")

        assert supervisor.pids()["worker"] != first


def test_a_command_that_does_not_exist_is_reported_and_tried_again(lines: Lines) -> None:
    with supervising(Process("web", ("/nonexistent/program",)), echo=lines):
        said = lines.until_said("starting again")

    assert said.startswith("web │ cannot be started (")


def test_what_a_crashed_process_started_is_ended_before_the_next_life(lines: Lines) -> None:
    with supervising(python("worker", WITH_GRANDCHILD), echo=lines) as supervisor:
        grandchild = int(lines.until_said("grandchild").split()[-1])
        os.kill(supervisor.pids()["worker"], signal.SIGKILL)
        lines.until_said("starting again")

        assert gone(grandchild)


def test_the_worker_is_stopped_after_web_and_beat(lines: Lines) -> None:
    wanted = [
        python("worker", SAYS_WHEN_STOPPED, stop_phase=1),
        python("web", SAYS_WHEN_STOPPED),
        python("beat", SAYS_WHEN_STOPPED),
    ]
    with supervising(*wanted, echo=lines) as supervisor:
        for _ in wanted:
            lines.until_said("up")
        supervisor.stop(timeout=WAIT_SECONDS)

    left = [line.split()[0] for line in lines.rest() if "leaving" in line]
    assert sorted(left[:2]) == ["beat", "web"]
    assert left[2:] == ["worker"]


def test_a_stubborn_process_and_its_children_are_killed_within_the_bound(lines: Lines) -> None:
    with supervising(python("web", STUBBORN), python("worker", WITH_GRANDCHILD), echo=lines) as supervisor:
        grandchild = int(lines.until_said("grandchild").split()[-1])
        pids = supervisor.pids()
        begin = time.monotonic()
        supervisor.stop(timeout=1)
        took = time.monotonic() - begin

    assert took < 2
    assert all(gone(pid) for pid in [*pids.values(), grandchild])


def test_asking_again_to_stop_skips_the_patience(lines: Lines) -> None:
    with supervising(python("web", STUBBORN), echo=lines) as supervisor:
        lines.until_said("up")
        begin = time.monotonic()
        with stopping_on_signals(supervisor):
            os.kill(os.getpid(), signal.SIGINT)
            assert supervisor.wait(WAIT_SECONDS)
            interrupter = subprocess.Popen([sys.executable, "-c", INTERRUPT_PARENT])
            supervisor.stop(timeout=WAIT_SECONDS * 10)
            interrupter.wait()

    assert time.monotonic() - begin < WAIT_SECONDS


INTERRUPT_PARENT = "import os, signal; os.kill(os.getppid(), signal.SIGINT)"

SUPERVISE = """
import os, sys
from scheduler_project.supervisor import Process, Supervisor, stopping_on_signals
supervisor = Supervisor([Process("worker", (sys.executable, "-c", sys.argv[1]))], env=os.environ)
with stopping_on_signals(supervisor):
    supervisor.run_until_stopped()
print("stopped")
"""


@contextmanager
def supervisor_process(code: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", SUPERVISE, code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_processes_do_not_outlive_a_killed_supervisor() -> None:
    with supervisor_process(WITH_GRANDCHILD) as process:
        assert process.stdout
        said = process.stdout.readline()
        grandchild = int(said.split()[-1])
        worker = os.getpgid(grandchild)

        process.kill()

        assert gone(worker)
        assert gone(grandchild)


def test_sigterm_stops_everything_and_the_supervisor_ends_well() -> None:
    with supervisor_process(WITH_GRANDCHILD) as process:
        assert process.stdout
        grandchild = int(process.stdout.readline().split()[-1])

        process.terminate()
        rest = process.stdout.read()

        assert process.wait(WAIT_SECONDS) == 0
        assert rest.endswith("stopped\n")
        assert gone(grandchild)
