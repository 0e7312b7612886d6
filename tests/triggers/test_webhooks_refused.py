"""Whoever cannot prove who they are learns nothing; what cannot be read is refused and named."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import AsyncRequestFactory, Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

import clock
from executions.models import Execution
from organizations.models import Organization
from tests.triggers.deliveries import ORDER, Sender, a_workflow, error_of, make_sender
from triggers import webhooks
from triggers.models import Delivery, Tally, WebhookSecret
from triggers.models.webhook import MAX_BODY
from triggers.signature import new_secret
from triggers.webhooks.proof import MAX_FAILURES
from triggers.webhooks.views import hook

pytestmark = pytest.mark.django_db

NOWHERE = "/hooks/" + "x" * 32


@pytest.fixture
def sender(organization: Organization) -> Sender:
    return make_sender(a_workflow(organization))


def whole(answer: HttpResponse) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, dict(answer.headers)


def test_an_unknown_endpoint_and_a_bad_signature_are_answered_alike(sender: Sender):
    forged = {**sender.signed(b"{}"), "webhook-signature": "v1,AAAA"}
    stale = {**sender.signed(b"{}"), "webhook-timestamp": "1"}

    answers = [
        sender.post(b"{}", path=NOWHERE),
        sender.post(b"{}", path="/hooks/short"),
        sender.post(b"{}", path="/hooks/%00"),
        *(sender.post(b"{}", headers=headers) for headers in ({}, forged, stale)),
        sender.post(b"not JSON", headers={}, kind="image/png"),
        Sender(sender.webhook, new_secret("standard")).post(b"{}"),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert all(whole(answer) == whole(answers[0]) for answer in answers)
    assert not Delivery.objects.exists()


def test_an_address_that_is_not_allowed_is_answered_like_a_bad_signature(sender: Sender):
    webhooks.change(sender.webhook, now=clock.now(), allowed_networks=["198.51.100.0/24", "2001:db8:1::7"])
    unknown = sender.post(path=NOWHERE)
    wrong = sender.post()
    sender.address = "::ffff:198.51.100.9"

    assert whole(wrong) == whole(unknown)
    assert sender.post().status_code == 202
    assert Delivery.objects.get().remote_address == "198.51.100.9"
    assert "is not allowed" in Tally.objects.get(owner_id=sender.webhook.pk).last_problem


def test_a_forwarded_address_counts_only_as_far_as_proxies_are_trusted(sender: Sender, settings: Settings):
    webhooks.change(sender.webhook, now=clock.now(), allowed_networks=["198.51.100.7"])
    forged = {"X-Forwarded-For": "198.51.100.7"}
    through = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}

    before = sender.post(more=forged)
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"trusted_proxies": 1})

    assert before.status_code == 401
    assert sender.post(more=through).status_code == 202
    assert sender.post(more={"X-Forwarded-For": "198.51.100.7, 203.0.113.1"}).status_code == 401


@pytest.mark.parametrize("is_known", [True, False])
def test_who_fails_too_often_has_to_wait(sender: Sender, is_known: bool):
    path = None if is_known else NOWHERE

    codes = [sender.post(headers={}, path=path).status_code for _ in range(MAX_FAILURES + 1)]
    answer = sender.post(path=path)

    assert codes == [401] * MAX_FAILURES + [429]
    assert (answer.status_code, error_of(answer)) == (429, "throttled")
    assert 0 <= int(answer["Retry-After"]) <= 60
    assert Tally.objects.filter(rejected=MAX_FAILURES if is_known else 0).exists()


def test_failures_elsewhere_do_not_shut_out_who_shares_the_address(sender: Sender):
    for number in range(MAX_FAILURES + 1):
        sender.post(headers={}, path=f"/hooks/{number:032}")

    assert sender.post().status_code == 202


def test_no_webhook_takes_more_than_the_largest_body(sender: Sender):
    body = b"x" * (MAX_BODY + 1)

    answers = [sender.post(body, headers={}, path=path) for path in (None, NOWHERE)]

    assert [answer.status_code for answer in answers] == [413, 413]
    assert whole(answers[0]) == whole(answers[1])


@pytest.mark.parametrize("length", [None, "", "9" * 5_000])
def test_a_body_is_bounded_whatever_its_declared_length(sender: Sender, length: str | None):
    request = AsyncRequestFactory().generic("POST", NOWHERE, b"x" * (MAX_BODY + 1))
    del request.META["CONTENT_LENGTH"]
    if length is not None:
        request.META["CONTENT_LENGTH"] = length

    assert hook(request, sender.webhook.token).status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_post_is_taken(sender: Sender, method: str):
    answers = [Client().generic(method, path) for path in (f"/hooks/{sender.webhook.token}/", NOWHERE)]

    assert [(answer.status_code, answer["Allow"], error_of(answer)) for answer in answers] == [
        (405, "POST", "method_not_allowed")
    ] * 2


def test_the_slash_at_the_end_may_stand_there(sender: Sender):
    assert sender.post(path=f"/hooks/{sender.webhook.token}/").status_code == 202


def test_deliveries_beyond_the_rate_are_told_when_to_come_back(sender: Sender):
    webhooks.change(sender.webhook, now=clock.now(), rate_limit=2)

    answers = [sender.post(id_=f"msg_{number}") for number in range(3)]

    # At the turn of a minute the third one is the first of the next.
    assert [answer.status_code for answer in answers][:2] == [202, 202]
    assert answers[2].status_code in {202, 429}
    if answers[2].status_code == 429:
        assert int(answers[2]["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b" ", ""),
        (b"{", ""),
        (b'{"a": NaN}', ""),
        (b'{"a": 1, "a": 2}', ""),
        (b"\xff", ""),
        (b"[" * 100_000, ""),
        (b'{"a": {"b": "\\ud800"}}', "a.b"),
        (b'{"a": ["\\u0000"]}', "a[0]"),
        (b'{"a": 1e999}', "a"),
        (b'{"a": ' + b"9" * 400 + b"}", "a"),
        (b"[" * 70 + b"]" * 70, "[0][0][0][0][0][0][0][0]"),
        (b"9" * 5_000, ""),
    ],
    ids=range(12),
)
def test_json_that_cannot_be_kept_is_refused_and_named(sender: Sender, body: bytes, path: str):
    answer = sender.post(body)

    assert answer.status_code == 400
    assert [problem["path"] for problem in answer.json()["error"]["fields"]] == [path] * bool(path)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=%00"),
        ("application/x-www-form-urlencoded", b"a=%FF"),
        ("application/x-www-form-urlencoded", b"\xff=1"),
        ("application/x-www-form-urlencoded", b"a=1&" * 1_001),
        ("text/plain", b"\x00"),
        ("text/plain", b"\xff"),
        ("text/plain; charset=unicode_escape", b"x"),
    ],
)
def test_other_bodies_that_cannot_be_kept_are_refused(sender: Sender, kind: str, body: bytes):
    webhooks.change(sender.webhook, now=clock.now(), content_types=["*/*"])

    assert sender.post(body, kind=kind).status_code == 400


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=60) | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(json.dumps),
    kind=st.sampled_from(["application/json", "text/plain", "application/x-www-form-urlencoded", "a/b"])
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    header=st.text(st.characters(max_codepoint=255), max_size=40),
)
def test_no_body_that_its_sender_signed_is_a_fault_of_ours(sender: Sender, body: Any, kind: str, header: str):
    webhooks.change(sender.webhook, now=clock.now(), content_types=["*/*"], rate_limit=0)
    content = body if isinstance(body, bytes) else body.encode()

    answer = sender.post(content, kind=kind, id_=None, more={"X-Any": header, "Horarium-Depth": header})

    assert answer.status_code in {202, 400}, answer.content


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()
    )
)
def test_no_header_of_a_stranger_is_a_fault_of_ours(sender: Sender, headers: dict[str, str]):
    assert sender.post(b"{}", headers=headers).status_code in {401, 429}


def test_while_the_database_is_away_the_sender_is_told_when_to_come_back(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
):
    headers = sender.signed(json.dumps(ORDER).encode())

    def away(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("django.db.models.sql.compiler.SQLCompiler.execute_sql", away)
    answer = sender.post(headers=headers)

    assert (answer.status_code, error_of(answer)) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0


def test_a_secret_that_cannot_be_opened_proves_nothing_and_its_owner_reads_why(sender: Sender):
    WebhookSecret.objects.update(sealed=b"nonsense")

    assert sender.post().status_code == 401
    tally = Tally.objects.get(owner_id=sender.webhook.pk)
    assert "HORARIUM_ENCRYPTION_KEYS" in tally.last_problem
    assert not Execution.objects.exists()
