"""A connection for seeding and watching; it goes round Django, so that it measures no part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psycopg


def named(url: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@dataclass(frozen=True, slots=True)
class Counters:
    """What a database has done so far."""

    commits: int
    wal_bytes: int

    def __sub__(self, other: "Counters") -> "Counters":
        return Counters(self.commits - other.commits, self.wal_bytes - other.wal_bytes)


class Database:
    """Autocommitting statements on one database.

    Its counters are read through the server's own database, and so do not
    count the reading.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)
        self._monitor = psycopg.connect(named(url, "postgres"), autocommit=True)

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        cursor = self._connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def run(self, statement: str, values: Mapping[str, Any]) -> None:
        """Run a statement with named values."""
        self._connection.execute(statement.encode(), values)

    def value(self, statement: str, *values: Any) -> Any:
        """Run a statement and return the one value of its one row."""
        return self.execute(statement, *values)[0][0]

    def counters(self) -> Counters:
        """Return commits of this database and the server's WAL position. Living sessions report late."""
        row = self._monitor.execute(
            "SELECT xact_commit, pg_current_wal_lsn() - '0/0'::pg_lsn FROM pg_stat_database WHERE datname = %s",
            [self._connection.info.dbname],
        ).fetchone()
        assert row is not None
        return Counters(row[0], int(row[1]))

    def checkpoint(self) -> None:
        """Write a checkpoint, so that every phase pays for the same full-page images."""
        self._monitor.execute("CHECKPOINT")

    def close(self) -> None:
        """Leave."""
        self._connection.close()
        self._monitor.close()
