"""Processor time of whole groups of processes, those of a server and those of a worker."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import TICKS
from benchmarks.stage import Stage


@dataclass(slots=True)
class Used:
    """Seconds that each group used while a block lasted, and how long that was."""

    seconds: dict[str, float] = field(default_factory=dict)
    over: float = 0.0

    def each(self, count: int) -> str:
        """Return what one of `count` pieces of work cost each group."""
        parts = (f"{name} {1_000 * seconds / count:.2f}" for name, seconds in self.seconds.items())
        return f"ms of CPU each: {', '.join(parts)}" if count else ""

    def shares(self) -> str:
        """Return how busy each group was, in percent of one core."""
        return "CPU: " + ", ".join(
            f"{name} {100 * seconds / self.over:.0f} %" for name, seconds in self.seconds.items()
        )


@contextmanager
def used(pids: Mapping[str, list[int]]) -> Iterator[Used]:
    """Measure what processes and all that they have started use while the block lasts."""
    result = Used()
    began, before = time.monotonic(), {name: _seconds(own) for name, own in pids.items()}
    yield result
    result.over = time.monotonic() - began
    result.seconds = {name: _seconds(own) - before[name] for name, own in pids.items()}


def servers(stage: Stage) -> dict[str, list[int]]:
    """Return the processes of PostgreSQL and of the broker."""
    backend = int(stage.database.value("SELECT pg_backend_pid()"))
    return {
        "PostgreSQL": [_stat(backend)[1]],
        "broker": [int(stage.broker.client.info("server")["process_id"])],
    }


def _seconds(pids: list[int]) -> float:
    """Return the time of these and their descendants, those that have ended and were waited for as well."""
    found, before = set(pids), 0
    stats = {int(path.name): _stat(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    while len(found) > before:
        before = len(found)
        found |= {pid for pid, (_, parent) in stats.items() if parent in found}
    return sum(stats[pid][0] for pid in found if pid in stats)


def _stat(pid: int) -> tuple[float, int]:
    """Return processor time and parent of a process; nothing of one that has just ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0
    return sum(map(int, fields[11:15])) / TICKS, int(fields[1])
