"""Who sent this webhook: signatures over raw bytes, for every scheme we know. Needs neither Django nor settings."""

from triggers.signature.errors import (
    InvalidOption,
    InvalidScheme,
    InvalidSecret,
    InvalidSetting,
    InvalidSignature,
    Reason,
)
from triggers.signature.schemes import Scheme, scheme_of
from triggers.signature.signing import check_options, check_secret, new_secret, sign
from triggers.signature.verifying import verify

__all__ = [
    "InvalidOption",
    "InvalidScheme",
    "InvalidSecret",
    "InvalidSetting",
    "InvalidSignature",
    "Reason",
    "Scheme",
    "check_options",
    "check_secret",
    "new_secret",
    "scheme_of",
    "sign",
    "verify",
]
