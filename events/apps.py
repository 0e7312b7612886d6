"""Django's registration of `events`."""

from importlib import import_module

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        """Register what publishes the hints."""
        import_module("events.broadcast")
