"""Django's registration of `triggers`."""

from django.apps import AppConfig


class TriggersConfig(AppConfig):
    name = "triggers"
