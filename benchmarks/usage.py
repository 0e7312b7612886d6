"""What a process uses while nothing is asked of it."""

import time
from collections.abc import Iterator

from benchmarks.figures import Figure, Subject
from benchmarks.processes import Running


def idle(subject: Subject, process: Running, *, seconds: float, note: str = "") -> Iterator[Figure]:
    """Yield processor time over so many seconds from now, and memory at their end."""
    share, over = cpu_share(process, seconds=seconds)
    yield subject.one("idle CPU", share, "%", note=f"of one core, over {over:.0f} s{note}")
    yield from memory(subject, process, note=note)


def cpu_share(process: Running, *, seconds: float) -> tuple[float, float]:
    """Return percent of one core and the seconds that it was looked at, `seconds` or a little more."""
    began, used = time.monotonic(), process.cpu_seconds()
    time.sleep(seconds)
    over = time.monotonic() - began
    return (process.cpu_seconds() - used) / over * 100, over


def memory(subject: Subject, process: Running, *, when: str = "", note: str = "") -> Iterator[Figure]:
    """Yield what is resident now, and what is left of it when shared pages are shared out."""
    yield subject.one(f"memory, resident{when}", process.memory("Rss"), "MiB", note=note.lstrip("; "))
    yield subject.one(f"memory, its share{when}", process.memory("Pss"), "MiB", note="PSS")
