"""Failed executions put aside for a person: start them again, discard them, bound them."""

from executions.dead_letters.ageing import discard_old
from executions.dead_letters.bulk import MOST_AT_ONCE, Bulk, discard_many, redrive_many
from executions.dead_letters.redriving import redrive
from executions.dead_letters.resuming import resume
from executions.dead_letters.selection import Filter
from executions.dead_letters.settling import discard

__all__ = [
    "MOST_AT_ONCE",
    "Bulk",
    "Filter",
    "discard",
    "discard_many",
    "discard_old",
    "redrive",
    "redrive_many",
    "resume",
]
