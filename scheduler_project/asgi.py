"""The one ASGI application: HTTP goes to Django, its bodies bounded, WebSockets to the event stream."""

import os
import warnings

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

from scheduler_project.bodies import BoundedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
# WhiteNoise reads files in threads; there is nothing to mend in that.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

SLACK_BYTES = 64 * 1024


def _application() -> ProtocolTypeRouter:
    http = get_asgi_application()  # sets Django up, which models need to be imported
    from events.routing import websocket_urlpatterns

    bounded = BoundedBodies(
        http,
        # A little more than what Django allows, whose refusal says more: it knows the endpoint.
        max_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + SLACK_BYTES,
        seconds=settings.ENVIRONMENT.body_seconds,
    )
    return ProtocolTypeRouter({"http": bounded, "websocket": URLRouter(websocket_urlpatterns)})


application = _application()
