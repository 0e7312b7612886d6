"""Take back the database connections that the code of a step has used.

Code may leave a transaction open, switch autocommit off, or be interrupted in
the middle of a query. What comes after it must not inherit that.
"""

import contextlib
from typing import Any

import psycopg
from django.db import connections
from psycopg.pq import TransactionStatus

State = tuple[bool, int, bool, TransactionStatus]
CANCEL_SECONDS = 1.0
IDLE: State = (False, 0, True, TransactionStatus.IDLE)


def snapshot() -> dict[str, State]:
    """Return the state of every connection that is open."""
    return {connection.alias: _state(connection) for connection in connections.all(initialized_only=True)}


def restore(before: dict[str, State]) -> None:
    """Drop each connection that is not as it was; the next use opens a new one."""
    for connection in list(connections.all(initialized_only=True)):
        if _state(connection) != before.get(connection.alias, IDLE):
            _end(connection.connection)
            # Django's own flags would outlive a mere close.
            del connections[connection.alias]


def _end(raw: "psycopg.Connection[Any] | None") -> None:
    if raw is None:
        return
    if raw.info.transaction_status == TransactionStatus.ACTIVE:
        # The server would go on with the query, whether anybody waits for it or not.
        with contextlib.suppress(psycopg.Error):
            raw.cancel_safe(timeout=CANCEL_SECONDS)
    raw.close()


def _state(connection: Any) -> State:
    raw = connection.connection
    status = TransactionStatus.IDLE if raw is None else raw.info.transaction_status
    return (
        connection.in_atomic_block,
        len(connection.atomic_blocks),
        connection.autocommit or raw is None,
        status,
    )
