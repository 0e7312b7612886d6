"""A delivery that was kept runs once more, by hand, through the settings of now; an old one is forgotten."""

from datetime import timedelta

import pytest

import clock
from executions.models import Execution
from organizations.models import Organization
from tests.triggers.deliveries import ORDER, Sender, a_workflow, make_sender
from triggers import webhooks
from triggers.models import Delivery, Outcome, Webhook
from triggers.webhooks.errors import InvalidDelivery
from workflows import services as workflows

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(organization: Organization) -> Sender:
    return make_sender(a_workflow(organization))


def test_a_replay_is_a_new_delivery_with_an_execution_of_its_own(sender: Sender):
    sender.post()
    original = Delivery.objects.get()

    taken = webhooks.replay(original, by="ada", now=clock.now())

    replayed = Delivery.objects.get(pk=taken.id)
    assert (replayed.replay_of_id, replayed.replayed_by) == (original.pk, "ada")
    assert (replayed.delivery_id, bytes(replayed.body)) == ("msg_1", bytes(original.body))
    execution = Execution.objects.get(started_by="ada")
    assert (execution.pk, execution.input, Execution.objects.count()) == (taken.execution_id, ORDER, 2)


def test_a_replay_goes_by_the_settings_of_now(sender: Sender):
    webhooks.change(sender.webhook, now=clock.now(), condition="event.data.order > 100")
    sender.post()
    webhooks.change(sender.webhook, now=clock.now(), condition="", input={"n": "${{ event.data.order }}"})

    taken = webhooks.replay(Delivery.objects.get(), by="ada", now=clock.now())

    assert taken.outcome == Outcome.STARTED
    assert Execution.objects.get().input == {"n": 7}


def test_the_same_key_replays_once(sender: Sender):
    sender.post()
    original = Delivery.objects.get()

    taken = [webhooks.replay(original, by="ada", now=clock.now(), key="k") for _ in range(2)]

    assert [one.created for one in taken] == [True, False]
    assert taken[0].execution_id == taken[1].execution_id


def test_a_replay_can_be_replayed_and_does_not_meet_the_original(sender: Sender):
    sender.post()
    first = webhooks.replay(Delivery.objects.get(), by="ada", now=clock.now())

    webhooks.replay(Delivery.objects.get(pk=first.id), by="ada", now=clock.now())

    assert sender.post().json()["result"] == "replayed"
    assert (Delivery.objects.count(), Execution.objects.count()) == (3, 3)


def test_a_replay_that_is_refused_is_recorded(organization: Organization):
    workflow = a_workflow(organization, "strict")
    sender = make_sender(workflow)
    sender.post()
    steps = [{"id": "only", "kind": "set", "values": {}}]
    definition = {"steps": steps, "inputs": {"properties": {"order": {"type": "string"}}}}
    workflows.change(workflow, definition=definition)

    with pytest.raises(ValueError, match=r"input\.order"):
        webhooks.replay(Delivery.objects.get(), by="ada", now=clock.now())

    assert Delivery.objects.exclude(replayed_by="").get().outcome == Outcome.REFUSED


def test_a_body_that_cannot_be_read_any_more_is_refused(sender: Sender):
    sender.post()
    Delivery.objects.update(body=b'"\\ud800"')

    with pytest.raises(InvalidDelivery):
        webhooks.replay(Delivery.objects.get(), by="ada", now=clock.now())


def test_old_deliveries_are_pruned(sender: Sender):
    now = clock.now()
    for days in (29, 31, 90):
        sender.post({"days": days}, id_=f"{days}")
        Delivery.objects.filter(delivery_id=f"{days}").update(received_at=now - timedelta(days=days))

    assert webhooks.prune(now=now) == 2
    assert [one.delivery_id for one in Delivery.objects.all()] == ["29"]


def test_a_deleted_webhook_leaves_its_executions(sender: Sender):
    sender.post()

    webhooks.delete(sender.webhook, by="ada", now=clock.now())

    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()
    assert Execution.objects.get().trigger_id == sender.webhook.pk
    assert sender.post(headers={}).status_code == 401
