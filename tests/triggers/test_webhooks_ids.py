"""What tells one delivery from another, scheme by scheme, and which secrets prove anything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from executions.models import Execution
from organizations.models import Organization
from tests.triggers.deliveries import Sender, a_workflow, make_sender
from triggers import webhooks
from triggers.errors import InvalidTrigger
from triggers.models import Delivery, WebhookSecret
from triggers.webhooks.errors import LastSecret, NoSuchWebhookSecret

pytestmark = pytest.mark.django_db

TIMED = {"timestamp_header": "X-Time"}


@pytest.fixture
def make(organization: Organization) -> Callable[..., Sender]:
    workflow = a_workflow(organization)
    return lambda **settings: make_sender(workflow, **settings)


@pytest.mark.parametrize(
    ("settings", "id_"),
    [
        ({"scheme": "standard"}, "msg_1"),
        ({"scheme": "github"}, "msg_1"),
        ({"scheme": "stripe", "id_path": "id"}, "evt_1"),
        ({"scheme": "slack", "id_path": "event.number"}, "7"),
        ({"scheme": "hmac", "options": {"id_header": "X-Id"}}, "msg_1"),
        ({"scheme": "bearer", "options": {"header": "X-Token"}, "id_path": "id"}, "evt_1"),
        ({"scheme": "bearer", "id_path": "event.missing"}, None),
        ({"scheme": "hmac", "id_path": "flag"}, None),
    ],
)
def test_a_delivery_has_the_id_that_its_sender_gave(
    make: Callable[..., Sender], settings: Any, id_: str | None
):
    sender = make(**settings)
    body = {"id": "evt_1", "event": {"number": 7}, "flag": True}

    answers = [sender.post(body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert Delivery.objects.filter(delivery_id=id_).count() == (1 if id_ else 2)


@pytest.mark.parametrize(
    "settings", [{"scheme": "slack"}, {"scheme": "stripe"}, {"scheme": "hmac", "options": TIMED}]
)
def test_without_an_id_a_literal_repetition_is_known_by_what_was_signed(
    make: Callable[..., Sender], settings: Any
):
    sender = make(**settings)
    headers = sender.signed(b"{}")
    varied = {
        name: f"{value},v0=00" if name == "Stripe-Signature" else value for name, value in headers.items()
    }

    answers = [sender.post(b"{}", headers=each).json() for each in (headers, headers, varied)]

    assert [answer["result"] for answer in answers] == ["created", "replayed", "replayed"]
    assert Execution.objects.count() == 1


def test_an_id_that_is_too_long_to_keep_is_known_by_its_hash(make: Callable[..., Sender]):
    sender = make(scheme="bearer", id_path="id")

    answers = [sender.post({"id": "x" * 300}).json() for _ in range(2)]

    assert answers[0]["execution_id"] == answers[1]["execution_id"]


def test_the_same_id_at_another_webhook_is_another_delivery(make: Callable[..., Sender]):
    answers = [make(name=name).post().json() for name in ("one", "two")]

    assert [answer["result"] for answer in answers] == ["created", "created"]


def test_while_several_secrets_live_each_proves_who_sends(make: Callable[..., Sender]):
    sender = make()
    old = Sender(sender.webhook, sender.secret)
    _, sender.secret = webhooks.add_secret(sender.webhook, by="ada", now=clock.now())

    assert [one.post(id_=id_).status_code for one, id_ in ((old, "1"), (sender, "2"))] == [202, 202]


def test_an_old_secret_ends_when_the_overlap_is_over(make: Callable[..., Sender], shift_clock: Any):
    sender = make()
    old, overlap = Sender(sender.webhook, sender.secret), timedelta(hours=24)
    _, sender.secret = webhooks.add_secret(
        sender.webhook, by="ada", now=clock.now(), expire_others_in=overlap
    )
    before = old.post(id_="1").status_code
    shift_clock(overlap + timedelta(seconds=1))

    assert [before, old.post(id_="2").status_code, sender.post(id_="3").status_code] == [202, 401, 202]


def test_the_end_of_a_secret_is_never_put_off(make: Callable[..., Sender]):
    sender, now = make(), clock.now()
    for hours in (1, 24):
        webhooks.add_secret(sender.webhook, by="ada", now=now, expire_others_in=timedelta(hours=hours))

    ends = WebhookSecret.objects.order_by("created_at", "expires_at").values_list("expires_at", flat=True)
    assert sorted(end - now for end in ends if end) == [timedelta(hours=1), timedelta(hours=24)]


def test_the_last_secret_cannot_go(make: Callable[..., Sender]):
    sender = make()
    first = WebhookSecret.objects.get()
    with pytest.raises(LastSecret):
        webhooks.expire_secret(sender.webhook, first.pk, by="ada", now=clock.now())
    webhooks.add_secret(sender.webhook, by="ada", now=clock.now())

    webhooks.expire_secret(sender.webhook, first.pk, by="ada", now=clock.now())

    assert sender.post().status_code == 401
    with pytest.raises(NoSuchWebhookSecret):
        webhooks.expire_secret(sender.webhook, first.pk, by="ada", now=clock.now())


def test_no_more_than_five_secrets_live(make: Callable[..., Sender]):
    sender = make()
    for _ in range(4):
        webhooks.add_secret(sender.webhook, by="ada", now=clock.now())

    with pytest.raises(InvalidTrigger, match="5 live already"):
        webhooks.add_secret(sender.webhook, by="ada", now=clock.now())


def test_secrets_are_sealed(make: Callable[..., Sender]):
    sender = make(scheme="github", secret="It's a Secret to Everybody")

    row = WebhookSecret.objects.get()

    assert b"Secret" not in bytes(row.sealed)
    assert (row.hint, sender.secret) == ("body", "It's a Secret to Everybody")
