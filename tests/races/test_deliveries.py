"""Copies of one delivery, on several connections at once."""

import json
from functools import partial
from typing import Any

import pytest

import clock
from executions.models import Execution
from organizations.models import Organization
from tests.races.connections import at_once, beside
from tests.triggers.deliveries import ORDER, Sender, a_workflow, make_sender
from triggers import webhooks
from triggers.models import Delivery, Outcome, Tally

pytestmark = pytest.mark.django_db(transaction=True)

COPIES = 50


@pytest.fixture
def sender(organization: Organization) -> Sender:
    return make_sender(a_workflow(organization))


def copies(sender: Sender, body: Any = ORDER, *, count: int = COPIES) -> list[Any]:
    """Deliver the same thing `count` times at once, each copy on a connection of its own."""
    headers = sender.signed(json.dumps(body).encode())
    return at_once(*[partial(sender.post, body, headers=headers)] * count)


def test_fifty_copies_at_once_start_exactly_one_execution(sender: Sender) -> None:
    answers = copies(sender)

    execution = Execution.objects.get()
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["execution_id"] for answer in answers} == {str(execution.pk)}
    assert {answer.json()["delivery"] for answer in answers} == {str(Delivery.objects.get().pk)}
    results = [answer.json()["result"] for answer in answers]
    assert (results.count("created"), results.count("replayed")) == (1, COPIES - 1)
    assert Tally.objects.get(owner_id=sender.webhook.pk).started == 1


def test_copies_at_once_of_a_refused_delivery_start_one_execution_when_it_is_mended(sender: Sender) -> None:
    webhooks.change(sender.webhook, now=clock.now(), input={"order": "${{ event.data.missing.part }}"})
    refused = copies(sender, count=5)
    webhooks.change(sender.webhook, now=clock.now(), input=None)

    answers = copies(sender, count=10)

    assert {answer.status_code for answer in refused} == {400}
    assert {answer.json()["execution_id"] for answer in answers} == {str(Execution.objects.get().pk)}
    assert Delivery.objects.get().outcome == Outcome.STARTED


def test_a_copy_that_comes_while_the_first_one_is_taken_waits_for_what_becomes_of_it(sender: Sender) -> None:
    first: list[Any] = []

    second = beside(lambda: first.append(sender.post()), sender.post)

    assert second.json() == {**first[0].json(), "result": "replayed"}


def test_a_copy_starts_it_when_the_first_one_is_rolled_back(sender: Sender) -> None:
    class Crash(Exception):
        pass

    def crash() -> None:
        sender.post()
        raise Crash

    with pytest.raises(Crash):
        beside(crash, sender.post)

    assert sender.post().json()["result"] == "created"
    assert Execution.objects.count() == 1


def test_a_webhook_that_is_deleted_while_a_delivery_is_taken_starts_nothing_more(sender: Sender) -> None:
    delete = partial(webhooks.delete, sender.webhook, by="ada", now=clock.now())

    answer = beside(delete, sender.post)

    assert answer.status_code == 401
    assert not Execution.objects.exists()
