"""What makes a webhook acceptable. Every message names its field and a remedy."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from events.models import TEXT
from organizations.errors import Unsealable
from organizations.sealing import unseal
from triggers.errors import InvalidTrigger
from triggers.models import Webhook, WebhookSecret
from triggers.models.webhook import MAX_BODY
from triggers.signature import InvalidScheme, InvalidSetting, check_options, scheme_of
from triggers.validation import (
    expression_problems,
    filter_problems,
    input_problems,
    plain_problems,
    workflow_problems,
)
from triggers.webhooks.secrets import secret_problem
from workflows.errors import Problem

MAX_NETWORKS = 100
MAX_TYPES = 20
MAX_TOLERANCE = 86_400  # seconds
MAX_RATE = 1_000_000  # deliveries a minute
TYPE = re.compile(r"\*/\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
TYPES_HELP = f"write a list of 1 to {MAX_TYPES} content types such as application/json, or */* for any"
NETWORKS_HELP = f"write a list of at most {MAX_NETWORKS} addresses and networks such as 192.0.2.0/24"
PATH_HELP = f"write a path within the body, such as event.id, of at most {TEXT} characters; or leave it out"


def check(webhook: Webhook, *, secret: str | None = None) -> None:
    """Check all settings; the scheme is put down by its one name, content types in lower case.

    Args:
        secret: of a new one, where somebody gave it.

    Raises:
        InvalidTrigger: naming each field that is wrong, as the API calls it.
    """
    problems = [*plain_problems(webhook), *_scheme_problems(webhook, secret)]
    problems += [*_request_problems(webhook), *filter_problems(webhook.filters, of_delivery=True)]
    problems += [*expression_problems("condition", webhook.condition), *input_problems(webhook.input)]
    if problems := [*problems, *workflow_problems(webhook)]:
        raise InvalidTrigger(problems)


def check_scheme_change(webhook: Webhook) -> None:
    """Check that a live secret can prove something by the webhook's new scheme.

    Raises:
        InvalidTrigger: none can.
    """
    rows = WebhookSecret.objects.filter(webhook=webhook).live().values_list("sealed", flat=True)
    if not any(_is_usable(bytes(sealed), scheme=webhook.scheme) for sealed in rows):
        message = "none of the secrets can be one of this scheme; add one that can, or make another webhook"
        raise InvalidTrigger([Problem(path="scheme", message=message)])


def _is_usable(sealed: bytes, *, scheme: str) -> bool:
    try:
        return not secret_problem(scheme, unseal(sealed).decode())
    except Unsealable:
        return False


def _scheme_problems(webhook: Webhook, secret: str | None) -> Iterator[Problem]:
    try:
        webhook.scheme = scheme_of(webhook.scheme).value
    except InvalidScheme as error:
        yield _problem(error)
        return
    try:
        check_options(webhook.scheme, webhook.options)
    except InvalidSetting as error:
        yield _problem(error)
    if secret is not None and (wrong := secret_problem(webhook.scheme, secret)):
        yield Problem(path="secret", message=wrong)


def _problem(error: InvalidSetting) -> Problem:
    return Problem(path=error.field, message=str(error).removeprefix(f"{error.field}: "))


def _request_problems(webhook: Webhook) -> Iterator[Problem]:
    for field, most in (("tolerance_seconds", MAX_TOLERANCE), ("max_body_bytes", MAX_BODY)):
        if not 1 <= getattr(webhook, field) <= most:
            yield Problem(path=field, message=f"write a number from 1 to {most}")
    if not 0 <= webhook.rate_limit <= MAX_RATE:
        yield Problem(path="rate_limit", message=f"write a number from 0, which is no bound, to {MAX_RATE}")
    if webhook.id_path and not _is_path(webhook.id_path):
        yield Problem(path="id_path", message=PATH_HELP)
    yield from _type_problems(webhook)
    yield from _network_problems(webhook)


def _is_path(path: str) -> bool:
    return len(path) <= TEXT and path.isprintable() and all(path.split("."))


def _type_problems(webhook: Webhook) -> Iterator[Problem]:
    types = webhook.content_types
    if not isinstance(types, list) or not 1 <= len(types) <= MAX_TYPES:
        yield Problem(path="content_types", message=TYPES_HELP)
        return
    webhook.content_types = [one.lower() if isinstance(one, str) else one for one in types]
    for number, one in enumerate(webhook.content_types):
        if not isinstance(one, str) or not TYPE.fullmatch(one):
            yield Problem(
                path=f"content_types[{number}]", message="write a type such as application/json, or */*"
            )


def _network_problems(webhook: Webhook) -> Iterator[Problem]:
    networks = webhook.allowed_networks
    if not isinstance(networks, list) or len(networks) > MAX_NETWORKS:
        yield Problem(path="allowed_networks", message=NETWORKS_HELP)
        return
    for number, one in enumerate(networks):
        if problem := _network_problem(one):
            yield Problem(path=f"allowed_networks[{number}]", message=problem)


def _network_problem(written: object) -> str:
    try:
        network = ip_network(written) if isinstance(written, str) else None
    except ValueError as error:
        wider = str(error).endswith("has host bits set")
        return "has bits beyond its length; write the network's own address" if wider else _ADDRESS_HELP
    if network is None:
        return _ADDRESS_HELP
    is_mapped = network.version == 6 and network.network_address.ipv4_mapped is not None
    return "write it as IPv4: that is how such addresses are looked at" if is_mapped else ""


_ADDRESS_HELP = "write an address or a network, such as 192.0.2.7 or 2001:db8::/32"
