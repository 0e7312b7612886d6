"""Hot statements, prepared: parsed and planned once per connection.

Django's own cursor puts the parameters into the text, so that the server
plans each execution anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

Parameters = Sequence[Any] | Mapping[str, Any]


@contextmanager
def executed(statement: str, parameters: Parameters = ()) -> Iterator["psycopg.Cursor[tuple[Any, ...]]"]:
    """Run a prepared statement on Django's connection, in its transaction, with its errors."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    if connection.queries_logged:
        connection.queries_log.append({"sql": statement, "time": ""})
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        yield cursor.execute(statement.encode(), parameters, prepare=True)
