"""The event log: what happened, here and elsewhere. From Django code: `events.publish(…)`.

These may be imported before Django's applications are ready, and need nothing
of Django until they are called.
"""

from events.publishing import publish
from events.signals import watch_model, watch_signal

__all__ = ["publish", "watch_model", "watch_signal"]
