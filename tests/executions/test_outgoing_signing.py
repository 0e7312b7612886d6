"""Signatures of Standard Webhooks over the bytes that are sent."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook

from executions.outgoing.signing import InvalidSigningKey, signed

NOON = datetime(2026, 11, 20, 12, 0, 0, 900_000, tzinfo=UTC)
KEY = base64.b64encode(bytes(range(32)))
SECRET = b"whsec_" + KEY
BODY = '{"city":"München"}'.encode()


def sign(
    body: bytes = BODY, *, secret: bytes = SECRET, message_id: str = "1:call", now: datetime = NOON
) -> dict[str, str]:
    return signed(body, name="partner", secret=secret, message_id=message_id, now=now)


def test_the_headers_name_message_and_second() -> None:
    headers = sign()

    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("1:call", "1795176000")
    assert headers["webhook-signature"].startswith("v1,")


def test_the_specification_s_own_library_verifies_what_is_signed() -> None:
    now = datetime.now(tz=UTC)  # the library reads the clock itself

    assert Webhook(SECRET.decode()).verify(BODY, sign(now=now)) == {"city": "München"}


@pytest.mark.parametrize("secret", [SECRET, KEY, SECRET.rstrip(b"="), SECRET + b"\n"])
def test_a_secret_may_come_with_prefix_padding_and_line_break_or_without(secret: bytes) -> None:
    assert sign(secret=secret) == sign()


@pytest.mark.parametrize(
    "secret", [b"", b"whsec_", b"whsk_" + KEY, b"s3cr3t!", b"whsec_a", "schlüssel".encode(), b"\xff"]
)
def test_a_secret_that_is_no_key_is_refused_by_name_and_never_shown(secret: bytes) -> None:
    with pytest.raises(InvalidSigningKey, match="'partner'") as caught:
        sign(secret=secret)

    assert "s3cr3t" not in str(caught.value)


def test_the_zone_of_the_clock_does_not_matter() -> None:
    assert sign(now=NOON.astimezone(timezone(timedelta(hours=9)))) == sign()


def test_the_identifier_holds_no_full_stop() -> None:
    assert sign(message_id="1:charge.compensate")["webhook-id"] == "1:charge:compensate"


def test_another_body_identifier_or_second_has_another_signature() -> None:
    others = [sign(b""), sign(message_id="2:call"), sign(now=NOON + timedelta(seconds=1)), sign()]

    assert len({headers["webhook-signature"] for headers in others}) == 4
