"""Django's registration of `organizations`."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "organizations"
