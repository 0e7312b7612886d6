"""A sender of deliveries to a webhook."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.test import Client

import clock
from organizations.models import Organization
from triggers import webhooks
from triggers.models import Webhook
from triggers.signature import sign
from workflows import services as workflows
from workflows.models import Workflow

ORDER = {"order": 7, "kind": "book"}
_numbers = count(1)


@dataclass
class Sender:
    """Somebody who knows the secret, at an address of their own: failures are counted by it."""

    webhook: Webhook
    secret: str
    address: str = field(default_factory=lambda: f"2001:db8::{next(_numbers):x}")
    client: Client = field(default_factory=Client)

    def signed(self, body: bytes, id_: str | None = "msg_1", **options: Any) -> dict[str, str]:
        """Return the headers that prove who sends `body` now."""
        return sign(
            self.webhook.scheme,
            secret=self.secret,
            body=body,
            now=clock.now().timestamp(),
            delivery_id=id_,
            options=self.webhook.options or None,
            **options,
        )

    def post(
        self,
        body: Any = ORDER,
        *,
        headers: dict[str, str] | None = None,
        kind: str = "application/json",
        path: str | None = None,
        more: dict[str, str] | None = None,
        **named: Any,
    ) -> Any:
        """Deliver a body, signed unless other headers are given."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        proof = self.signed(content, **named) if headers is None else headers
        return self.client.generic(
            "POST",
            path or f"/hooks/{self.webhook.token}",
            content,
            content_type=kind,
            headers={**proof, **(more or {})},
            REMOTE_ADDR=self.address,
        )


def make_sender(workflow: Workflow, *, name: str = "orders", **settings: Any) -> Sender:
    """Make a webhook and who sends to it."""
    secret = settings.pop("secret", None)
    webhook, shown = webhooks.create(
        workflow.organization, name=name, workflow=workflow, now=clock.now(), secret=secret, **settings
    )
    return Sender(webhook, shown)


def a_workflow(organization: Organization, name: str = "take-order", **definition: Any) -> Workflow:
    """Make a workflow that takes any input."""
    steps = [{"id": "only", "kind": "set", "values": {}}]
    return workflows.create(organization, name=name, definition={"steps": steps, **definition})


def error_of(answer: Any) -> str:
    """Return the code of an error."""
    return str(answer.json()["error"]["code"])
