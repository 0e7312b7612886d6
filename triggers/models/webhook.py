"""Webhooks: addresses of ours at which others tell us what happened, and what they have told."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from uuid_utils.compat import uuid7

from events.models import TEXT
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, PRIORITY
from organizations.models import Organization
from triggers.models.trigger import TriggerState
from triggers.signature import Scheme
from workflows.models import NAME, Workflow

MAX_BODY = 1_000_000  # bytes that a webhook may allow
WEBHOOK_SETTINGS = (
    "workflow",
    "name",
    "description",
    "scheme",
    "options",
    "tolerance_seconds",
    "id_path",
    "max_body_bytes",
    "content_types",
    "allowed_networks",
    "filters",
    "condition",
    "input",
    "rate_limit",
    "priority",
    "queue",
)


def json_only() -> list[str]:
    """Return the content types of a webhook unless others are given."""
    return ["application/json"]


class WebhookSecrets(models.QuerySet["WebhookSecret"]):
    """Queries of secrets."""

    def live(self) -> "WebhookSecrets":
        """Return those that prove something now."""
        return self.filter(models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=_NOW))


_NOW = models.Func(function="horarium_now", output_field=models.DateTimeField())


class Webhook(models.Model):
    """An address `/hooks/<token>` that starts a workflow for each delivery that can prove who sent it.

    `filters`, `condition` and `input` are those of a trigger, over the delivery
    as an event. `id_path` is where in the body a delivery has its id, for
    senders that put none into a header.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="webhooks")
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=100, validators=[NAME])
    description = models.TextField(blank=True, max_length=2000)
    state = models.CharField(
        max_length=10, choices=TriggerState.choices, default=TriggerState.ACTIVE, editable=False
    )
    token = models.CharField(max_length=43, unique=True, editable=False)

    scheme = models.CharField(
        max_length=10,
        choices=[(one.value, one.value) for one in Scheme],
        default=Scheme.STANDARD.value,
    )
    options = models.JSONField(default=dict, blank=True, help_text="Of the scheme, such as its header.")
    tolerance_seconds = models.PositiveIntegerField(
        default=300, validators=[MinValueValidator(1), MaxValueValidator(86_400)]
    )
    id_path = models.CharField(max_length=TEXT, blank=True)
    max_body_bytes = models.PositiveIntegerField(
        default=262_144, validators=[MinValueValidator(1), MaxValueValidator(MAX_BODY)]
    )
    content_types = models.JSONField(default=json_only)
    allowed_networks = models.JSONField(
        default=list, blank=True, help_text="Addresses and networks that may send; all unless given."
    )
    filters = models.JSONField(default=dict, blank=True)
    condition = models.TextField(blank=True)
    input = models.JSONField(null=True, blank=True)
    rate_limit = models.PositiveIntegerField(
        default=600, help_text="Deliveries in each minute; more are answered 429. 0 sets no bound."
    )
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, validators=PRIORITY)
    queue = models.CharField(max_length=63, default=DEFAULT_QUEUE)

    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    # Of rows that `webhooks.queries.called` returns.
    live_secrets: Sequence[bytes]
    read_at: datetime

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["organization", "name"], name="webhook_name_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=TriggerState.values), name="webhook_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(max_body_bytes__lte=MAX_BODY), name="webhook_body_is_bounded"
            ),
        )

    def __str__(self) -> str:
        return self.name


class WebhookSecret(models.Model):
    """One of a webhook's live secrets, sealed; while several live, each of them proves who sends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="secrets")
    sealed = models.BinaryField(editable=False)
    hint = models.CharField(max_length=4, blank=True, editable=False, help_text="Its last characters.")
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[WebhookSecrets] = WebhookSecrets.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"…{self.hint}"


class Outcome(models.TextChoices):
    """What became of a delivery."""

    STARTED = "started"
    NOT_MATCHED = "not_matched"  # the filters or the condition say no
    REFUSED = "refused"  # the workflow does not take what came of it; the sender may deliver it again


class Delivery(models.Model):
    """What a webhook was told, by somebody who could prove who they are; headers that may be secrets are masked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    webhook = models.ForeignKey(Webhook, models.CASCADE, db_index=False, related_name="deliveries")
    delivery_id = models.CharField(max_length=TEXT, null=True)  # noqa: DJ001 - null is 'no id'; '' would be one
    body_hash = models.CharField(max_length=64, help_text="SHA-256 of the body, hexadecimal.")
    received_at = models.DateTimeField()
    remote_address = models.CharField(max_length=45, blank=True)
    content_type = models.CharField(max_length=TEXT, blank=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.CharField(
        max_length=300,
        blank=True,
        help_text="The condition at which it failed, or a word for why it was refused.",
    )
    detail = models.TextField(blank=True)
    execution_id = models.UUIDField(null=True)
    replay_of_id = models.UUIDField(null=True, help_text="Another delivery; that may have been pruned.")
    replayed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-received_at", "-id")
        verbose_name_plural = "deliveries"
        indexes = (
            models.Index(fields=["organization", "-received_at", "-id"], name="delivery_newest"),
            models.Index(fields=["webhook", "-received_at", "-id"], name="delivery_of_webhook"),
            models.Index(
                fields=["execution_id"],
                condition=models.Q(execution_id__isnull=False),
                name="delivery_of_execution",
            ),
            models.Index(fields=["received_at"], name="delivery_age"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["webhook", "delivery_id"],
                condition=models.Q(delivery_id__isnull=False, replay_of_id__isnull=True),
                name="delivery_once",
            ),
        )

    def __str__(self) -> str:
        return self.delivery_id or str(self.pk)
