"""Beat among 100 to 100,000 schedules: start-up, memory, idle CPU, edits, lateness."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from benchmarks import usage
from benchmarks.arrivals import Arrival
from benchmarks.figures import Figure, Subject, in_order
from benchmarks.horarium import Horarium
from benchmarks.processes import Running
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from benchmarks.stock import Stock

FIRES_PER_SECOND = 60
EDIT_AHEAD = 0.05  # seconds; an edit asks for a fire so soon
EDITS_BUDGET = 90.0  # seconds for all edits of one beat


class Beat(Protocol):
    """What is measured; `Horarium` and `Stock` say what each call means there."""

    system: str

    def seed(self, count: int) -> None: ...
    def running(self) -> AbstractContextManager[Running]: ...
    def add(self, prefix: str, count: int, *, first_at: float, apart: float) -> None: ...
    def edit(self, number: int, *, ahead: float) -> tuple[str, float]: ...
    def arrivals(self, *, within: float) -> Iterator[Arrival]: ...


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the figures of both beats with each number of schedules, measure by measure."""
    figures = []
    for rows in sizes.beat_rows:
        beats: list[Beat] = [Horarium(stage), Stock(stage)]
        figures += in_order([figure for beat in beats for figure in _measure(beat, rows, sizes)])
    return figures


def _measure(beat: Beat, rows: int, sizes: Sizes) -> Iterator[Figure]:
    subject = Subject(f"beat, {rows:,} schedules", beat.system)
    say(f"{subject.benchmark}, {beat.system}: inserting")
    beat.seed(rows)
    with beat.running() as process:
        say(f"{subject.benchmark}, {beat.system}: starting")
        started = _wait(beat, "first1", within=sizes.beat_start)
        seconds = time.monotonic() - process.began
        process.check()
        note = "" if started else f"not within {sizes.beat_start:g} s"
        yield subject.one("start-up to the first fire", seconds if started else None, "s", note=note)
        if not started:
            return
        say(f"{subject.benchmark}, {subject.system}: idle for {sizes.beat_idle:g} s")
        time.sleep(sizes.beat_settle)
        yield from usage.idle(subject, process, seconds=sizes.beat_idle)
        yield _edits(beat, subject, sizes)
        yield from _fires(beat, subject, sizes, lead=1 + seconds)
        process.check()
        yield subject.one("memory, peak resident", process.peak_memory(), "MiB", note="after edits and fires")


def _edits(beat: Beat, subject: Subject, sizes: Sizes) -> Figure:
    say(f"{subject.benchmark}, {subject.system}: {sizes.edits} edits")
    until = time.monotonic() + EDITS_BUDGET
    waits, lost = [], 0
    for number in range(1, sizes.edits + 1):
        if time.monotonic() > until:
            break
        name, asked_at = beat.edit(number, ahead=EDIT_AHEAD)
        arrival = _wait(beat, name, within=sizes.edit_wait)
        if arrival:
            waits.append((arrival.seen_at - asked_at) * 1_000)
        else:
            lost += 1
    note = f"which is due {EDIT_AHEAD * 1_000:.0f} ms after the edit began"
    if lost:
        note += f"; {lost} not within {sizes.edit_wait:g} s"
    return subject.many("edit to its fire", waits, "ms", note=note)


def _fires(beat: Beat, subject: Subject, sizes: Sizes, *, lead: float) -> Iterator[Figure]:
    """Yield the lateness of one fire each 1/60 s. `lead` gives a beat that reads everything time to do so."""
    apart = 1 / FIRES_PER_SECOND
    window = sizes.beat_fires * apart
    say(f"{subject.benchmark}, {subject.system}: {sizes.beat_fires} fires in {window:.0f} s")
    first_at = time.time() + lead
    beat.add("due-", sizes.beat_fires, first_at=first_at, apart=apart)
    found = _collect(beat, sizes.beat_fires, within=first_at + window + sizes.beat_late - time.time())
    due_at = {f"due-{number + 1}": first_at + number * apart for number in range(sizes.beat_fires)}
    warm = FIRES_PER_SECOND // 2 if sizes.beat_fires > FIRES_PER_SECOND else 0
    late = [(arrival.seen_at - due_at[arrival.name]) * 1_000 for arrival in found][warm:]
    missing = sizes.beat_fires - len(found)
    note = f"{missing} not within {sizes.beat_late:g} s after the last was due" if missing else ""
    yield subject.many("lateness at 60/s, until others see it", late, "ms", note=note)
    recorded = [
        (arrival.recorded_at - due_at[arrival.name]) * 1_000
        for arrival in found[warm:]
        if arrival.recorded_at is not None
    ]
    if recorded:
        yield subject.many("lateness at 60/s, created_at", recorded, "ms")


def _wait(beat: Beat, name: str, *, within: float) -> Arrival | None:
    return next((arrival for arrival in beat.arrivals(within=within) if arrival.name == name), None)


def _collect(beat: Beat, wanted: int, *, within: float) -> list[Arrival]:
    found = []
    for arrival in beat.arrivals(within=within):
        if arrival.name.startswith("due-"):
            found.append(arrival)
        if len(found) == wanted:
            break
    return found
