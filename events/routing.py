"""Which WebSocket paths there are."""

from channels.security.websocket import WebsocketDenier
from django.urls import URLPattern, path, re_path

from events.consumers import EventConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/v1/events/", EventConsumer.as_asgi()),
    path("ws/events/", EventConsumer.as_asgi()),
    # Otherwise every other path is an exception, with its traceback in the log.
    re_path("", WebsocketDenier.as_asgi()),
]
