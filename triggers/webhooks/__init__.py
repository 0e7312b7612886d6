"""Webhooks: their settings and secrets, what they are told, and telling it once more."""

from triggers.webhooks.editing import change, create, delete, pause, resume
from triggers.webhooks.pruning import prune
from triggers.webhooks.receiving import receive
from triggers.webhooks.replaying import replay
from triggers.webhooks.secrets import add_secret, expire_secret

__all__ = [
    "add_secret",
    "change",
    "create",
    "delete",
    "expire_secret",
    "pause",
    "prune",
    "receive",
    "replay",
    "resume",
]
