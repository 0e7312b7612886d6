"""Django's registration of `schedules`."""

from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "schedules"
