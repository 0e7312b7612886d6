"""The URL map."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from scheduler_project import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(("scheduler_project.api.urls", "api"), namespace="v1")),
    path("api/", include(("scheduler_project.api.urls", "api"), namespace="api")),
    path("hooks/", include("triggers.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]
handler400 = "scheduler_project.api.errors.bad_request"
handler500 = "scheduler_project.api.errors.server_error"
