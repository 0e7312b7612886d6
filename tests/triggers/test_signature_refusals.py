"""Requests that no scheme may believe, and why."""

from typing import Any

import pytest

from triggers.signature import InvalidSignature, Reason, Scheme, sign, verify
from triggers.signature.headers import MAX_LENGTH
from triggers.signature.verifying import MAX_CANDIDATES

NOW = 1_700_000_000
BODY = b'{"order": 17}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEX = "ab" * 32
MISSING, MALFORMED, STALE, MISMATCH = Reason.MISSING_HEADER, Reason.MALFORMED, Reason.STALE, Reason.MISMATCH
ABSENT: Any = None

# Scheme, one header to put in place of the right one, the reason of the refusal.
REFUSALS = [
    ("standard", "webhook-id", ABSENT, MISSING),
    ("standard", "webhook-id", "", MISSING),
    ("standard", "webhook-id", "msg_2", MISMATCH),
    ("standard", "webhook-id", "msg_\0", MALFORMED),
    ("standard", "webhook-id", "msg_é", MALFORMED),
    ("standard", "webhook-id", "m" * 256, MALFORMED),
    ("standard", "webhook-timestamp", ABSENT, MISSING),
    ("standard", "webhook-timestamp", str(NOW + 1), MISMATCH),
    ("standard", "webhook-timestamp", f"0{NOW}", MISMATCH),
    ("standard", "webhook-signature", ABSENT, MISSING),
    ("standard", "webhook-signature", "v2,AAAA v1a,AAAA v1", MALFORMED),
    ("standard", "webhook-signature", "v1,", MISMATCH),
    ("github", "X-Hub-Signature-256", ABSENT, MISSING),
    ("github", "X-Hub-Signature-256", "   ", MISSING),
    ("github", "X-Hub-Signature-256", HEX, MALFORMED),
    ("github", "X-Hub-Signature-256", f"sha1={HEX}", MALFORMED),
    ("github", "X-Hub-Signature-256", "sha256=", MISMATCH),
    ("github", "X-Hub-Signature-256", f"sha256={HEX}", MISMATCH),
    ("github", "X-GitHub-Delivery", "a\x7fb", MALFORMED),
    ("stripe", "Stripe-Signature", ABSENT, MISSING),
    ("stripe", "Stripe-Signature", f"v1={HEX}", MALFORMED),
    ("stripe", "Stripe-Signature", f"t={NOW},v0={HEX}", MALFORMED),
    ("stripe", "Stripe-Signature", f"t={NOW},t={NOW},v1={HEX}", MALFORMED),
    ("stripe", "Stripe-Signature", f"t={NOW},v1={HEX}", MISMATCH),
    ("stripe", "Stripe-Signature", ",=,,", MALFORMED),
    ("slack", "X-Slack-Signature", ABSENT, MISSING),
    ("slack", "X-Slack-Request-Timestamp", ABSENT, MISSING),
    ("slack", "X-Slack-Request-Timestamp", str(NOW - 1), MISMATCH),
    ("slack", "X-Slack-Signature", f"v1={HEX}", MALFORMED),
    ("slack", "X-Slack-Signature", f"v0={HEX}", MISMATCH),
    ("hmac", "X-Signature", ABSENT, MISSING),
    ("hmac", "X-Signature", "", MISSING),
    ("hmac", "X-Signature", HEX, MISMATCH),
    ("hmac", "X-Signature", 17, MALFORMED),
    ("bearer", "Authorization", ABSENT, MISSING),
    ("bearer", "Authorization", SECRET, MALFORMED),
    ("bearer", "Authorization", f"Basic {SECRET}", MALFORMED),
    ("bearer", "Authorization", "Bearer", MISMATCH),
    ("bearer", "Authorization", f"Bearer {SECRET}, Bearer {SECRET}", MISMATCH),
    ("bearer", "Authorization", f"Bearer {SECRET.lower()}", MISMATCH),
]


def signed(scheme: str, **more: Any) -> dict[str, Any]:
    """Return what `verify` takes, for a request that it believes."""
    headers = sign(scheme, secret=SECRET, body=BODY, now=NOW, delivery_id="msg_1", **more)
    return {"scheme": scheme, "secrets": [SECRET], "headers": headers, "body": BODY, "now": NOW, **more}


def reason_of(request: dict[str, Any]) -> Reason:
    with pytest.raises(InvalidSignature) as refused:
        verify(**request)
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value)
    return refused.value.reason


@pytest.mark.parametrize(("scheme", "header", "value", "reason"), REFUSALS)
def test_a_request_with_one_wrong_header_is_refused_with_its_reason(scheme, header, value, reason):
    request = signed(scheme)
    request["headers"][header] = value

    assert reason_of(request) is reason


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize(
    "secrets", [[], "", b"", "whsec_", [b"whsec_"], ["", b""], [" \n"], [b"\0\0"], [None], [0]]
)
def test_an_empty_secret_never_verifies(scheme, secrets):
    assert reason_of(signed(scheme) | {"secrets": secrets}) is Reason.NO_SECRET


def test_a_base64_secret_of_nothing_but_nul_never_verifies_as_it_is_the_empty_key():
    assert reason_of(signed("standard") | {"secrets": ["whsec_AAAA"]}) is Reason.NO_SECRET


