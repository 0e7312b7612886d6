"""Whether this worker may claim: two bytes that the pool's parent writes and its processes read.

It goes on with what it runs; compare `executions.stopping`, after which it ends.
"""

import mmap
import time

from executions import wakeups

HOLD_SECONDS = 0.5  # of a slot that may not claim, so that the next wake-up finds another worker

# Mapped before the pool forks.
_closed = mmap.mmap(-1, 2)
_OVERLOADED, _DRAINING = 0, 1


def may_claim() -> bool:
    """Return whether this worker may claim: it is neither overloaded nor being drained."""
    return _closed[_OVERLOADED] == _closed[_DRAINING] == 0


def close(*, overloaded: bool, draining: bool) -> None:
    """Let every process of this worker know, from its parent."""
    _closed[_OVERLOADED], _closed[_DRAINING] = overloaded, draining


def step_aside(queue: str) -> None:
    """Leave a wake-up to other workers: send it again, and do not take the next one at once."""
    wakeups.wake(queue)
    time.sleep(HOLD_SECONDS)
