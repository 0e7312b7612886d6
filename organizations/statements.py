"""Hot statements, prepared: parsed and planned once per connection.

Django's own cursor puts the parameters into the text, so that the server
plans each execution anew.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
from psycopg.types.json import Jsonb


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _literal(value: Any) -> str:
    write = _WRITERS.get(type(value))
    return write(value) if write else _quoted(str(value))


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    NoneType: lambda _: "NULL",
    UUID: str,
    datetime: datetime.isoformat,
    bool: lambda value: "t" if value else "f",
    int: str,
    Jsonb: lambda value: _quoted(json.dumps(value.obj)),
}


def array(values: Iterable[Any]) -> str:
    """Return an array of PostgreSQL as text; the driver looks at each element three times."""
    return "{" + ",".join(_literals(values)) + "}"


def _literals(values: Iterable[Any]) -> Iterator[str]:
    last, text = None, "NULL"
    for value in values:
        if value is not last:  # most columns of a batch hold one value throughout
            last, text = value, _literal(value)
        yield text


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
