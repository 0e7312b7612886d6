"""What is wrong with a signature, or with the settings that it is checked by."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a delivery was not believed, for our own record; the sender is told none of it."""

    MISSING_HEADER = "missing_header"
    MALFORMED = "malformed"  # a header that the scheme does not write
    STALE = "stale"  # signed too long ago, or too far ahead
    MISMATCH = "mismatch"  # none of the live secrets makes any of the signatures
    NO_SECRET = "no_secret"  # noqa: S105 - a word, not a secret; the endpoint has no secret that could ever verify


class InvalidSignature(Exception):
    """The request does not prove who sent it; answer as if there were no such endpoint.

    The text is safe to log: it holds neither a header's value nor a secret nor an expected signature.
    """

    def __init__(self, reason: Reason, problem: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {problem}")


class InvalidSetting(ValueError):
    """Base of what is wrong with an endpoint's settings; its owner must change `field`."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        super().__init__(f"{field}: {problem}")


class InvalidScheme(InvalidSetting):
    """There is no such scheme; choose one that the message lists."""


class InvalidOption(InvalidSetting):
    """The scheme has no such option, or not with this value; the message tells what to write."""


class InvalidSecret(InvalidSetting):
    """A secret that can never verify; copy it again from the sender. The message does not show it."""