@pytest.mark.parametrize(
    "text", ["not base64!", "whsec_a", "whsec_ab=c", "whsec_MfKQ-r8G_Kqr", "whpk_MfKQ9r8G"]
)
def test_a_standard_secret_that_is_not_base64_never_verifies(text):
    assert reason_of(signed("standard") | {"secrets": [text]}) is Reason.NO_SECRET


TIMESTAMPS = [
    "+1",
    "-1",
    "1 1",
    "1_1",
    "1.0",
    "1e9",
    "١٢٣",
    "٣",
    "0x1",
    "9" * 13,
    "²",
    "\ud800",
    "\xa01",
    "nan",
]


@pytest.mark.parametrize("timestamp", TIMESTAMPS)
def test_a_timestamp_that_is_not_plain_digits_is_malformed_whatever_int_would_make_of_it(timestamp):
    stripe = signed("stripe") | {"headers": {"Stripe-Signature": f"t={timestamp},v1={HEX}"}, "now": 1}
    slack = signed("slack")
    slack["headers"]["X-Slack-Request-Timestamp"] = timestamp

    assert reason_of(stripe) is Reason.MALFORMED
    assert reason_of(slack) is Reason.MALFORMED


def test_twelve_digits_are_a_timestamp_though_no_calendar_reaches_it():
    request = signed("standard") | {"now": 999_999_999_999}
    request["headers"]["webhook-timestamp"] = "9" * 12

    assert reason_of(request) is Reason.MISMATCH


@pytest.mark.parametrize("scheme", Scheme)
def test_a_header_that_stands_there_twice_in_different_case_is_refused(scheme):
    request = signed(scheme)
    request["headers"] |= {name.swapcase(): value for name, value in request["headers"].items()}

    assert reason_of(request) is Reason.MALFORMED


@pytest.mark.parametrize("scheme", Scheme)
def test_a_header_of_more_than_8_kb_is_refused_unread(scheme):
    request = signed(scheme)
    request["headers"] = {name: value + " " * MAX_LENGTH for name, value in request["headers"].items()}

    assert reason_of(request) is Reason.MALFORMED


@pytest.mark.parametrize(
    ("scheme", "header"), [("standard", "webhook-signature"), ("stripe", "Stripe-Signature")]
)
def test_more_than_twenty_signatures_are_refused_even_with_the_right_one_among_them(scheme, header):
    request, join, wrong = (
        signed(scheme),
        *{"standard": (" ", "v1,AAAA"), "stripe": (",", f"v1={HEX}")}[scheme],
    )
    right = request["headers"][header]

    request["headers"][header] = join.join([right] + [wrong] * (MAX_CANDIDATES - 1))
    verify(**request)
    request["headers"][header] += join + wrong

    assert reason_of(request) is Reason.MALFORMED


@pytest.mark.parametrize("signature", [HEX + "\n", "é" * 64, "\u017f" * 64, "\ud800", "=" * 44, "\0"])
@pytest.mark.parametrize("scheme", ["github", "slack", "stripe", "hmac", "standard", "bearer"])
def test_characters_that_no_signature_has_are_a_mismatch_and_no_error(scheme, signature):
    request = signed(scheme)
    header = list(request["headers"])[{"github": 0, "slack": 1, "standard": 2}.get(scheme, 0)]
    opening = {
        "github": "sha256=",
        "slack": "v0=",
        "stripe": f"t={NOW},v1=",
        "standard": "v1,",
        "bearer": "Bearer ",
    }

    request["headers"][header] = opening.get(scheme, "") + signature

    assert reason_of(request) is Reason.MISMATCH


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-1], lambda text: text[:-2] + "\n=", lambda text: f"{text}="]
)
def test_base64_with_missing_padding_or_anything_added_is_refused(damage):
    request = signed("hmac", options={"encoding": "base64"})
    request["headers"]["X-Signature"] = damage(request["headers"]["X-Signature"])

    assert reason_of(request) is Reason.MISMATCH


def test_the_other_encoding_is_refused_when_one_is_chosen():
    request = signed("hmac", options={"encoding": "base64"})

    assert reason_of(request | {"options": {"encoding": "hex"}}) is Reason.MISMATCH


def test_a_prefix_that_was_asked_for_must_be_there():
    request = signed("hmac")

    assert reason_of(request | {"options": {"prefix": "sha256="}}) is Reason.MALFORMED


def test_a_signature_without_a_time_does_not_pass_where_a_time_is_asked_for():
    request = signed("hmac") | {"options": {"timestamp_header": "X-Time"}}

    assert reason_of(request) is Reason.MISSING_HEADER
    request["headers"]["X-Time"] = str(NOW)
    assert reason_of(request) is Reason.MISMATCH
    request["headers"]["X-Time"] = str(NOW - 301)
    assert reason_of(request) is Reason.STALE


def test_a_stripe_signature_of_the_test_version_does_not_count():
    request = signed("stripe")
    right = request["headers"]["Stripe-Signature"]
    request["headers"]["Stripe-Signature"] = right.replace("v1=", "v0=") + f",v1={HEX}"

    assert reason_of(request) is Reason.MISMATCH
