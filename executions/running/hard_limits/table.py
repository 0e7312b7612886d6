"""What each pool process of this worker runs, and until when: shared with the parent process.

One slot for each pool process, written by that process alone, except for the mark of the parent that it
has killed it. There are no locks: each group of fields is written before the one that makes it count.
"""

import mmap
import struct
import time
from dataclasses import dataclass
from uuid import UUID

from executions.running.interrupts import Cause

SLOTS = 256  # the greatest concurrency of a worker

_SECONDS = struct.Struct("=d")
_FACTS = struct.Struct("=16sIB")  # step run, attempt, heeds cancel
_ASKED = struct.Struct("=16sIB")  # step run, attempt, cause
_PID = struct.Struct("=i")
_ENDS, _SEEN, _FACTS_AT, _UNTIL, _ASKED_AT, _PID_AT, _KILLED_FOR, _SIZE = 0, 8, 16, 40, 48, 72, 76, 80

_CAUSES = tuple(Cause)
_table = mmap.mmap(-1, SLOTS * _SIZE)  # mapped before the pool forks
_mine: int | None = None  # where the slot of this process begins


@dataclass(frozen=True, slots=True)
class Slot:
    """What a pool process runs.

    Attributes:
        pid: 0 for a slot that no process has taken.
        ends: monotonic seconds at which its code has to have ended; 0 while it runs none.
        seen: monotonic seconds at which the process showed that its threads run.
        cause: why it has to end then.
        killed_for: set by the parent before it kills the process.
    """

    pid: int
    ends: float
    seen: float
    step_run_id: UUID
    attempt: int
    heeds_cancel: bool
    cause: Cause
    killed_for: Cause | None

    def is_same_run(self, other: "Slot") -> bool:
        """Return whether the process still runs the same attempt, with the same end."""
        return (self.pid, self.ends, self.step_run_id, self.attempt) == (
            other.pid,
            other.ends,
            other.step_run_id,
            other.attempt,
        )


def take(index: int, pid: int) -> Slot:
    """Make slot `index` that of this process, and return what its predecessor left there."""
    global _mine  # noqa: PLW0603 - of this process
    left = read(index)
    _mine = index * _SIZE
    _table[_mine : _mine + _SIZE] = bytes(_SIZE)
    _PID.pack_into(_table, _mine + _PID_AT, pid)
    return left


def begin(step_run_id: UUID, attempt: int, *, ends: float, heeds_cancel: bool) -> None:
    """Note what this process runs from now on. Without effect in a process that has no slot."""
    if _mine is not None:
        _SECONDS.pack_into(_table, _mine + _SEEN, time.monotonic())
        _FACTS.pack_into(_table, _mine + _FACTS_AT, step_run_id.bytes, attempt, heeds_cancel)
        _SECONDS.pack_into(_table, _mine + _ENDS, ends)


def move(ends: float) -> None:
    """Let the code of this process run until `ends`, in monotonic seconds."""
    if _mine is not None:
        _SECONDS.pack_into(_table, _mine + _ENDS, ends)


def release() -> None:
    """Note that this process runs no code of a step."""
    if _mine is not None:
        _SECONDS.pack_into(_table, _mine + _ENDS, 0.0)


def show_life() -> None:
    """Note that the threads of this process run."""
    if _mine is not None:
        _SECONDS.pack_into(_table, _mine + _SEEN, time.monotonic())


def end_by(until: float, *, step_run_id: UUID, attempt: int, cause: Cause) -> None:
    """Have this process killed at `until`, in monotonic seconds, if it still runs this attempt then."""
    if _mine is not None:
        _SECONDS.pack_into(_table, _mine + _UNTIL, until)
        _ASKED.pack_into(_table, _mine + _ASKED_AT, step_run_id.bytes, attempt, _CAUSES.index(cause))


def read(index: int) -> Slot:
    """Return slot `index`."""
    at = index * _SIZE
    (ends,), (seen,) = _SECONDS.unpack_from(_table, at), _SECONDS.unpack_from(_table, at + _SEEN)
    run, attempt, heeds_cancel = _FACTS.unpack_from(_table, at + _FACTS_AT)
    asked_run, asked_attempt, asked_cause = _ASKED.unpack_from(_table, at + _ASKED_AT)
    cause = Cause.TIMEOUT
    if ends and (asked_run, asked_attempt) == (run, attempt):
        ends = min(ends, *_SECONDS.unpack_from(_table, at + _UNTIL))
        cause = _CAUSES[asked_cause]
    killed_for = _table[at + _KILLED_FOR]
    return Slot(
        pid=_PID.unpack_from(_table, at + _PID_AT)[0],
        ends=ends,
        seen=seen,
        step_run_id=UUID(bytes=run),
        attempt=attempt,
        heeds_cancel=bool(heeds_cancel),
        cause=cause,
        killed_for=_CAUSES[killed_for - 1] if killed_for else None,
    )


def running() -> dict[int, Slot]:
    """Return the slots of processes that run a step, by index."""
    busy = [index for index in range(SLOTS) if _SECONDS.unpack_from(_table, index * _SIZE)[0]]
    return {index: slot for index in busy if (slot := read(index)).ends}


def mark_killed(index: int, cause: Cause) -> None:
    """Note, as the parent, that the process of slot `index` is killed for `cause`."""
    _table[index * _SIZE + _KILLED_FOR] = _CAUSES.index(cause) + 1
