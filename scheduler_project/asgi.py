"""The one ASGI application: HTTP goes to Django, WebSockets to the event stream."""

import os
import warnings

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")
# WhiteNoise reads files in threads; there is nothing to mend in that.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")


def _application() -> ProtocolTypeRouter:
    http = get_asgi_application()  # sets Django up, which models need to be imported
    from events.routing import websocket_urlpatterns

    return ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})


application = _application()
