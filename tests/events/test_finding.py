"""Events are found by type, source, subject and time, in the log's order, and what that reads is bounded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from events import finding
from events.finding import Wanted, find
from events.models import BEGINNING, Event
from organizations.models import Organization

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TYPES = ("order.paid", "order.lost", "ordered", "stock.low")

Fill = Callable[..., None]
Ids = Callable[..., list[int]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def fill(organization: Organization) -> Fill:
    """Write one event a second up to noon, of four types, by transactions that have ended long ago."""

    def write(count: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO events_event"
                " (organization_id, type, source, external_id, subject, at, data, transaction_id)"
                " SELECT %s, (%s::text[])[n %% 4 + 1], CASE WHEN n %% 2 = 0 THEN '/shop' ELSE '' END, n::text,"
                " CASE WHEN n %% 3 = 0 THEN 'seven' ELSE '' END, %s - (%s - n) * interval '1 second', '{}', n / 5 + 1"
                " FROM generate_series(1, %s) AS n",
                [organization.pk, list(TYPES), NOON, count, count],
            )
            cursor.execute("ANALYZE events_event")

    return write


@pytest.fixture
def ids(organization: Organization) -> Ids:
    """Find events, each page after the last one, and return their ids."""

    def read(*, limit: int = 7, **wanted: Any) -> list[int]:
        found: list[int] = []
        after = BEGINNING
        while page := find(organization.pk, Wanted(**wanted), after=after, limit=limit):
            found += [event.pk for event in page]
            after = page[-1].position
        return found

    return read


def minutes(count: float) -> datetime:
    return NOON - timedelta(minutes=count)


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ({}, lambda event: True),
        ({"type": "order.paid"}, lambda event: event.type == "order.paid"),
        ({"type": "order.*"}, lambda event: event.type.startswith("order.")),
        ({"type": "none.*"}, lambda event: False),
        ({"type": "none"}, lambda event: False),
        ({"source": "/shop"}, lambda event: event.source == "/shop"),
        ({"subject": "seven"}, lambda event: event.subject == "seven"),
        ({"since": minutes(3)}, lambda event: event.at >= minutes(3)),
        ({"until": minutes(3)}, lambda event: event.at < minutes(3)),
        ({"since": minutes(4), "until": minutes(3)}, lambda event: minutes(4) <= event.at < minutes(3)),
        ({"since": minutes(-1)}, lambda event: False),
        ({"until": minutes(90)}, lambda event: False),
        (
            {"type": "order.*", "source": "/shop", "subject": "seven", "since": minutes(4)},
            lambda event: event.type == "order.paid" and event.subject == "seven" and event.at >= minutes(4),
        ),
    ],
)
def test_what_is_found_is_what_is_wanted_in_order(fill: Fill, ids: Ids, wanted: dict[str, Any], holds: Any):
    fill(400)

    everything = Event.objects.in_order()

    assert ids(**wanted) == [event.pk for event in everything if holds(event)]


def test_an_event_of_a_slow_transaction_is_found_by_its_own_time(fill: Fill, ids: Ids):
    fill(400)
    began_early = Event.objects.filter(at=minutes(3)).get()
    Event.objects.filter(pk=began_early.pk).update(at=minutes(3) + timedelta(seconds=50))

    assert began_early.pk in ids(since=minutes(3) + timedelta(seconds=50))
    assert began_early.pk not in ids(until=minutes(3) + timedelta(seconds=50))


def test_without_any_event_nothing_is_found(ids: Ids):
    assert ids(since=minutes(1), until=NOON, type="order.*") == []


def test_another_organizations_events_are_not_found(fill: Fill, other_organization: Organization):
    fill(40)

    for wanted in (Wanted(), Wanted(type="order.*"), Wanted(source="/shop"), Wanted(since=minutes(1))):
        assert find(other_organization.pk, wanted, after=BEGINNING, limit=9) == []


@pytest.mark.parametrize(
    ("wanted", "index", "most"),
    [
        (Wanted(type="order.paid"), "event_of_type", 10),
        (Wanted(type="order.*"), "event_of_type", 20),
        (Wanted(source="/shop"), "event_of_source", 10),
        (Wanted(subject="seven"), "event_about", 10),
        (Wanted(), "event_log_order", 10),
        (Wanted(since=minutes(1)), "event_log_order", 130),  # of two minutes
    ],
)
def test_a_question_reads_along_one_index_without_sorting_the_log(
    fill: Fill, organization: Organization, wanted: Wanted, index: str, most: int
):
    fill(20_000)

    with connection.cursor() as cursor:
        statement, values = finding.question(organization.pk, wanted, after=BEGINNING, limit=10)
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        ((plan,),) = cursor.fetchall()

    scans = [node for node in nodes(plan[0]["Plan"]) if "Index Name" in node]
    assert {node["Index Name"] for node in scans} == {index}
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in scans) <= most


def test_the_place_where_a_time_begins_is_found_without_reading_the_log(fill: Fill):
    fill(20_000)

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {finding._BISECTION}", {"at": minutes(60)})
        ((plan,),) = cursor.fetchall()

    scans = [node for node in nodes(plan[0]["Plan"]) if node.get("Relation Name") == "events_event"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in scans) <= 20


def test_the_place_where_a_time_begins_lies_between_its_neighbours(fill: Fill):
    fill(400)

    (first, *_) = Event.objects.filter(transaction_id=41).order_by("pk")

    assert finding._around(first.at) == (40, 41)
    assert finding._around(minutes(90)) == (None, 1)
    assert finding._around(minutes(-90)) == (81, None)


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan's node and all below it."""
    return [plan, *(node for below in plan.get("Plans", ()) for node in nodes(below))]
