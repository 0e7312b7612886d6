"""What tests of all apps share."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from executions import sweeps
from executions.running import worker
from organizations.models import Organization
from workflows import services as workflow_services
from workflows.models import Workflow

MakeWorkflow = Callable[..., Workflow]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what still holds the database at the end, such as the query of a killed process: it could not be dropped."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connections.close_all()  # a step may have made Django forget the one that its teardown would close


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(slug="acme", name="Acme")


@pytest.fixture
def make_workflow(organization: Organization) -> MakeWorkflow:
    """Make a workflow of the given steps; a step without kind sets nothing."""

    def make(*steps: dict[str, Any], name: str = "report", inputs: dict[str, Any] | None = None) -> Workflow:
        filled = [{"kind": "set", "values": {}, **step} if "kind" not in step else step for step in steps]
        definition = {
            "inputs": inputs or {},
            "steps": filled or [{"id": "only", "kind": "set", "values": {}}],
        }
        return workflow_services.create(organization, name=name, definition=definition)

    return make


@pytest.fixture
def drain() -> Callable[[], int]:
    """Run what is ready, or has waited until now, in this process."""

    def drain() -> int:
        sweeps.release_due()
        return worker.drain("default", node="worker@test")

    return drain


@pytest.fixture
def shift_clock() -> Iterator[Callable[[timedelta], None]]:
    """Move the database's clock, for every connection."""

    def shift(by: timedelta) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION horarium_now() RETURNS timestamptz LANGUAGE sql STABLE "
                f"AS 'SELECT statement_timestamp() + interval ''{by.total_seconds()} seconds'''"
            )

    yield shift
    if not connection.in_atomic_block:
        shift(timedelta(0))
