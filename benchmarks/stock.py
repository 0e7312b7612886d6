"""Stock django-celery-beat, for the beat benchmarks."""

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from benchmarks.arrivals import Arrival
from benchmarks.broker import QUEUE
from benchmarks.processes import Running
from benchmarks.stage import Stage

_COLUMNS = "task, args, kwargs, enabled, total_run_count, date_changed, description, headers, one_off"
_INSERT = f"""
INSERT INTO django_celery_beat_periodictask (name, interval_id, last_run_at, {_COLUMNS})
SELECT %(prefix)s || i, (SELECT id FROM django_celery_beat_intervalschedule),
    %(first_at)s::timestamptz + (i - 1) * %(apart)s::interval - interval '1 hour',
    %(task)s, '[]', '{{}}', true, 0, now(), '', '{{}}', false
FROM generate_series(1, %(count)s) AS i
"""
# What django-celery-beat's signal handlers write whenever a row is saved.
_CHANGED = """
INSERT INTO django_celery_beat_periodictasks (ident, last_update) VALUES (1, clock_timestamp())
ON CONFLICT (ident) DO UPDATE SET last_update = excluded.last_update
"""


class Stock:
    """Rows of django-celery-beat, hourly. A fire arrives when its message can be read from the broker."""

    system = "django-celery-beat"

    def __init__(self, stage: Stage, *, task: str = "benchmarks.noop") -> None:
        self._stage = stage
        self._task = task

    def seed(self, count: int) -> None:
        """Replace all rows by `count` that are not due, and one that is, `first1`."""
        self._stage.peer_broker.clear()
        database = self._stage.peer_database
        database.execute(
            "TRUNCATE django_celery_beat_periodictask, django_celery_beat_intervalschedule CASCADE"
        )
        database.execute(
            "INSERT INTO django_celery_beat_intervalschedule (every, period) VALUES (3600, 'seconds')"
        )
        now = datetime.now(UTC)
        self._insert("idle-", count, first_at=now + timedelta(hours=1), apart=timedelta(milliseconds=1))
        self._insert("first", 1, first_at=now, apart=timedelta())
        database.execute("VACUUM ANALYZE django_celery_beat_periodictask")

    def running(self) -> AbstractContextManager[Running]:
        """Run beat with its DatabaseScheduler."""
        scheduler = "django_celery_beat.schedulers:DatabaseScheduler"
        return self._stage.peer("stock", "beat", "--scheduler", scheduler, "--pidfile=")

    def add(self, prefix: str, count: int, *, first_at: float, apart: float) -> None:
        """Insert rows that become due one after another, and mark the table as changed."""
        first = datetime.fromtimestamp(first_at, UTC)
        self._insert(prefix, count, first_at=first, apart=timedelta(seconds=apart))

    def edit(self, number: int, *, ahead: float) -> tuple[str, float]:
        """Let an idle row fire in `ahead` seconds; return its name and when that was asked for."""
        name = f"idle-{number}"
        now = datetime.now(UTC)
        due_at = now + timedelta(seconds=ahead)
        self._stage.peer_database.execute(
            "UPDATE django_celery_beat_periodictask SET last_run_at = %s, date_changed = now() WHERE name = %s",
            due_at - timedelta(hours=1),
            name,
        )
        self._stage.peer_database.execute(_CHANGED)
        return name, now.timestamp()

    def arrivals(self, *, within: float) -> Iterator[Arrival]:
        """Yield fires as their messages come, until so many seconds are over."""
        until = time.time() + within
        while (left := until - time.time()) > 0:
            message = self._stage.peer_broker.client.blpop([QUEUE], timeout=min(left, 1.0))
            if message is not None:
                seen_at = time.time()
                yield Arrival(json.loads(message[1])["headers"]["periodic_task_name"], seen_at)

    def _insert(self, prefix: str, count: int, *, first_at: datetime, apart: timedelta) -> None:
        values = {"prefix": prefix, "count": count, "first_at": first_at, "apart": apart, "task": self._task}
        self._stage.peer_database.run(_INSERT, values)
        self._stage.peer_database.execute(_CHANGED)
