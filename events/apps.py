"""Django's registration of `events`."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
