"""The platform's beat, for the beat benchmarks."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

from benchmarks import seed
from benchmarks.arrivals import Arrival
from benchmarks.processes import Running
from benchmarks.stage import Stage
from executions.admitting.overlap import OverlapPolicy
from schedules import services
from schedules.models import Schedule
from workflows.models import Workflow

POLL_SECONDS = 0.002
OVERLAP_SECONDS = 3.0  # looked back at, for what was committed late

# Index: execution_newest (organization, created_at DESC, id DESC).
_NEW = """
SELECT e.id, s.name, extract(epoch FROM e.created_at)::float8
FROM executions_execution AS e JOIN schedules_schedule AS s ON s.id = e.schedule_id
WHERE e.organization_id = %s AND e.created_at > to_timestamp(%s)
"""


class Horarium:
    """Schedules of the platform. A fire arrives when its execution can be read by others."""

    system = "Horarium"

    def __init__(self, stage: Stage, *, workflow: Workflow | None = None) -> None:
        self._stage = stage
        self._workflow = workflow or seed.noop()
        self._seen: set[object] = set()

    def seed(self, count: int) -> None:
        """Replace all schedules by `count` that are not due, and one that is, `first1`."""
        self._clear()
        ahead = datetime.now(UTC) + seed.FAR
        self._insert("idle-", count, first_at=ahead, apart=timedelta(seconds=1))
        self._insert("first", 1, first_at=datetime.now(UTC), apart=timedelta())
        self.analyze()

    def running(self) -> AbstractContextManager[Running]:
        """Run beat."""
        return self._stage.platform("beat")

    def seed_mixed(self, count: int) -> None:
        """Replace all schedules by `count` hourly and daily ones, and one that is due before them, `first1`."""
        self._clear()
        self._insert("first", 1, first_at=datetime.now(UTC), apart=timedelta())
        seed.mixed_schedules(self._stage.database, self._workflow, "mixed-", count)
        self.analyze()

    def analyze(self) -> None:
        """Let the server know what the tables hold, as it would by itself a minute later."""
        self._stage.database.execute("VACUUM ANALYZE schedules_schedule")

    def add(
        self, prefix: str, count: int, *, first_at: float, apart: float, overlap: str = OverlapPolicy.SKIP
    ) -> None:
        """Insert schedules that become due one after another, and tell beat."""
        first = datetime.fromtimestamp(first_at, UTC)
        self._insert(prefix, count, first_at=first, apart=timedelta(seconds=apart), overlap=overlap)
        seed.tell_beat()

    def edit(self, number: int, *, ahead: float) -> tuple[str, float]:
        """Let an idle schedule fire once in `ahead` seconds; return its name and when that was asked for."""
        schedule = Schedule.objects.get(name=f"idle-{number}")
        now = datetime.now(UTC)
        at = now + timedelta(seconds=ahead)
        services.change(schedule, now=now, rules=[{"kind": "one_time", "at": at.isoformat()}])
        return schedule.name, now.timestamp()

    def arrivals(self, *, within: float) -> Iterator[Arrival]:
        """Yield fires as they become visible, until so many seconds are over."""
        until = time.time() + within
        while (now := time.time()) < until:
            for key, name, recorded_at in self._new(now - OVERLAP_SECONDS):
                if key not in self._seen:
                    self._seen.add(key)
                    yield Arrival(name, time.time(), recorded_at)
            time.sleep(POLL_SECONDS)

    def _new(self, since: float) -> list[tuple[object, str, float]]:
        return self._stage.database.execute(_NEW, self._workflow.organization_id, since)

    def _clear(self) -> None:
        seed.reset(self._stage.database)
        self._seen.clear()

    def _insert(
        self, prefix: str, count: int, *, first_at: datetime, apart: timedelta, **settings: str
    ) -> None:
        database = self._stage.database
        seed.schedules_at(database, self._workflow, prefix, count, first_at=first_at, apart=apart, **settings)
