"""Steps that sign: with which secret, what, and what becomes of one that cannot."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from executions.steps import Call
from organizations import secrets
from organizations.models import Organization
from tests.executions.outgoing import CALL, NOON, recording, send
from workflows.errors import InvalidDefinition

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def signing(organization: Organization) -> Call:
    """Return a call of an organization that has the secret `partner`."""
    secrets.put(organization, name="partner", value=SECRET, by="ada")
    return replace(CALL, organization_id=organization.pk)


def test_the_receiver_can_verify_who_sent_the_request(signing: Call) -> None:
    call = replace(signing, now=datetime.now(tz=UTC))  # the library reads the clock itself
    with recording() as server:
        send(
            f"http://127.0.0.1:{server.port}/",
            call=call,
            method="POST",
            json={"b": "é", "a": 1},
            sign="partner",
        )

    ((_, _, headers, body),) = server.seen
    assert Webhook(SECRET).verify(body, headers) == json.loads(body) == {"b": "é", "a": 1}
    assert headers["webhook-id"] == CALL.idempotency_key


def test_every_attempt_has_the_same_identifier_and_its_own_time(signing: Call) -> None:
    later = replace(signing, attempt=2, now=NOON.replace(hour=13))
    with recording() as server:
        for call in (signing, later):
            send(f"http://127.0.0.1:{server.port}/", call=call, sign="partner")

    first, second = (headers for _, _, headers, _ in server.seen)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600


def test_another_origin_does_not_get_the_signature(signing: Call) -> None:
    with (
        recording() as other,
        recording(lambda _path: (307, {"Location": f"http://127.0.0.1:{other.port}/"})) as server,
    ):
        url = f"http://127.0.0.1:{server.port}/"
        send(url, call=signing, method="POST", json=1, sign="partner", follow_redirects=True)

    assert not [name for name in other.seen[0][2] if name.startswith("webhook-")]


def test_a_secret_that_does_not_exist_is_named_and_nothing_is_sent(signing: Call) -> None:
    with recording() as server:
        outcome = send(f"http://127.0.0.1:{server.port}/", call=signing, sign="other")

    assert (outcome.error_class, outcome.is_final, server.seen) == ("NoSuchSecret", True, [])
    assert "'other'" in outcome.error


@pytest.mark.django_db
def test_a_secret_of_another_organization_signs_nothing(signing: Call) -> None:
    outcome = send("http://127.0.0.1:1/", call=replace(signing, organization_id=uuid4()), sign="partner")

    assert outcome.error_class == "NoSuchSecret"


def test_a_secret_that_is_no_key_is_named_and_never_shown(signing: Call, organization: Organization) -> None:
    secrets.put(organization, name="word", value="open sesame", by="ada")

    outcome = send("http://127.0.0.1:1/", call=signing, sign="word")

    assert (outcome.error_class, outcome.is_final) == ("InvalidSigningKey", True)
    assert "sesame" not in outcome.error


@pytest.mark.parametrize("name", ["", "1st", "a b", "a.b", "x" * 64, "${{ input.x }}"])
def test_a_name_that_no_secret_has_is_refused_when_it_is_saved(name: str) -> None:
    with pytest.raises(InvalidDefinition, match="sign"):
        send("http://127.0.0.1:1/", sign=name)


def test_a_signed_step_cannot_set_the_headers_of_the_signature() -> None:
    with pytest.raises(InvalidDefinition, match="'Webhook-Id'"):
        send("http://127.0.0.1:1/", sign="partner", headers={"Webhook-Id": "1"})
