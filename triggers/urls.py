"""Where webhooks are delivered."""

from django.urls import re_path

from triggers.webhooks.views import hook

urlpatterns = [re_path(r"^(?P<token>[^/]+)/?$", hook, name="hook")]
