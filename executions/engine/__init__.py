"""Finish attempts and decide what their executions do next.

A finish is one transaction, guarded by (step run, attempt): a worker that lost its lease changes nothing, and a
second finish of the same attempt finds nothing to change.
"""

from executions.engine.finishing import finish, settle_waiting, wake_waiting
from executions.engine.passing_on import after_close

__all__ = ["after_close", "finish", "settle_waiting", "wake_waiting"]
