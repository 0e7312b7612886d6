"""What holds of every scheme, whatever is sent."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from triggers.signature import InvalidSignature, Scheme, new_secret, sign, verify

NOW = 1_700_000_000
SIGNING = [scheme for scheme in Scheme if scheme is not Scheme.BEARER]
TIMED_HMAC = {"timestamp_header": "X-Time", "id_header": "X-Id"}

schemes = st.sampled_from([(scheme, None) for scheme in Scheme] + [(Scheme.HMAC, TIMED_HMAC)])
keys = st.binary(min_size=24, max_size=64).filter(lambda key: key.strip(b"\0 \t\r\n"))
tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=80)
ids = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)
HEADERS = [name for scheme in Scheme for name in sign(scheme, secret=new_secret(scheme), body=b"", now=NOW)]
HEADERS += ["svix-id", "svix-timestamp", "svix-signature", "X-Time", "X-Id"]
openings = st.sampled_from(["", "v1,", "sha256=", "v0=", f"t={NOW},v1=", str(NOW), "Bearer "])
texts = st.text(st.characters(exclude_categories=()), max_size=90)  # lone surrogates too
values = (
    st.builds(lambda opening, text: opening + text, openings, texts)
    | st.binary(max_size=90)
    | st.none()
    | st.integers()
)
bodies = st.binary(max_size=200)


def secret_for(scheme: Scheme, key: bytes) -> str | bytes:
    return key.hex() if scheme is Scheme.BEARER else key


@given(schemes, keys, bodies, ids, st.floats(0, 9e11))
def test_what_a_sender_signs_is_believed_and_its_id_returned(scheme, key, body, name, now):
    scheme, options = scheme
    secret = secret_for(scheme, key)

    headers = sign(scheme, secret=secret, body=body, now=now, delivery_id=name, options=options)
    seen = verify(scheme, secrets=[secret], headers=headers, body=body, now=now, options=options)

    named = options or scheme in {Scheme.STANDARD, Scheme.GITHUB}
    assert seen == (name if named else None)


@given(st.sampled_from(SIGNING), bodies.filter(bool), st.data())
def test_a_body_with_one_byte_changed_is_refused(scheme, body, data):
    secret = new_secret(scheme)
    headers = sign(scheme, secret=secret, body=body, now=NOW)
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]

    with pytest.raises(InvalidSignature):
        verify(scheme, secrets=[secret], headers=headers, body=changed, now=NOW)


@given(schemes, keys, bodies, st.data())
def test_a_secret_with_one_byte_changed_does_not_verify(scheme, key, body, data):
    scheme, options = scheme
    at = data.draw(st.integers(0, len(key) - 1))
    other = key[:at] + bytes([key[at] ^ data.draw(st.integers(1, 255))]) + key[at + 1 :]
    headers = sign(scheme, secret=secret_for(scheme, key), body=body, now=NOW, options=options)

    with pytest.raises(InvalidSignature):
        verify(
            scheme, secrets=[secret_for(scheme, other)], headers=headers, body=body, now=NOW, options=options
        )


def signed_headers(scheme: Scheme) -> list[str]:
    """Return the headers in which no character may change; GitHub's and the plain id are not signed."""
    names = list(sign(scheme, secret=new_secret(scheme), body=b"", now=NOW))
    return [name for name in names if name != "X-GitHub-Delivery"]


@given(
    st.sampled_from([(scheme, name) for scheme in Scheme for name in signed_headers(scheme)]),
    bodies,
    st.data(),
)
def test_a_header_with_one_character_changed_is_refused(place, body, data):
    scheme, name = place
    secret = new_secret(scheme)
    headers = sign(scheme, secret=secret, body=body, now=NOW)
    value, at = headers[name], data.draw(st.integers(0, len(headers[name]) - 1))
    other = data.draw(st.characters())
    assume(other.lower() != value[at].lower())  # hex, and the word Bearer, count in either case

    headers[name] = value[:at] + other + value[at + 1 :]

    with pytest.raises(InvalidSignature):
        verify(scheme, secrets=[secret], headers=headers, body=body, now=NOW)


@given(schemes, st.dictionaries(st.sampled_from(HEADERS), values), bodies)
def test_headers_of_any_content_are_refused_and_nothing_else_happens(scheme, headers, body):
    scheme, options = scheme

    with pytest.raises(InvalidSignature) as refused:
        verify(scheme, secrets=["c2VjcmV0IQ=="], headers=headers, body=body, now=NOW, options=options)

    assert "c2VjcmV0IQ" not in str(refused.value)


@given(st.dictionaries(st.text() | st.binary() | st.integers(), values), bodies)
def test_header_names_of_any_content_are_passed_over(headers: dict[Any, Any], body):
    with pytest.raises(InvalidSignature):
        verify("github", secrets=["secret"], headers=headers, body=body, now=NOW)


@given(
    schemes,
    st.lists(keys, min_size=2, max_size=5, unique_by=lambda key: key.rstrip(b"\0")),
    bodies,
    st.data(),
)
def test_while_secrets_rotate_each_live_one_verifies_and_a_removed_one_does_not(scheme, live, body, data):
    scheme, options = scheme
    secrets = [secret_for(scheme, key) for key in live]
    used = data.draw(st.sampled_from(secrets))
    headers = sign(scheme, secret=used, body=body, now=NOW, options=options)

    verify(scheme, secrets=secrets, headers=headers, body=body, now=NOW, options=options)

    left = [secret for secret in secrets if secret != used]
    with pytest.raises(InvalidSignature):
        verify(scheme, secrets=left, headers=headers, body=body, now=NOW, options=options)


@given(tokens, tokens)
def test_a_bearer_token_opens_only_its_own_door(token, other):
    assume(token != other)
    assume("whsec_" not in {token, other})

    headers = sign("bearer", secret=token, body=b"", now=NOW)

    with pytest.raises(InvalidSignature):
        verify("bearer", secrets=[other], headers=headers, body=b"", now=NOW)
