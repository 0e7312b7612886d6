"""What an option of a scheme may hold."""

import re

from triggers.signature.errors import InvalidOption

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # RFC 9110, 5.6.2: token
_PREFIX = re.compile(r"(?:[\x21-\x7e][\x20-\x7e]{0,63})?")


def check_names(**names: str | None) -> None:
    """Refuse what cannot be the name of a header; None is an option left out."""
    for option, name in names.items():
        if name is not None and not _NAME.fullmatch(name):
            raise InvalidOption(
                f"options.{option}", "write the name of a header, such as X-Signature, or leave it out"
            )


def check_prefix(prefix: str) -> None:
    """Refuse what cannot stand at the start of a header's value."""
    if not _PREFIX.fullmatch(prefix):
        raise InvalidOption(
            "options.prefix", "write up to 64 ASCII characters that begin with no space: sha256="
        )
