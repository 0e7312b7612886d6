"""What the schemes accept: names, options, forms of secret, several signatures."""

import base64
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from triggers.signature import (
    InvalidOption,
    InvalidScheme,
    InvalidSecret,
    Scheme,
    check_options,
    check_secret,
    new_secret,
    scheme_of,
    sign,
    verify,
)

NOW = 1_700_000_000
BODY = b'{"order": 17}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

NAMES = {
    "standard": [
        "Standard",
        "standard_webhooks",
        "Standard Webhooks",
        "standard-webhooks",
        "StandardWebhooks",
    ],
    "github": ["GitHub", " github "],
    "stripe": ["STRIPE"],
    "slack": ["slack_v0", "Slack v0"],
    "hmac": ["hmac_sha256", "HMAC-SHA256", "hmac-sha-256", "plain_hmac", "Plain HMAC-SHA256"],
    "bearer": ["bearer_token", "Bearer token", "token"],
}
OPTIONS = [
    ("github", {"header": "X"}, "options.header"),
    ("standard", {"prefix": ""}, "options.prefix"),
    ("hmac", {"headers": "X"}, "options.headers"),
    ("hmac", {"header": ""}, "options.header"),
    ("hmac", {"header": "X Signature"}, "options.header"),
    ("hmac", {"header": "X\r\nEvil: 1"}, "options.header"),
    ("hmac", {"header": 7}, "options.header"),
    ("hmac", {"encoding": "base32"}, "options.encoding"),
    ("hmac", {"encoding": ""}, "options.encoding"),
    ("hmac", {"prefix": " sha256="}, "options.prefix"),
    ("hmac", {"prefix": "é"}, "options.prefix"),
    ("hmac", {"id_header": "Ü"}, "options.id_header"),
    ("hmac", {"timestamp_header": ""}, "options.timestamp_header"),
    ("bearer", {"encoding": "hex"}, "options.encoding"),
    ("bearer", {7: "hex"}, "options.7"),
    ("bearer", ["header"], "options"),
]


@pytest.mark.parametrize(
    ("scheme", "name"), [(scheme, name) for scheme in NAMES for name in [scheme, *NAMES[scheme]]]
)
def test_a_scheme_is_known_by_the_names_people_give_it(scheme, name):
    assert scheme_of(name) == scheme


@pytest.mark.parametrize("name", ["", "md5", "git_hub", None, 7, "x" * 10_000])
def test_an_unknown_scheme_is_refused_with_the_list_of_those_there_are(name):
    with pytest.raises(InvalidScheme, match="standard, github, stripe, slack, hmac, bearer") as refused:
        scheme_of(name)

    assert refused.value.field == "scheme"
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(("scheme", "options", "field"), OPTIONS)
def test_a_wrong_option_is_refused_by_name_before_any_request_comes(scheme, options, field):
    with pytest.raises(InvalidOption) as refused:
        check_options(scheme, options)

    assert refused.value.field == field


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        ("hmac", {"encoding": "HEX"}),
        ("hmac", {"prefix": "", "id_header": None}),
        ("slack", {}),
        ("github", None),
    ],
)
def test_an_option_may_be_left_out_or_none(scheme, options):
    check_options(scheme, options)


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [(scheme, secret) for scheme in Scheme for secret in ("", b"", "whsec_", "  ")]
    + [
        ("standard", "It's a Secret"),
        ("standard", "whsec_a"),
        ("bearer", "zwölf"),
        ("bearer", " a "),
        ("bearer", b"\xff"),
    ],
)
def test_a_secret_that_can_never_verify_is_refused_and_not_shown(scheme, secret):
    with pytest.raises(InvalidSecret) as refused:
        check_secret(scheme, secret)

    assert refused.value.field == "secret"
    assert "Secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("scheme", "secret"),
    [(scheme, "1234567") for scheme in ("stripe", "github", "slack", "hmac")]
    + [("bearer", "123456789012345"), ("standard", "whsec_c2hvcnQ=")],
)
def test_a_secret_that_is_soon_guessed_may_not_be_added(scheme, secret):
    with pytest.raises(InvalidSecret, match="too short to prove anything"):
        check_secret(scheme, secret)

    check_secret(scheme, secret.removesuffix("=") + "12345678")
    assert sign(scheme, secret=secret, body=b"", now=1_700_000_000)


@pytest.mark.parametrize("scheme", Scheme)
def test_a_new_secret_is_accepted_by_its_scheme_and_never_the_same(scheme):
    first, second = new_secret(scheme), new_secret(scheme)

    check_secret(scheme, first)
    assert first != second
    assert len(first) >= 43


def test_a_new_standard_secret_is_whsec_and_base64_of_32_bytes():
    secret = new_secret("standard")

    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32


