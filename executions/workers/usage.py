"""Measure what this process and all below it use."""

import time

import psutil

from executions.workers.load import Usage


class Meter:
    """Measures from sample to sample: processor time is a difference."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._seconds: dict[int, float] = {}  # of processor time, by process
        self._at = time.monotonic()

    def sample(self) -> Usage:
        """Return the memory in use now, and the processor time since the last sample."""
        family = [self._process, *self._process.children(recursive=True)]
        before, self._seconds = self._seconds, {}
        memory = 0
        for process in family:
            try:
                memory += _memory(process)
                self._seconds[process.pid] = _busy_seconds(process)
            except psutil.Error:  # it has ended meanwhile
                continue
        used = sum(now - before.get(pid, now) for pid, now in self._seconds.items())
        elapsed, self._at = time.monotonic() - self._at, time.monotonic()
        return Usage(memory=memory, cpu=max(0.0, 100 * used / elapsed) if elapsed else 0.0)


def _memory(process: psutil.Process) -> int:
    """Return bytes of memory, of what processes share only this one's part, where the system tells it."""
    try:
        return int(process.memory_full_info().pss)
    except (psutil.AccessDenied, AttributeError):
        return int(process.memory_info().rss)


def _busy_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
