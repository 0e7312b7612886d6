"""The one clock: the database's.

Due times, leases and deadlines are decided by it, so a node with a wrong clock
changes nothing. SQL calls `horarium_now()`; Python reads it once at an edge
and passes it on as `now`. Tests shift it by replacing that function.
"""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """Return the database's time, aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT horarium_now()")
        (instant,) = cursor.fetchone()
    return instant  # type: ignore[no-any-return]
