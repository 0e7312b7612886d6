"""Real processes of the platform and of its peers, and what they use."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scheduler_project.watchdog import Watchdog

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15.0
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A process ended before it should; the message has the end of its output."""


class Running:
    """A process in a session of its own."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], log: Path) -> None:
        self._log = log
        self.began = time.monotonic()
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def check(self) -> None:
        """Raise `Failed` if it has ended."""
        if self._process.poll() is not None:
            raise Failed(f"{self._log.stem} ended:\n{self.output()[-3_000:]}")

    def output(self) -> str:
        """Return what it has written so far."""
        return self._log.read_text(errors="replace")

    def cpu_seconds(self) -> float:
        """Return the processor time of the process itself, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self, kind: str) -> float:
        """Return resident memory in MiB; `kind` is Rss, or Pss, which shares out what others map too."""
        return self._kilobytes("smaps_rollup", kind) / 1024

    def peak_memory(self) -> float:
        """Return the most memory in MiB that was ever resident."""
        return self._kilobytes("status", "VmHWM") / 1024

    def _kilobytes(self, file: str, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/{file}").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
        raise KeyError(name)

    def stop(self) -> None:
        """End it and everything it started."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


@contextlib.contextmanager
def running(
    command: Sequence[str], *, env: Mapping[str, str], log: Path, watchdog: Watchdog
) -> Iterator[Running]:
    """Run a process while the block lasts; it does not outlive this one."""
    process = Running(command, env=env, log=log)
    watchdog.watch(process.pid)
    try:
        yield process
    finally:
        process.stop()
        watchdog.forget(process.pid)
