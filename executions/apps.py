"""Django's registration of `executions`."""

from django.apps import AppConfig


class ExecutionsConfig(AppConfig):
    name = "executions"
