"""When, by event: triggers and webhooks, what they count, gather and leave out."""

from triggers.models.counting import Skip, SkipReason, Tally
from triggers.models.gathering import Gathering
from triggers.models.trigger import SETTINGS, Trigger, TriggerState
from triggers.models.webhook import WEBHOOK_SETTINGS, Delivery, Outcome, Webhook, WebhookSecret

__all__ = [
    "SETTINGS",
    "WEBHOOK_SETTINGS",
    "Delivery",
    "Gathering",
    "Outcome",
    "Skip",
    "SkipReason",
    "Tally",
    "Trigger",
    "TriggerState",
    "Webhook",
    "WebhookSecret",
]
