"""End the process of a step that cannot be interrupted, because its code hangs in C or blocks signals.

`table` is memory that a worker's processes share: each of its pool processes writes there what it runs and
until when. `watch` is a thread of the parent process, which kills one that is past its time; Celery then
starts another in its place. `successor` is what that one does first: record how its predecessor ended.
"""

from executions.running.hard_limits import successor, watch

__all__ = ["successor", "watch"]
