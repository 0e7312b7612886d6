"""Claim steps beside a million that are ready, of one organization and of a hundred."""

import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection

from benchmarks import seed
from benchmarks.figures import Figure, Subject
from benchmarks.progress import say
from benchmarks.sizes import Sizes
from benchmarks.stage import Stage
from executions import queries
from organizations.models import Organization
from workflows import services as workflows

WARM = 100
MANY = 100

_FILL = """
WITH e AS (
    INSERT INTO executions_execution
        (id, organization_id, workflow_id, version_id, state, source, fire_kind, input, error, priority, queue,
         started_by, group_limit, has_waiting, is_watched, created_at, ends_as, has_places)
    SELECT gen_random_uuid(), %(organization)s, %(workflow)s, %(version)s, 'running', 'manual', '', '{}', '', 5,
        'default', '', 1, false, false, now(), '', false
    FROM generate_series(1, %(count)s) RETURNING id
)
INSERT INTO executions_steprun
    (id, execution_id, organization_id, step, item_index, kind, state, queue, priority, available_at, attempt,
     failures, crashes, worker, error, created_at, waits_for, waits_key, progress_note)
SELECT gen_random_uuid(), id, %(organization)s, 'only', -1, 'task', 'ready', 'default', (random() * 9)::int,
    now() - random() * interval '1 hour', 0, 0, 0, '', '', now(), '', '', ''
FROM e
"""


def measure(stage: Stage, sizes: Sizes) -> list[Figure]:
    """Return how long a claim takes, its commit included."""
    return [*_beside(stage, sizes, organizations=1), *_beside(stage, sizes, organizations=MANY)]


def _beside(stage: Stage, sizes: Sizes, *, organizations: int) -> Iterator[Figure]:
    say(f"claims: {sizes.ready_rows:,} ready steps of {organizations}")
    subject = Subject(
        f"claims beside {sizes.ready_rows:,} ready steps of {organizations} organizations", "Horarium"
    )
    seed.reset(stage.database)
    for number in range(organizations):
        _fill(stage, f"claims-{number}", count=sizes.ready_rows // organizations)
    stage.database.execute("VACUUM ANALYZE executions_execution, executions_steprun")
    slot = queries.Slot("default", worker="benchmarks", lease=timedelta(minutes=10))
    took = [_claim(slot) for _ in range(WARM + sizes.claims)][WARM:]
    connection.close()
    yield subject.many("claim", took, "ms")
    seed.reset(stage.database)


def _claim(slot: queries.Slot) -> float:
    began = time.perf_counter()
    assert queries.claim(slot) is not None
    return (time.perf_counter() - began) * 1_000


def _fill(stage: Stage, slug: str, *, count: int) -> None:
    organization, _ = Organization.objects.get_or_create(slug=slug, defaults={"name": slug})
    workflow = organization.workflows.first() or workflows.create(
        organization,
        name="noop",
        definition={"steps": [{"id": "only", "kind": "task", "task": "benchmarks.noop"}]},
    )
    values = {
        "organization": organization.pk,
        "workflow": workflow.pk,
        "version": workflow.current_version_id,
    }
    stage.database.run(_FILL, {**values, "count": count})
