"""Circuit breakers: a target that fails too often is left alone for a while, by all workers."""

from executions.circuits.guarding import guard, note
from executions.circuits.rows import Key
from executions.circuits.services import hold_open, prune, release_waiting, reset

__all__ = ["Key", "guard", "hold_open", "note", "prune", "release_waiting", "reset"]
