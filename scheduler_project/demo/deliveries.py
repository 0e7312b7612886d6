"""A chain and a webhook: the end of one workflow starts another, which delivers to the platform's own door."""

import clock
from organizations import secrets
from organizations.models import Organization
from triggers import services, webhooks
from triggers.models import Trigger, Webhook
from workflows.models import Workflow

SECRET = "demo-webhook"  # noqa: S105 - its name, which the workflow's `sign` gives
CHAIN = "after-digest"
WEBHOOK = "digests"


def seed_deliveries(organization: Organization, *, base_url: str) -> None:
    """Make the webhook and the chain, or bring the chain's address up to date."""
    webhook = Webhook.objects.filter(organization=organization, name=WEBHOOK).first()
    if webhook is None:
        webhook = _make_webhook(organization)
    given = {"url": f"{base_url}/hooks/{webhook.token}", "digest": "${{ event.data.output }}"}
    chain = Trigger.objects.filter(organization=organization, name=CHAIN).first()
    if chain is None:
        _make_chain(organization, given)
    else:
        services.change(chain, now=clock.now(), by="demo", input=given)


def _make_webhook(organization: Organization) -> Webhook:
    webhook, secret = webhooks.create(
        organization,
        now=clock.now(),
        by="demo",
        name=WEBHOOK,
        workflow=_workflow(organization, "digest-received"),
        description="Takes what digest-delivery sends, signed by Standard Webhooks.",
        filters={"data.kind": "digest"},
    )
    secrets.put(organization, name=SECRET, value=secret, by="demo")
    return webhook


def _make_chain(organization: Organization, given: dict[str, str]) -> None:
    extract = _workflow(organization, "api-digest")
    services.create(
        organization,
        now=clock.now(),
        by="demo",
        name=CHAIN,
        workflow=_workflow(organization, "digest-delivery"),
        description="Runs after api-digest, with its output.",
        after=[{"workflow": str(extract.pk), "states": ["completed"]}],
        input=given,
    )


def _workflow(organization: Organization, name: str) -> Workflow:
    return Workflow.objects.get(organization=organization, name=name)
