"""Django's registration of `console`."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"
