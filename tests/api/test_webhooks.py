"""Webhooks, their secrets and their deliveries by the API."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

import clock
from executions.models import Execution
from organizations.roles import Role
from tests.api.conftest import V1, names, paths
from tests.conftest import MakeWorkflow
from tests.triggers.deliveries import ORDER, Sender, make_sender
from triggers import webhooks
from triggers.models import Delivery, Webhook, WebhookSecret
from workflows import services as workflows
from workflows.models import Workflow

URL, DELIVERIES = f"{V1}/webhooks/", f"{V1}/deliveries/"
NEW = {"name": "orders", "workflow": "report"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(workflow: Workflow) -> Sender:
    return make_sender(workflow, input={"city": "${{ event.data.kind }}"})


def test_a_new_webhook_is_answered_once_with_its_secret_and_its_address(api: APIClient, workflow: Workflow):
    answer = api.post(URL, NEW)

    made = answer.json()
    secret = made.pop("secret")
    webhook = Webhook.objects.get()
    assert (answer.status_code, answer["ETag"], made["workflow"]) == (201, '"1"', "report")
    assert made["url"] == f"http://testserver/hooks/{webhook.token}"
    assert len(webhook.token) == 32
    assert {**api.get(f"{URL}orders/").json(), "warnings": []} == made
    assert Sender(webhook, secret).post({}).status_code == 202


def test_a_secret_that_the_sender_has_given_is_kept(api: APIClient, workflow: Workflow):
    answer = api.post(URL, {**NEW, "scheme": "GitHub", "secret": "It's a Secret to Everybody"})

    assert (answer.json()["scheme"], answer.json()["secrets"][0]["hint"]) == ("github", "body")
    sender = Sender(Webhook.objects.get(), "It's a Secret to Everybody")
    assert sender.post({}).status_code == 202


def test_webhooks_are_listed_by_name_and_narrowed(api: APIClient, sender: Sender, workflow: Workflow):
    make_sender(workflow, name="invoices")
    webhooks.pause(sender.webhook, by="ada", now=clock.now())

    assert names(api.get(URL)) == ["invoices", "orders"]
    assert names(api.get(f"{URL}?state=paused&workflow=report&search=ord")) == ["orders"]


def test_counters_are_shown(api: APIClient, sender: Sender):
    sender.post()
    sender.post(headers={})

    counters = api.get(f"{URL}orders/").json()["counters"]

    assert (counters["matched"], counters["started"], counters["rejected"]) == (1, 1, 1)
    assert counters["last_problem"].startswith("missing_header")
    assert counters["last_execution_id"] == str(Execution.objects.get().pk)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({"name": "Orders!"}, ["name"]),
        ({"workflow": "none"}, ["workflow"]),
        ({"scheme": "rot13"}, ["scheme"]),
        ({"options": {"header": "X"}}, ["options.header"]),
        ({"scheme": "hmac", "options": {"encoding": "rot13"}}, ["options.encoding"]),
        ({"secret": "no base64!"}, ["secret"]),
        ({"secret": "x", "scheme": "github"}, ["secret"]),
        ({"filters": {"headers.X-GitHub-Event": "push"}}, ["filters.headers.X-GitHub-Event"]),
        ({"filters": {"x": 1}}, ["filters.x"]),
        ({"condition": "1"}, ["condition"]),
        ({"input": {"a": ["${{ foo }}"]}}, ["input.a[0]"]),
        ({"secret": ""}, ["secret"]),
        ({"tolerance_seconds": 0}, ["tolerance_seconds"]),
        ({"max_body_bytes": 1_000_001}, ["max_body_bytes"]),
        ({"rate_limit": -1}, ["rate_limit"]),
        ({"content_types": []}, ["content_types"]),
        ({"content_types": ["text/html", "json"]}, ["content_types[1]"]),
        ({"allowed_networks": ["192.0.2.1/24"]}, ["allowed_networks[0]"]),
        ({"allowed_networks": ["::/0", "example.com"]}, ["allowed_networks[1]"]),
        ({"allowed_networks": ["::ffff:192.0.2.1"]}, ["allowed_networks[0]"]),
        ({"id_path": "a..b"}, ["id_path"]),
        ({"filters": {"data.": 1}}, ["filters.data."]),
        ({"condition": "input.a"}, ["condition"]),
        ({"condition": "1 +"}, ["condition"]),
        ({"input": {"a": "${{ secrets.a }}"}}, ["input.a"]),
        ({"priority": 10}, ["priority"]),
        ({"queue": "a b"}, ["queue"]),
        ({"token": "x"}, ["token"]),
        ({"url": "x"}, ["url"]),
    ],
)
def test_what_is_wrong_with_a_webhook_is_named(
    api: APIClient, workflow: Workflow, settings: dict[str, Any], wrong: list[str]
):
    answer = api.post(URL, {**NEW, **settings})

    assert (answer.status_code, paths(answer)) == (400, wrong)
    assert not Webhook.objects.exists()


def test_a_name_is_taken_once(api: APIClient, sender: Sender):
    answer = api.post(URL, NEW)

    assert (answer.status_code, answer.json()["error"]["code"], paths(answer)) == (409, "duplicate", ["name"])


def test_a_change_is_based_on_a_version(api: APIClient, sender: Sender):
    answers = [api.patch(f"{URL}orders/", {"priority": n}, HTTP_IF_MATCH='"1"') for n in (7, 8)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert (answers[0].json()["version"], answers[0]["ETag"]) == (2, '"2"')
    assert api.patch(f"{URL}orders/", {"priority": 7}).json()["version"] == 2


def test_what_was_read_can_be_put_back(api: APIClient, sender: Sender):
    read = api.get(f"{URL}orders/").json()

    answer = api.put(f"{URL}orders/", {**read, "description": "of the shop"})

    assert answer.status_code == 200
    assert answer.json() == {**read, "description": "of the shop", "version": 2, "warnings": []} | {
        "updated_at": answer.json()["updated_at"]
    }
    assert sender.post().status_code == 202


def test_a_scheme_that_no_secret_fits_is_refused(api: APIClient, workflow: Workflow):
    api.post(URL, {**NEW, "scheme": "github", "secret": "not base64!"})

    refused = api.patch(f"{URL}orders/", {"scheme": "standard"})
    api.post(f"{URL}orders/secrets/", {"secret": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})

    assert (refused.status_code, paths(refused)) == (400, ["scheme"])
    assert api.patch(f"{URL}orders/", {"scheme": "standard"}).status_code == 200


def test_a_saved_webhook_is_answered_with_what_may_surprise(api: APIClient, make_workflow: MakeWorkflow):
    number = {"type": "integer"}
    make_workflow(name="strict", inputs={"properties": {"n": number, "m": number}, "required": ["n"]})
    made = api.post(URL, {"name": "orders", "workflow": "strict", "input": {"m": "${{ event.id }}"}})
    changed = api.patch(f"{URL}orders/", {"input": {"n": "text"}})

    (lacking,), (unfit,) = made.json()["warnings"], changed.json()["warnings"]
    assert (lacking["path"], unfit["path"]) == ("input.n", "input.n")
    assert "requires it" in lacking["message"]
    assert unfit["message"] == "'text' is not of type 'integer'; strict will refuse it"
    assert api.put(f"{URL}orders/", {**changed.json(), "input": {"n": 1}}).json()["warnings"] == []


def test_a_secret_that_lives_already_is_no_further_one(api: APIClient, sender: Sender):
    refused = api.post(f"{URL}orders/secrets/", {"secret": sender.secret, "expire_others_in": "1s"})

    assert (refused.status_code, paths(refused)) == (400, ["secret"])
    assert "lives already" in str(refused.json())
    assert WebhookSecret.objects.get().expires_at is None


def test_a_webhook_is_paused_resumed_and_deleted(api: APIClient, sender: Sender):
    states = [api.post(f"{URL}orders/{act}/").json()["state"] for act in ("pause", "pause", "resume")]
    gone = [api.delete(f"{URL}orders/").status_code for _ in range(2)]

    assert (states, gone) == (["paused", "paused", "active"], [204, 404])


def test_secrets_are_changed_one_after_the_other(api: APIClient, sender: Sender):
    added = api.post(f"{URL}orders/secrets/", {"expire_others_in": "24h"})

    shown = added.json()
    secret = shown.pop("secret")
    listed = api.get(f"{URL}orders/secrets/").json()["results"]
    assert (added.status_code, listed[0]) == (201, shown)
    assert [one["expires_at"] is None for one in listed] == [True, False]
    assert sender.post(id_="1").status_code == Sender(sender.webhook, secret).post(id_="2").status_code == 202


def test_the_last_secret_cannot_be_deleted(api: APIClient, sender: Sender):
    first = WebhookSecret.objects.get()
    refused = api.delete(f"{URL}orders/secrets/{first.pk}/")
    api.post(f"{URL}orders/secrets/")
    answers = [api.delete(f"{URL}orders/secrets/{id_}/") for id_ in (first.pk, first.pk, "x")]

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "in_use")
    assert "add another one first" in refused.json()["error"]["message"]
    assert [answer.status_code for answer in answers] == [204, 404, 404]


def test_no_answer_but_the_first_holds_a_secret(api: APIClient, sender: Sender):
    answers = [
        api.get(URL),
        api.get(f"{URL}orders/"),
        api.get(f"{URL}orders/secrets/"),
        api.patch(f"{URL}orders/", {"priority": 7}),
        api.post(f"{URL}orders/pause/"),
    ]

    assert not [answer for answer in answers if sender.secret in answer.content.decode()]


def test_deliveries_are_listed_without_their_bodies_and_narrowed(api: APIClient, sender: Sender):
    sender.post({"kind": "x"}, id_="1")
    sender.post({"kind": 7}, id_="2")

    rows = api.get(DELIVERIES).json()["results"]

    assert [row["delivery_id"] for row in rows] == ["2", "1"]
    assert [row["outcome"] for row in rows] == ["refused", "started"]
    assert not {"body", "headers"} & rows[0].keys()
    assert rows[0]["size"] == len(json.dumps({"kind": 7}))
    narrowed = api.get(f"{DELIVERIES}?webhook=orders&outcome=started").json()["results"]
    assert [row["delivery_id"] for row in narrowed] == ["1"]
    assert api.get(f"{DELIVERIES}?webhook=none").json()["results"] == []


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (b'{"kind": "x"}', "application/json", ('{"kind": "x"}', "text", {"kind": "x"})),
        (b"\xff", "image/png", ("/w==", "base64", "/w==")),
    ],
)
def test_a_delivery_is_shown_with_all_that_was_kept(
    api: APIClient, sender: Sender, body: bytes, kind: str, shown: tuple[Any, ...]
):
    webhooks.change(sender.webhook, now=clock.now(), content_types=["*/*"], input=None)
    sender.post(body, kind=kind, more={"X-Shop": "1", "X-Token": "t"})

    one = api.get(f"{DELIVERIES}{Delivery.objects.get().pk}/").json()

    assert (one["body"], one["body_encoding"], one["parsed"]) == shown
    assert (one["headers"]["x-shop"], one["headers"]["x-token"]) == ("1", "•••")


def test_a_replay_is_answered_like_a_delivery(api: APIClient, sender: Sender):
    webhooks.change(sender.webhook, now=clock.now(), condition='event.data.kind == "x"')
    sender.post()
    url = f"{DELIVERIES}{Delivery.objects.get().pk}/replay/"

    first = api.post(url)
    webhooks.change(sender.webhook, now=clock.now(), condition="")
    second, third = (api.post(url, HTTP_IDEMPOTENCY_KEY="k") for _ in range(2))

    assert (first.status_code, first.json()["failed_at"]) == (200, "condition")
    assert (second.status_code, second.json()["result"]) == (202, "created")
    assert third.json() == {**second.json(), "result": "replayed"}
    assert Execution.objects.get().input == {"city": ORDER["kind"]}


def test_a_replay_that_starts_nothing_says_why(api: APIClient, sender: Sender, workflow: Workflow):
    sender.post()
    url = f"{DELIVERIES}{Delivery.objects.get().pk}/replay/"
    workflows.archive(workflow)

    answer = api.post(url)

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_startable")
    assert paths(api.post(url, HTTP_IDEMPOTENCY_KEY="k" * 201)) == ["Idempotency-Key"]


@pytest.mark.parametrize(
    ("role", "codes"),
    [(Role.VIEWER, [200, 403, 403]), (Role.OPERATOR, [200, 200, 403]), (Role.EDITOR, [200, 200, 201])],
)
def test_roles_reach_as_far_as_for_schedules(program: Any, sender: Sender, role: Role, codes: list[int]):
    api = program(role)

    answers = [
        api.get(f"{URL}orders/"),
        api.post(f"{URL}orders/pause/"),
        api.post(f"{URL}orders/secrets/"),
    ]

    assert [answer.status_code for answer in answers] == codes


def test_another_organizations_webhooks_are_not_there(stranger: APIClient, sender: Sender):
    sender.post()
    delivery = f"{DELIVERIES}{Delivery.objects.get().pk}/"

    answers = [
        stranger.get(f"{URL}{sender.webhook.pk}/"),
        stranger.post(f"{URL}{sender.webhook.pk}/secrets/"),
        stranger.get(delivery),
        stranger.post(f"{delivery}replay/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert stranger.get(DELIVERIES).json()["results"] == []
