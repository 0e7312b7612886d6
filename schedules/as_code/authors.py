"""On whose behalf a file is applied."""

from dataclasses import dataclass
from datetime import datetime


def by(source: str) -> str:
    """Return the name that the history shows for a source."""
    return f"code:{source}"


@dataclass(frozen=True, slots=True)
class Author:
    """The source of the file, when it is applied, and why."""

    source: str
    now: datetime
    reason: str = ""

    @property
    def by(self) -> str:
        """The name that the history shows."""
        return by(self.source)
