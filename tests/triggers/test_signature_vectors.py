"""Signatures that the schemes' own authors have published."""

from typing import Any

import pytest

from triggers.signature import InvalidSignature, Reason, verify

# Tests of Stripe's library for .NET: EventUtilityTest and its event_test_signature.json.
STRIPE_BODY = b"""{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "ii_123",
      "object": "invoiceitem",
      "amount": 1000,
      "currency": "usd",
      "customer": "cus_123",
      "date": 1533204620,
      "description": "Test Invoice Item",
      "discountable": false,
      "invoice": "in_123",
      "livemode": false,
      "metadata": {},
      "period": {
        "start": 1533204620,
        "end": 1533204620
      },
      "plan": null,
      "proration": false,
      "quantity": null,
      "subscription": null
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "invoiceitem.created"
}
"""

# docs.slack.dev, "Verifying requests from Slack".
SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)

VECTORS: dict[str, dict[str, Any]] = {
    # Tests of the libraries of Standard Webhooks.
    "standard": {
        "scheme": "standard",
        "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "headers": {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        "body": b'{"test": 2432232314}',
        "now": 1614265330,
    },
    # docs.svix.com, "Verifying webhooks manually".
    "svix": {
        "scheme": "standard",
        "secrets": ["whsec_plJ3nmyCDGBKInavdOK15jsl"],
        "headers": {
            "svix-id": "msg_loFOjxBNrRLzqYUf",
            "svix-timestamp": "1731705121",
            "svix-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        },
        "body": b'{"event_type":"ping","data":{"success":true}}',
        "now": 1731705121,
    },
    # docs.github.com, "Validating webhook deliveries"; the delivery id stands in "Webhook events and payloads".
    "github": {
        "scheme": "github",
        "secrets": ["It's a Secret to Everybody"],
        "headers": {
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        },
        "body": b"Hello, World!",
        "now": 0,
    },
    "stripe": {
        "scheme": "stripe",
        "secrets": ["webhook_secret"],
        "headers": {
            "Stripe-Signature": "t=1533204620,"
            "v1=f0bdba6d4eacbd8ad8a3bbadd7248e633ec1477f7899c124c51b39405fa36613,"
            "v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef"
        },
        "body": STRIPE_BODY,
        "now": 1533204620,
    },
    "slack": {
        "scheme": "slack",
        "secrets": ["8f742231b10e8888abcd99yyyzzz85a5"],
        "headers": {
            "X-Slack-Request-Timestamp": "1531420618",
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        "body": SLACK_BODY,
        "now": 1531420618,
    },
    # RFC 4231, test case 2.
    "hmac": {
        "scheme": "hmac",
        "secrets": ["Jefe"],
        "headers": {"X-Signature": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        "body": b"what do ya want for nothing?",
        "now": 0,
    },
    # RFC 6750, 2.1.
    "bearer": {
        "scheme": "bearer",
        "secrets": ["mF_9.B5f-4.1JqM"],
        "headers": {"Authorization": "Bearer mF_9.B5f-4.1JqM"},
        "body": b"",
        "now": 0,
    },
}
IDS = {
    "standard": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "svix": "msg_loFOjxBNrRLzqYUf",
    "github": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
}
TIMED = ["standard", "svix", "stripe", "slack"]


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_signature_verifies_and_tells_the_delivery_id(name):
    assert verify(**VECTORS[name]) == IDS.get(name)


@pytest.mark.parametrize("name", VECTORS)
def test_header_names_count_in_any_case_and_values_may_be_bytes(name):
    vector = VECTORS[name]
    headers = {key.swapcase(): f" {value}\t".encode() for key, value in vector["headers"].items()}

    assert verify(**{**vector, "headers": headers}) == IDS.get(name)


@pytest.mark.parametrize("name", [name for name in VECTORS if name != "bearer"])
def test_a_published_signature_does_not_cover_another_body(name):
    with pytest.raises(InvalidSignature) as refused:
        verify(**{**VECTORS[name], "body": VECTORS[name]["body"] + b"\n"})

    assert refused.value.reason is Reason.MISMATCH


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_timestamp_at_the_edge_of_the_tolerance_counts(name, seconds):
    vector = VECTORS[name]

    assert verify(**{**vector, "now": vector["now"] + seconds}) == IDS.get(name)


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("seconds", [-301, -300.01, 300.01, 301, float("nan")])
def test_a_timestamp_outside_the_tolerance_is_stale_on_both_sides(name, seconds):
    with pytest.raises(InvalidSignature) as refused:
        verify(**{**VECTORS[name], "now": VECTORS[name]["now"] + seconds})

    assert refused.value.reason is Reason.STALE
