"""A hundred fires a second: from the nominal time to the record, and to the step's start."""

import time

from benchmarks import stamps
from benchmarks.figures import Figure, Subject
from benchmarks.horarium import Horarium
from benchmarks.progress import say
from benchmarks.seed import stamp
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage

POLL_SECONDS = 0.002
LEAD = 2.0  # seconds from inserting the schedules to the first time
READY_SECONDS = 60.0  # longest wait for beat and worker
PATIENCE = 15.0  # seconds after the last nominal time

# Index: execution_newest (organization, created_at DESC, id DESC). Visible rows only: what is committed.
_NEW = """
SELECT s.name, extract(epoch FROM e.created_at)::float8
FROM executions_execution AS e JOIN schedules_schedule AS s ON s.id = e.schedule_id
WHERE e.organization_id = %s AND e.created_at >= to_timestamp(%s)
"""
_STARTED = """
SELECT s.name, extract(epoch FROM r.started_at)::float8
FROM executions_steprun AS r JOIN executions_execution AS e ON e.id = r.execution_id
JOIN schedules_schedule AS s ON s.id = e.schedule_id
WHERE s.name LIKE 'late-%%' AND r.started_at IS NOT NULL
"""
Times = dict[str, float]  # by schedule, seconds since 1970


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return the lateness of one beat and one worker, in milliseconds after the nominal time."""
    benchmark = f"lateness at {sizes.late_rate} fires a second, one beat, one worker of concurrency 2"
    side = Horarium(stage, workflow=stamp())
    say(f"lateness: {sizes.late_fires:,} fires beside {sizes.late_beside:,} idle schedules")
    side.seed(sizes.late_beside)
    stamps.clear()
    with side.running() as beat, stage.platform("worker") as worker:
        stamps.wait_for(1, within=READY_SECONDS)
        due = _plan(side, sizes)
        written, seen = _watch(stage, due)
        stamps.wait_for(len(due) + 1, within=PATIENCE)
        beat.check()
        worker.check()
    started = dict(stage.database.execute(_STARTED))
    return _figures(Subject(benchmark, Horarium.system), due, (written, seen, started), sizes)


def _plan(side: Horarium, sizes: Sizes) -> Times:
    """Insert the schedules and return the nominal time of each, in order."""
    first_at, apart = time.time() + LEAD, 1 / sizes.late_rate
    side.add("late-", sizes.late_fires, first_at=first_at, apart=apart)
    side.analyze()
    return {f"late-{number + 1}": first_at + number * apart for number in range(sizes.late_fires)}


def _watch(stage: Stage, due: Times) -> tuple[Times, Times]:
    """Return what each row says of its creation, and when another session first saw it."""
    organization_id = stamp().organization_id
    waiting, written, seen = dict(due), {}, {}
    until = max(due.values()) + PATIENCE
    while waiting and time.time() < until:
        # Nothing is recorded before it is due, so that few rows are read again.
        oldest = next(iter(waiting.values()))
        rows = stage.database.execute(_NEW, organization_id, oldest)
        now = time.time()
        for name, created_at in rows:
            if waiting.pop(name, None) is not None:
                written[name], seen[name] = created_at, now
        time.sleep(POLL_SECONDS)
    return written, seen


def _figures(subject: Subject, due: Times, found: tuple[Times, Times, Times], sizes: Sizes) -> list[Figure]:
    counted = list(due)[sizes.late_warm :]
    measures = (
        "recorded, created_at",
        "recorded, until others see it",
        "step started, steprun.started_at",
    )
    figures = []
    for measure_, times in zip(measures, found, strict=True):
        late = [(times[name] - due[name]) * 1_000 for name in counted if name in times]
        missing = len(counted) - len(late)
        note = f"{missing} of {len(counted):,} never" if missing else ""
        if not note and times is found[1]:
            note = "target: p99 at most 50"
        figures.append(subject.many(measure_, late, "ms", note=note))
    return figures
