"""Django code publishes events: in its own transaction, by the rules of the intake."""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

import events
import horarium
from events.errors import EventConflict, InvalidEvent
from events.models import Event
from organizations.errors import NoSuchOrganization
from organizations.models import Organization

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_what_is_published_is_in_the_log(organization: Organization):
    sent = events.publish(
        "order.paid", {"order": 7}, id="7", source="/shop", subject="s", time=NOON, extensions={"tenant": 4}
    )

    row = Event.objects.get(pk=sent.id)
    assert (row.type, row.source, row.external_id, row.subject) == ("order.paid", "/shop", "7", "s")
    assert row.data == {"data": {"order": 7}, "time": NOON.isoformat(), "extensions": {"tenant": 4}}


def test_what_says_nothing_of_itself_gets_an_id_and_a_source(organization: Organization):
    first, second = events.publish("order.paid"), events.publish("order.paid")

    assert first.created
    assert second.created
    assert UUID(Event.objects.get(pk=first.id).external_id).version == 7
    assert Event.objects.get(pk=first.id).source == "/django"


def test_the_same_event_is_recorded_once_and_another_one_under_its_id_is_refused(organization: Organization):
    first = events.publish("order.paid", 7, id="7")

    again = events.publish("order.paid", 7, id="7")

    assert (again.id, again.created) == (first.id, False)
    with pytest.raises(EventConflict):
        events.publish("order.paid", 8, id="7")


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_published(organization: Organization):
    with transaction.atomic():
        events.publish("order.paid")
        transaction.set_rollback(True)

    assert not Event.objects.exists()


def test_the_organization_is_named_where_there_are_several(
    organization: Organization, other_organization: Organization
):
    by_slug = events.publish("order.paid", organization="globex")
    by_row = events.publish("order.paid", organization=organization)

    assert Event.objects.get(pk=by_slug.id).organization == other_organization
    assert Event.objects.get(pk=by_row.id).organization == organization
    with pytest.raises(NoSuchOrganization):
        events.publish("order.paid")


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"type": ""}, "type"),
        ({"type": "workflow.completed"}, "type"),
        ({"source": "not a uri"}, "source"),
        ({"id": ""}, "id"),
        ({"time": datetime(2026, 11, 20)}, "time"),  # noqa: DTZ001 - that is what is wrong
        ({"data": {"at": NOON}}, "data.at"),
        ({"data": [float("nan")]}, "data[0]"),
        ({"data": "\ud800"}, "data"),
        ({"extensions": {"Tenant": "x"}}, "Tenant"),
        ({"extensions": {"tenant": 1.5}}, "tenant"),
        ({"extensions": {"subject": "x"}}, "subject"),
        ({"extensions": {"data": "x"}}, "data"),
    ],
)
def test_what_is_wrong_with_an_event_is_named(organization: Organization, wrong: dict[str, Any], name: str):
    with pytest.raises(InvalidEvent) as caught:
        events.publish(**{"type": "order.paid", **wrong})

    assert list(caught.value.errors) == [name]


def test_an_event_of_a_step_is_known_to_come_of_its_execution(organization: Organization):
    class Step:
        execution_id = str(UUID(int=7))

    token = horarium.current_step.set(Step())  # type: ignore[arg-type] # as much of it as is read
    try:
        sent = events.publish("order.paid")
    finally:
        horarium.current_step.reset(token)

    assert Event.objects.get(pk=sent.id).execution_id == UUID(int=7)


def test_it_can_be_imported_before_django_is_ready():
    code = "import sys, events; events.publish, events.watch_model; assert 'django' not in sys.modules"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
