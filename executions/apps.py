"""Django's registration of `executions`."""

from importlib import import_module

from django.apps import AppConfig


class ExecutionsConfig(AppConfig):
    name = "executions"

    def ready(self) -> None:
        """Let steps that wait for an event hear of those that are sent."""
        import_module("executions.waiting.event_waits")
