"""The platform's rows, put in directly."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks import tasks
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
    """Delete every schedule, trigger, webhook, execution and event, and give the space back."""
    database.execute(
        "TRUNCATE schedules_schedule, triggers_trigger, triggers_webhook, triggers_tally, executions_execution, "
        "events_event, events_subscription, events_dispatch CASCADE"
    )


def organization() -> Organization:
    """Return the one organization of the benchmarks."""
    return Organization.objects.get_or_create(slug="bench", defaults={"name": "Bench"})[0]


def workflow(name: str, **step: Any) -> Workflow:
    """Return a workflow with one `task` step, made when it is first asked for."""
    return workflow_of(name, {"steps": [{"id": "only", "kind": "task", **step}]})


def workflow_of(name: str, definition: dict[str, Any]) -> Workflow:
    """Return a workflow of this definition, made when it is first asked for."""
    found = Workflow.objects.filter(organization=organization(), name=name).first()
    return found or workflows.create(organization(), name=name, definition=definition)


def noop() -> Workflow:
    """Return a workflow that does nothing."""
    return workflow("noop", task=tasks.noop.name)


def stamp() -> Workflow:
    """Return a workflow whose step tells when its first line ran; its input is `{"sent_ns": str}`."""
    return workflow("stamp", task=tasks.stamp.name, args=["${{ input.sent_ns }}"])


def schedules_at(
    database: Database,
    target: Workflow,
    prefix: str,
    count: int,
    *,
    first_at: datetime,
    apart: timedelta,
    **settings: Any,
) -> None:
    """Insert `count` hourly schedules named `prefix`1 and so on, due one after another, by one statement."""
    rule = {"kind": "interval", "every_seconds": 3600, "anchor": (first_at + FAR).isoformat()}
    _multiply(
        database,
        _template(target, prefix, rule, settings),
        count,
        due="SELECT %(first_at)s::timestamptz + (i - 1) * %(apart)s::interval AS at",
        rule="jsonb_build_object('anchor', at)",
        values={"prefix": prefix, "first_at": first_at, "apart": apart},
    )


# Of each ten the first is hourly, the others are daily; 607 is prime, so that the minutes are taken evenly.
_MIXED = """
SELECT minute, is_hourly,
    date_bin(every, %(now)s, '2026-01-01 00:00Z'::timestamptz + minute * interval '1 minute') + every AS at
FROM (SELECT i %% 10 = 1 AS is_hourly) AS one,
    LATERAL (SELECT i / 10 * 607 %% CASE WHEN is_hourly THEN 60 ELSE 1440 END AS minute,
                    CASE WHEN is_hourly THEN interval '1 hour' ELSE interval '1 day' END AS every) AS two"""
_MIXED_RULE = """
jsonb_build_object('expression', format('%%s %%s * * *', minute %% 60,
                                        CASE WHEN is_hourly THEN '*' ELSE (minute / 60)::text END))"""


def mixed_schedules(database: Database, target: Workflow, prefix: str, count: int) -> None:
    """Insert `count` cron schedules in UTC, a tenth hourly and the rest daily, evenly over the minutes."""
    rule = {"kind": "cron", "expression": "0 0 * * *"}
    values = {"prefix": prefix, "now": datetime.now(UTC)}
    _multiply(
        database, _template(target, prefix, rule, {}), count, due=_MIXED, rule=_MIXED_RULE, values=values
    )


def make_due(database: Database, schedule_id: UUID) -> None:
    """Let a schedule of `schedules_at` be due now, and hourly from now on."""
    database.execute(_MAKE_DUE, schedule_id)


_MAKE_DUE = """
UPDATE schedules_schedule SET next_due_at = at, next_fire_at = at, cursor_at = at - interval '1 second',
    rules = jsonb_build_array(rules -> 0 || jsonb_build_object('anchor', at))
FROM (SELECT clock_timestamp() AS at) AS due WHERE id = %s
"""


def tell_beat() -> None:
    """Let beat see rows that no service has told it of."""
    wakeups.tell_beat()


def _template(target: Workflow, prefix: str, rule: dict[str, Any], settings: dict[str, Any]) -> Schedule:
    return schedules.create(
        target.organization,
        now=datetime.now(UTC),
        workflow=target,
        name=f"{prefix}template",
        input={"sent_ns": "0"},
        rules=[rule],
        **settings,
    )


def _multiply(
    database: Database, template: Schedule, count: int, *, due: str, rule: str, values: dict[str, Any]
) -> None:
    """Replace a schedule by `count` like it; `due` selects each one's time, `rule` what its rule has of its own."""
    other = {
        "id": "gen_random_uuid()",
        "name": "%(prefix)s || i",
        "rules": f"jsonb_build_array(rules -> 0 || {rule})",
        # As after a search, and before the first time: a cursor ahead would hide what an edit asks for.
        "cursor_at": "least(at, t.cursor_at) - interval '1 second'",
        "effective_from": "least(at, t.effective_from) - interval '1 second'",
        "next_fire_at": "at",
        "next_due_at": "at",
    }
    columns = [str(field.column) for field in Schedule._meta.concrete_fields]
    statement = f"""
        INSERT INTO schedules_schedule ({", ".join(columns)})
        SELECT {", ".join(other.get(column, f"t.{column}") for column in columns)}
        FROM schedules_schedule AS t, generate_series(1, %(count)s) AS i, LATERAL ({due}) AS due
        WHERE t.id = %(id)s"""
    database.run(statement, {**values, "count": count, "id": template.pk})
    database.execute("DELETE FROM schedules_schedule WHERE id = %s", template.pk)
