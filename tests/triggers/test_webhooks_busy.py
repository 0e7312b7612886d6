"""More than there is room for: the sender is told to come back, and the same id is then tried anew."""

import pytest
from pytest_django.fixtures import Settings

import clock
from executions.models import Execution
from executions.queues import services as queues
from executions.queues import special
from organizations.models import Organization
from tests.triggers.deliveries import Sender, a_workflow, error_of, make_sender
from triggers import webhooks
from triggers.models import Delivery, Outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(organization: Organization) -> Sender:
    return make_sender(a_workflow(organization))


def bound(organization: Organization, most: int) -> None:
    """Let so many steps wait in the queue `busy`."""
    queues.change(organization, "busy", by="ada", now=clock.now(), settings={"max_waiting": most})
    special.forget()


def test_a_full_queue_is_told_and_the_delivery_is_taken_once_it_has_room(
    sender: Sender, organization: Organization
):
    webhooks.change(sender.webhook, now=clock.now(), queue="busy")
    bound(organization, 1)
    sender.post(id_="first")

    refused = sender.post()
    outcomes = list(Delivery.objects.order_by("received_at").values_list("outcome", "reason"))
    bound(organization, 2)

    assert (refused.status_code, error_of(refused)) == (429, "queue_full")
    assert int(refused["Retry-After"]) > 0
    assert outcomes == [(Outcome.STARTED, ""), (Outcome.REFUSED, "queue_full")]
    assert sender.post().json()["result"] == "created"


def test_a_limit_of_the_workflow_that_refuses_is_told(organization: Organization):
    steps = [{"id": "only", "kind": "set", "values": {}}]
    limits = [{"running": 1, "when_full": "refuse"}]
    sender = make_sender(a_workflow(organization, "one", steps=steps, limits=limits))
    sender.post(id_="first")

    answer = sender.post()

    assert (answer.status_code, error_of(answer)) == (409, "limit_reached")
    assert (Execution.objects.count(), Delivery.objects.filter(outcome="refused").count()) == (1, 1)


def test_an_organization_has_a_bound_of_its_own(sender: Sender, settings: Settings):
    bound = {"webhook_deliveries_per_minute": 1}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=bound)
    others = make_sender(sender.webhook.workflow, name="others")

    # At the turn of a minute one more of them passes.
    codes = [one.post(id_=f"{number}").status_code for number in range(2) for one in (sender, others)]

    assert codes.count(429) >= 2
