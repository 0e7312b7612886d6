"""A delivery that proves who sent it starts its workflow once, and is told what became of it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import clock
from executions.models import Execution
from organizations.models import Organization
from tests.triggers.deliveries import ORDER, Sender, a_workflow, error_of, make_sender
from triggers import webhooks
from triggers.models import Delivery, Tally
from triggers.webhooks.reading import FORM
from workflows import services as workflows
from workflows.models import Workflow

pytestmark = pytest.mark.django_db

Make = Callable[..., Sender]


@pytest.fixture
def workflow(organization: Organization) -> Workflow:
    return a_workflow(organization)


@pytest.fixture
def make(workflow: Workflow) -> Make:
    def make(**settings: Any) -> Sender:
        return make_sender(settings.pop("workflow", workflow), **settings)

    return make


def test_a_delivery_starts_the_workflow_with_its_body(make: Make):
    sender = make()

    answer = sender.post()

    execution, delivery = Execution.objects.get(), Delivery.objects.get()
    assert (answer.status_code, answer["Cache-Control"]) == (202, "no-store")
    assert answer.json() == {
        "matched": True,
        "result": "created",
        "execution_id": str(execution.pk),
        "delivery": str(delivery.pk),
    }
    assert (execution.input, execution.source, execution.trigger_id) == (ORDER, "webhook", sender.webhook.pk)


def test_a_repeated_delivery_is_answered_with_the_same_ids(make: Make):
    sender = make()

    first, second = sender.post(), sender.post()

    assert second.status_code == 202
    assert second.json() == {**first.json(), "result": "replayed"}
    assert Execution.objects.count() == 1


def test_an_id_that_comes_back_with_another_body_is_refused(make: Make):
    sender = make()
    sender.post()

    answer = sender.post({"order": 8})

    assert (answer.status_code, error_of(answer)) == (409, "delivery_conflict")
    assert Execution.objects.count() == 1


@pytest.mark.parametrize(
    ("settings", "failed_at"),
    [
        ({"filters": {"data.kind": "film"}}, "filters.data.kind"),
        ({"filters": {"headers.x-shop": "1"}}, "filters.headers.x-shop"),
        ({"condition": "event.data.order > 100"}, "condition"),
    ],
)
def test_a_delivery_that_is_not_wanted_starts_nothing_and_says_why(make: Make, settings: Any, failed_at: str):
    sender = make(**settings)

    answers = [sender.post(), sender.post()]

    assert [answer.status_code for answer in answers] == [200, 200]
    told = {"matched": False, "failed_at": failed_at, "delivery": str(Delivery.objects.get().pk)}
    assert [answer.json() for answer in answers] == [told, told]
    assert not Execution.objects.exists()


def test_the_input_is_made_by_the_mapping(make: Make):
    sender = make(
        input={"number": "${{ event.data.order }}", "by": "${{ event.type }}", "id": "${{ event.id }}"}
    )

    sender.post()

    assert Execution.objects.get().input == {"number": 7, "by": "webhook.orders", "id": "msg_1"}


@pytest.mark.parametrize(
    ("kind", "body", "data"),
    [
        ("application/json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("Application/JSON", b"[1, 2]", {"data": [1, 2]}),
        ("application/vnd.shop+json", b'"text"', {"data": "text"}),
        (FORM, b"a=1&b=2&b=3&payload=%7B%7D", {"a": "1", "b": ["2", "3"], "payload": "{}"}),
        ("text/plain; charset=iso-8859-1", b"caf\xe9", {"data": "café"}),
        ("application/octet-stream", b"\x00\xff", {"data": "AP8="}),
        ("", b"\x00\xff", {"data": "AP8="}),
    ],
)  # fmt: skip
def test_a_body_is_read_as_its_content_type_says(make: Make, kind: str, body: bytes, data: Any):
    sender = make(content_types=["*/*"])

    assert sender.post(body, kind=kind).status_code == 202
    assert Execution.objects.get().input == data


def test_the_owner_reads_why_a_body_was_not_taken(make: Make):
    sender = make()

    sender.post(b"{}", kind="text/plain")

    tally = Tally.objects.get(owner_id=sender.webhook.pk)
    assert (tally.matched, tally.rejected) == (0, 0)
    assert "'text/plain' is not taken here" in tally.last_problem


@pytest.mark.parametrize("kind", ["text/plain", "application/x-json", ""])
def test_a_content_type_that_is_not_allowed_is_refused(make: Make, kind: str):
    answer = make().post(b"{}", kind=kind)

    assert (answer.status_code, error_of(answer)) == (415, "unsupported_media_type")
    assert not Delivery.objects.exists()


def test_a_body_beyond_the_webhooks_bound_is_refused(make: Make):
    sender = make(max_body_bytes=20)

    answers = [sender.post(b'"%s"' % (b"x" * length)) for length in (18, 19)]

    assert [answer.status_code for answer in answers] == [202, 413]
    assert error_of(answers[1]) == "too_large"


def test_a_paused_webhook_takes_nothing_until_it_is_resumed(make: Make):
    sender = make()
    webhooks.pause(sender.webhook, by="ada", now=clock.now())

    refused = sender.post()
    webhooks.resume(sender.webhook, by="ada", now=clock.now())

    assert (refused.status_code, error_of(refused)) == (403, "paused")
    assert sender.post().json()["result"] == "created"


def test_an_input_that_does_not_fit_is_recorded_and_may_be_delivered_again(
    organization: Organization, make: Make
):
    workflow = a_workflow(organization, "strict", inputs={"properties": {"order": {"type": "string"}}})
    sender = make(workflow=workflow)

    refused = sender.post()
    webhooks.change(sender.webhook, now=clock.now(), input={"order": "${{ string(event.data.order) }}"})
    taken = sender.post()

    assert (refused.status_code, error_of(refused)) == (400, "invalid")
    assert [problem["path"] for problem in refused.json()["error"]["fields"]] == ["input.order"]
    assert (taken.status_code, taken.json()["result"]) == (202, "created")
    assert list(Delivery.objects.values_list("outcome", "detail")) == [("started", "")]


def test_a_mapping_that_fails_on_a_delivery_is_recorded(make: Make):
    sender = make(input={"a": "${{ event.data.missing.part }}"})

    answer = sender.post()

    delivery = Delivery.objects.get()
    assert (answer.status_code, answer.json()["error"]["fields"][0]["path"]) == (400, "input")
    assert (delivery.outcome, delivery.reason) == ("refused", "expression_failed")


def test_a_delivery_to_an_archived_workflow_is_refused_and_recorded(make: Make, workflow: Workflow):
    sender = make()
    workflows.archive(workflow)

    answer = sender.post()

    assert (answer.status_code, error_of(answer)) == (409, "not_startable")
    assert Delivery.objects.get().outcome == "refused"


@pytest.mark.parametrize(
    ("depth", "status"), [("20", 202), ("21", 409), ("1000", 409), ("-1", 202), ("x", 202)]
)
def test_a_loop_of_installations_ends(make: Make, depth: str, status: int):
    answer = make().post(more={"Horarium-Depth": depth})

    assert answer.status_code == status
    assert [one.depth for one in Execution.objects.all()] == [20 if depth == "20" else 0] * (status == 202)


def test_a_delivery_is_kept_with_its_secrets_masked(make: Make):
    sender = make()

    secrets = {"X-Api-Key": "k", "Cookie": "c", "Authorization": "Bearer t", "X-Shop-Auth": "t"}
    sender.post(more={**secrets, "X-Shop": "shop"})

    delivery = Delivery.objects.get()
    masked = {name for name, value in delivery.headers.items() if value == "•••"}
    assert masked == {"webhook-signature", "x-api-key", "cookie", "authorization", "x-shop-auth"}
    assert (delivery.headers["x-shop"], delivery.remote_address) == ("shop", sender.address)
    assert json.loads(bytes(delivery.body)) == ORDER


def test_mappings_see_headers_without_secrets(make: Make):
    sender = make(input={"headers": "${{ event.headers }}"})

    sender.post(more={"X-Shop": "shop", "X-Token": "t"})

    seen = Execution.objects.get().input["headers"]
    assert seen["x-shop"] == "shop"
    assert {"webhook-signature", "x-token"} & seen.keys() == set()


def test_what_a_webhook_does_is_counted(make: Make, workflow: Workflow):
    sender = make(condition="event.data.order < 9")
    sender.post()
    sender.post({"order": 9}, id_="msg_2")
    sender.post(headers={})
    workflows.archive(workflow)
    sender.post({"order": 8}, id_="msg_3")

    tally = Tally.objects.get(owner_id=sender.webhook.pk)
    assert (tally.matched, tally.started, tally.skipped, tally.rejected) == (2, 1, 1, 1)
    assert tally.last_execution_id == Execution.objects.get().pk
    assert tally.last_problem.startswith("not_startable: ")


def test_a_delivery_costs_five_statements_and_a_repeated_one_two(make: Make):
    sender = make(filters={"data.kind": "book"}, condition="event.data.order > 1")
    sender.post(id_="warm")

    with CaptureQueriesContext(
        connection,
    ) as first:
        sender.post()
    with CaptureQueriesContext(connection) as second:
        sender.post()

    def own(queries: CaptureQueriesContext) -> list[str]:
        return [one["sql"][:60] for one in queries if "SAVEPOINT" not in one["sql"]]

    assert len(own(first)) <= 7, own(first)  # with the test's own two readings of the clock
    assert len(own(second)) <= 4, own(second)


def test_the_clock_that_counts_is_the_databases(make: Make, shift_clock: Any):
    sender = make()
    headers = sender.signed(b"{}")
    shift_clock(timedelta(seconds=301))

    assert sender.post(b"{}", headers=headers).status_code == 401