def test_the_library_of_standard_webhooks_signs_as_we_do():
    headers = sign("standard", secret=SECRET, body=BODY, now=NOW, delivery_id="msg_1")

    theirs = Webhook(SECRET).sign("msg_1", datetime.fromtimestamp(NOW, tz=UTC), BODY.decode())

    assert headers["webhook-signature"] == theirs


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.removeprefix("whsec_"),
        f" {SECRET}\n",
        base64.b64decode(SECRET[6:]),
        bytearray(base64.b64decode(SECRET[6:])),
    ],
)
def test_a_standard_secret_counts_without_its_prefix_and_as_raw_bytes(secret):
    headers = sign("standard", secret=SECRET, body=BODY, now=NOW, delivery_id="msg_1")

    assert verify("standard", secrets=secret, headers=headers, body=BODY, now=NOW) == "msg_1"


def test_a_standard_secret_counts_without_its_padding():
    headers = sign("standard", secret="whsec_c2VjcmV0IQ==", body=BODY, now=NOW, delivery_id="msg_1")

    assert verify("standard", secrets=["whsec_c2VjcmV0IQ"], headers=headers, body=BODY, now=NOW) == "msg_1"


def test_the_secret_of_stripe_is_used_with_its_prefix():
    headers = sign("stripe", secret=SECRET.encode(), body=BODY, now=NOW)

    assert verify("stripe", secrets=[SECRET], headers=headers, body=BODY, now=NOW) is None


def test_one_of_several_standard_signatures_is_enough_and_other_versions_are_passed_over():
    headers = sign("standard", secret=SECRET, body=BODY, now=NOW, delivery_id="msg_1")
    right = headers["webhook-signature"]
    headers["webhook-signature"] = f"v1a,AAAA v1,bm9ldHU= {right} v2,MzJs v1 nonsense"

    assert verify("standard", secrets=[SECRET], headers=headers, body=BODY, now=NOW) == "msg_1"


def test_one_of_several_stripe_signatures_is_enough():
    headers = sign("stripe", secret=SECRET, body=BODY, now=NOW)
    time, right = headers["Stripe-Signature"].split(",")
    headers["Stripe-Signature"] = f"v0=ab, v1={'0' * 64}, {right.upper().replace('V1', 'v1')}, {time},x"

    assert verify("stripe", secrets=[SECRET], headers=headers, body=BODY, now=NOW) is None


@pytest.mark.parametrize("encoding", [None, "hex", "Hex", "base64"])
def test_a_plain_digest_is_read_in_either_encoding_where_none_is_chosen(encoding):
    options = {"header": "X-Mac", "prefix": "sha256=", "id_header": "X-Id", "encoding": encoding}
    headers = sign("hmac", secret="s3cret", body=BODY, now=NOW, delivery_id="17", options=options)

    options["encoding"] = None

    assert verify("hmac", secrets="s3cret", headers=headers, body=BODY, now=0, options=options) == "17"


@pytest.mark.parametrize("scheme", ["github", "slack", "hmac"])
def test_a_hex_digest_counts_in_upper_case(scheme):
    headers = sign(scheme, secret=SECRET, body=BODY, now=NOW, delivery_id="1")
    upper = {name: value[:7] + value[7:].upper() for name, value in headers.items()}

    assert upper != headers
    verify(scheme, secrets=[SECRET], headers=upper, body=BODY, now=NOW)


def test_a_body_that_is_not_text_can_be_signed():
    headers = sign("standard", secret=SECRET, body=b"\xff\x00", now=NOW, delivery_id="msg_1")

    assert verify("standard", secrets=[SECRET], headers=headers, body=b"\xff\x00", now=NOW) == "msg_1"


@pytest.mark.parametrize("authorization", ["bearer t0ken", "BEARER   t0ken ", b"Bearer t0ken"])
def test_a_bearer_token_is_read_as_http_writes_it(authorization):
    assert (
        verify("bearer", secrets="t0ken", headers={"authorization": authorization}, body=b"", now=0) is None
    )


def test_a_token_may_be_the_whole_value_of_another_header():
    options = {"header": "X-Gitlab-Token", "id_header": "X-Gitlab-Event-UUID"}
    headers = {"x-gitlab-token": "my token", "x-gitlab-event-uuid": "a-b"}

    assert verify("bearer", secrets=["my token"], headers=headers, body=b"", now=0, options=options) == "a-b"


def test_a_sender_cannot_sign_with_what_no_receiver_accepts():
    with pytest.raises(InvalidSecret):
        sign("standard", secret="no base64", body=BODY, now=NOW)
    with pytest.raises(InvalidOption, match="delivery_id"):
        sign("standard", secret=SECRET, body=BODY, now=NOW, delivery_id="a\nb")


def test_signatures_need_neither_django_nor_celery():
    heavy = "{'django', 'celery', 'rest_framework'}"
    check = f"import sys, triggers.signature; sys.exit(bool({heavy} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
