"""The one ASGI application: HTTP goes to Django, its bodies bounded, WebSockets to the event stream."""

import gc
import os
import warnings
from importlib import import_module

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from scheduler_project.bodies import BoundedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
# WhiteNoise reads files in threads; there is nothing to mend in that.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

SLACK_BYTES = 64 * 1024
COLLECT_AFTER = (10_000, 20, 50)  # allocations, and passes of each generation


def _application() -> ProtocolTypeRouter:
    django.setup(set_prefix=False)  # models need it to be imported
    from events.routing import websocket_urlpatterns
    from scheduler_project.handler import OneThread

    bounded = BoundedBodies(
        OneThread(),
        # A little more than what Django allows, whose refusal says more: it knows the endpoint.
        max_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + SLACK_BYTES,
        seconds=settings.ENVIRONMENT.body_seconds,
    )
    return ProtocolTypeRouter({"http": bounded, "websocket": URLRouter(websocket_urlpatterns)})


def _settle() -> None:
    """Load what requests need, and keep the collector from walking it: one pass took a tenth of a second and more."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


application = _application()
_settle()
