"""The one ASGI application: HTTP goes to Django, WebSockets to the event stream."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")


def _application() -> ProtocolTypeRouter:
    http = get_asgi_application()  # sets Django up, which models need to be imported
    from events.routing import websocket_urlpatterns

    return ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})


application = _application()
