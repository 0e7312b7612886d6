"""When, by event: triggers and webhooks, what came of events and deliveries, and a page to try one."""

from triggers.admin.deliveries import DeliveryAdmin
from triggers.admin.not_handed_on import DispatchAdmin
from triggers.admin.skips import SkipAdmin
from triggers.admin.triggers import TriggerAdmin
from triggers.admin.webhooks import WebhookAdmin

__all__ = ["DeliveryAdmin", "DispatchAdmin", "SkipAdmin", "TriggerAdmin", "WebhookAdmin"]
