"""The table of schemes; a new one is a file of `Rules` and a row here."""

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any, Self

from triggers.signature.bearer import Bearer
from triggers.signature.errors import InvalidOption, InvalidScheme
from triggers.signature.github import GitHub
from triggers.signature.plain import PlainHmac
from triggers.signature.rules import Rules
from triggers.signature.slack import Slack
from triggers.signature.standard import StandardWebhooks
from triggers.signature.stripe import Stripe


class Scheme(StrEnum):
    """A way to prove who sent a request."""

    rules: type[Rules]

    STANDARD = "standard", StandardWebhooks
    GITHUB = "github", GitHub
    STRIPE = "stripe", Stripe
    SLACK = "slack", Slack
    HMAC = "hmac", PlainHmac
    BEARER = "bearer", Bearer

    def __new__(cls, name: str, rules: type[Rules]) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.rules = rules
        return member


_SCHEMES = {name: scheme for scheme in Scheme for name in (str(scheme), *scheme.rules.aliases)}


def scheme_of(name: str) -> Scheme:
    """Return the scheme that people call `name`: in any case, words joined by `_`, `-` or a space."""
    words = str(name)[:100].lower().replace("-", " ").replace("_", " ").split()
    scheme = _SCHEMES.get("_".join(words))
    if scheme is None:
        raise InvalidScheme(
            "scheme", f"there is no scheme {str(name)[:100]!r}; choose one of {', '.join(Scheme)}"
        )
    return scheme


def rules_of(scheme: str, *, options: Mapping[str, Any] | None) -> Rules:
    """Return the rules of `scheme` under `options`; an option that is None counts as absent.

    Raises:
        InvalidScheme, InvalidOption: the endpoint's owner must change its settings.
    """
    chosen = scheme_of(scheme)
    if not isinstance(options, Mapping | None):
        raise InvalidOption("options", "write an object of names and texts")
    given = {name: value for name, value in (options or {}).items() if value is not None}
    known = [field.name for field in fields(chosen.rules)]  # type: ignore[arg-type]  # subclasses are dataclasses
    for name, value in given.items():
        _check_option(name, value, scheme=chosen, known=known)
    return chosen.rules(**given)


def _check_option(name: Any, value: Any, *, scheme: Scheme, known: list[str]) -> None:
    field = f"options.{str(name)[:100]}"
    if name not in known:
        remedy = f"it has {', '.join(known)}" if known else "leave it out"
        raise InvalidOption(field, f"the scheme {scheme} has no such option; {remedy}")
    if not isinstance(value, str):
        raise InvalidOption(field, "write a text")
