"""How somebody sends to a webhook: where to put its address and secret, and a request to try it with."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triggers.models import Webhook
from triggers.signature import Scheme
from triggers.signature.rules import Claim, Rules
from triggers.signature.schemes import rules_of
from triggers.webhooks.reading import FORM

# What stands in a header until the request is written; no option of a scheme can hold such characters.
PROOF, ID, TIME = "\x01", "\x02", "\x03"
SHOWN = {PROOF: "<signature>", ID: "<id of the delivery>", TIME: "<unix seconds>"}
VARIABLES = {PROOF: "$PROOF", ID: "$ID", TIME: "$NOW"}

PASTE: Mapping[str, str] = {
    Scheme.STANDARD: "Add an endpoint at the sender, with this address and the secret. Another Horarium signs like "
    "this by an http step with sign: the name under which it keeps the secret.",
    Scheme.GITHUB: "Settings of the repository or organization, Webhooks, Add webhook: the address is the Payload "
    "URL, the content type application/json, and the secret the Secret.",
    Scheme.STRIPE: "Developers, Webhooks, Add destination: the address is the Endpoint URL. Stripe makes the secret: "
    "reveal the Signing secret there and add it here by Add secret, then end the first one.",
    Scheme.SLACK: "Settings of the app: the address is the Request URL of its slash commands or interactivity, which "
    "send forms, so take application/x-www-form-urlencoded. Slack makes the secret: add the Signing Secret "
    "(Basic Information) here by Add secret, then end the first one.",
    Scheme.HMAC: "Let the sender compute the HMAC-SHA256 of the body with the secret, and put it into the header "
    "below.",
    Scheme.BEARER: "Let the sender put the secret into the header below.",
}
_HEX_KEY = (
    'KEY=$(printf %s "${SECRET#whsec_}" | openssl base64 -A -d | od -An -v -tx1 | tr -d " \\n")\n'
    'PROOF=$(printf %s "{signed}" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A)'
)
_HEX = 'PROOF=$(printf %s "{signed}" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d " " -f 1)'
_BASE64 = 'PROOF=$(printf %s "{signed}" | openssl dgst -sha256 -hmac "$SECRET" -binary | openssl base64 -A)'
BODIES = {FORM: "hello=world"}


@dataclass(frozen=True, slots=True)
class HowTo:
    """What a sender needs: the place for address and secret, the headers, and a shell script that sends once."""

    paste: str
    headers: dict[str, str]
    script: str


def how_to_send(webhook: Webhook, *, address: str) -> HowTo:
    """Return how to send to a webhook. Its secret stands nowhere in it."""
    rules = rules_of(webhook.scheme, options=webhook.options)
    headers = rules.write(PROOF, claim=Claim(delivery_id=ID, timestamp=TIME))
    shown = {name: _filled(value, SHOWN) for name, value in headers.items()}
    if webhook.scheme == Scheme.BEARER:
        shown = {name: value.replace(SHOWN[PROOF], "<secret>") for name, value in shown.items()}
    return HowTo(PASTE[webhook.scheme], shown, _script(webhook, rules, headers, address=address))


def _script(webhook: Webhook, rules: Rules, headers: dict[str, str], *, address: str) -> str:
    signed = rules.opening().format(id="$ID", timestamp="$NOW") + "$BODY"
    written = "".join(headers.values())
    kind = webhook.content_types[0] if webhook.content_types[0] != "*/*" else "application/json"
    body = '{"hello": "world"}' if kind.endswith("json") else BODIES.get(kind, "hello")
    lines = [
        "SECRET=''  # paste it here",
        f"BODY={shlex.quote(body)}",
        *(["ID=try-$(date +%s)"] if ID in written else []),
        *(["NOW=$(date +%s)"] if TIME in written else []),
        _proof(webhook.scheme, webhook.options).replace("{signed}", signed),
        f"curl -i {shlex.quote(address)} \\",
        f"  -H {shlex.quote(f'Content-Type: {kind}')} \\",
        *(
            f'  -H "{_quoted(name)}: {_filled(_quoted(value), VARIABLES)}" \\'
            for name, value in headers.items()
        ),
        '  --data-binary "$BODY"',
    ]
    return "\n".join(lines)


def _proof(scheme: str, options: Mapping[str, Any]) -> str:
    if scheme == Scheme.BEARER:
        return "PROOF=$SECRET"
    if scheme == Scheme.STANDARD:
        return _HEX_KEY
    is_base64 = str(options.get("encoding") or "").lower() == "base64"
    return _BASE64 if is_base64 else _HEX


def _filled(value: str, words: Mapping[str, str]) -> str:
    for mark, word in words.items():
        value = value.replace(mark, word)
    return value


def _quoted(text: str) -> str:
    """Return text as it stands between double quotes of a shell."""
    for special in '\\"$`':
        text = text.replace(special, f"\\{special}")
    return text
