"""The platform's rows, put in directly."""

from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.database import Database
from executions import wakeups
from organizations.models import Organization
from schedules import services as schedules
from schedules.models import Schedule
from workflows import services as workflows
from workflows.models import Workflow

FAR = timedelta(days=30)  # ahead: schedules that only take room
HOUR = timedelta(hours=1)


def reset(database: Database) -> None:
    """Delete every schedule, execution and event, and give the space back."""
    database.execute("TRUNCATE schedules_schedule, executions_execution, events_event CASCADE")


def organization() -> Organization:
    """Return the one organization of the benchmarks."""
    return Organization.objects.get_or_create(slug="bench", defaults={"name": "Bench"})[0]


def workflow(name: str, **step: Any) -> Workflow:
    """Return a workflow with one `task` step, made when it is first asked for."""
    found = Workflow.objects.filter(organization=organization(), name=name).first()
    if found is not None:
        return found
    definition = {"steps": [{"id": "only", "kind": "task", **step}]}
    return workflows.create(organization(), name=name, definition=definition)


def noop() -> Workflow:
    """Return a workflow that does nothing."""
    return workflow("noop", task="benchmarks.noop")


def stamp() -> Workflow:
    """Return a workflow whose step tells when its first line ran; its input is `{"sent_ns": str}`."""
    return workflow("stamp", task="benchmarks.stamp", args=["${{ input.sent_ns }}"])


def schedules_at(
    database: Database, target: Workflow, prefix: str, count: int, *, first_at: datetime, apart: timedelta
) -> None:
    """Insert `count` hourly schedules named `prefix`1 and so on, due one after another, by one statement."""
    template = schedules.create(
        target.organization,
        now=datetime.now(UTC),
        workflow=target,
        name=f"{prefix}template",
        input={"sent_ns": "0"},
        rules=[{"kind": "interval", "every_seconds": 3600, "anchor": (first_at + FAR).isoformat()}],
    )
    other = {
        "id": "gen_random_uuid()",
        "name": "%(prefix)s || i",
        "rules": "jsonb_build_array(rules -> 0 || jsonb_build_object('anchor', at))",
        "cursor_at": "at - interval '1 second'",
        "next_fire_at": "at",
        "next_due_at": "at",
    }
    columns = [str(field.column) for field in Schedule._meta.concrete_fields]
    statement = f"""
        INSERT INTO schedules_schedule ({", ".join(columns)})
        SELECT {", ".join(other.get(column, f"t.{column}") for column in columns)}
        FROM schedules_schedule AS t, generate_series(1, %(count)s) AS i,
            LATERAL (SELECT %(first_at)s::timestamptz + (i - 1) * %(apart)s::interval AS at) AS due
        WHERE t.id = %(id)s"""
    values = {"prefix": prefix, "count": count, "first_at": first_at, "apart": apart, "id": template.pk}
    database.run(statement, values)
    Schedule.objects.filter(pk=template.pk).delete()


def tell_beat() -> None:
    """Let beat see rows that no service has told it of."""
    wakeups.tell_beat()
