"""Beat stops for an hour, a day and a night in which the clock changes; a person pauses, resumes and edits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

import clock
from organizations.models import Organization
from schedules import services
from schedules.models import Schedule
from tests.acceptance.accounting import assert_accounted
from tests.acceptance.processes import eventually, running
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

EVENING = datetime(2026, 10, 24, 20, tzinfo=UTC)  # 22:00 in Berlin; the clock goes back at 01:00 UTC
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "quarterly": ("*/15 * * * *", {"catchup": "latest"}),
    "hourly": ("0 * * * *", {"catchup": "all", "catchup_window": timedelta(hours=12)}),
    "nightly": ("30 2 * * *", {"catchup": "latest", "catchup_window": timedelta(hours=24)}),
    "twice": ("30 2 * * *", {"dst_overlap": "both", "catchup": "all", "catchup_window": timedelta(hours=24)}),
    "earliest": ("*/20 * * * *", {"catchup": "earliest", "catchup_window": timedelta(hours=3)}),
    "punctual": ("*/30 * * * *", {"catchup": "none"}),
    "spread": ("*/10 * * * *", {"spread": "jitter", "spread_window": timedelta(minutes=8)}),
    "one-at-a-time": ("7 * * * *", {"overlap": "skip", "catchup": "all"}),
}


@pytest.fixture
def at(shift_clock: Callable[[timedelta], None]) -> Callable[[datetime], None]:
    """Set the database's clock."""
    return lambda instant: shift_clock(instant - datetime.now(UTC))


@pytest.fixture
def made(organization: Organization, make_workflow: MakeWorkflow, at: Any) -> dict[str, Schedule]:
    at(EVENING)
    workflow = make_workflow()
    return {
        name: services.create(
            organization,
            now=clock.now(),
            name=name,
            workflow=workflow,
            timezone="Europe/Berlin",
            rules=[{"kind": "cron", "expression": expression}],
            **{"overlap": "allow_all", **settings},
        )
        for name, (expression, settings) in RULES.items()
    }


def beat_catches_up() -> None:
    """Run a beat until it has looked at everything that was due."""
    with running("beat"):
        eventually(lambda: not Schedule.objects.due(clock.now()).exists(), what="a backlog")
    connection.close()


def outcomes_until_now(schedule: Schedule) -> dict[str, int]:
    schedule.refresh_from_db()
    return dict(assert_accounted(schedule, after=schedule.created_at, until=schedule.cursor_at))


def test_every_time_of_a_night_without_beat_has_one_outcome(made: dict[str, Schedule], at: Any) -> None:
    beat_catches_up()
    at(EVENING + timedelta(hours=8, seconds=30))
    beat_catches_up()

    found = {name: outcomes_until_now(schedule) for name, schedule in made.items()}

    # 22:00 to 05:00 in Berlin, with the hour from 02:00 twice: eight hours.
    assert found["quarterly"] == {"misfire": 31, "started": 1}
    assert found["hourly"] == {"started": 8}
    assert found["nightly"] == {"started": 1}
    assert found["twice"] == {"started": 2}
    assert found["earliest"] == {"misfire": 23, "started": 1}
    assert found["punctual"] == {"misfire": 15, "started": 1}
    assert found["one-at-a-time"] == {"misfire": 7, "started": 1}
    assert found["spread"]["started"] == 1


def test_every_time_of_an_hour_a_day_a_pause_and_an_edit_has_one_outcome(
    made: dict[str, Schedule], at: Any
) -> None:
    quarterly, hourly = made["quarterly"], made["hourly"]
    at(EVENING + timedelta(hours=1, minutes=2))
    beat_catches_up()
    at(EVENING + timedelta(days=1, minutes=2))
    beat_catches_up()
    services.pause(quarterly, by="ada", now=clock.now(), reason="holiday")
    at(EVENING + timedelta(days=2, minutes=2))
    beat_catches_up()
    services.resume(quarterly, by="ada", now=clock.now())
    services.change(hourly, now=clock.now(), catchup="latest")
    at(EVENING + timedelta(days=2, hours=5, minutes=2))
    services.change(hourly, now=clock.now(), rules=[{"kind": "cron", "expression": "30 * * * *"}])
    beat_catches_up()

    assert outcomes_until_now(quarterly)["paused"] == 96
    hourly.refresh_from_db()
    assert hourly.next_fire_at == EVENING + timedelta(days=2, hours=5, minutes=30)
    assert [row.reason for row in hourly.skipped_fires.order_by("-last_fire_at")][:1] == ["edited"]
