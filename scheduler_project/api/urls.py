"""The resources of the API, for every version that answers."""

from django.urls import path, re_path
from django.views.generic import RedirectView
from rest_framework.routers import SimpleRouter

from events.views import EventViewSet
from executions.views import (
    ApprovalViewSet,
    CircuitViewSet,
    DeadLetterViewSet,
    ExecutionViewSet,
    MoveViewSet,
    QueueViewSet,
    StartViewSet,
    StepRunViewSet,
    WorkerViewSet,
)
from organizations.views import ApiKeyViewSet, OrganizationViewSet, SecretViewSet
from scheduler_project.api.docs import docs
from scheduler_project.api.errors import not_found
from scheduler_project.api.openapi import SchemaView
from schedules.backfill.views import BackfillViewSet, ScheduleBackfillsViewSet
from schedules.explain.views import ExplainViewSet
from schedules.load.views import LoadViewSet
from schedules.preview.views import PreviewViewSet
from schedules.versions.views import VersionViewSet
from schedules.views import CalendarViewSet, ScheduleViewSet
from triggers.views.deliveries import DeliveryViewSet
from triggers.views.triggers import TriggerViewSet
from triggers.views.trying import TryViewSet
from triggers.views.webhooks import WebhookViewSet
from workflows.views import WorkflowViewSet


class Router(SimpleRouter):
    """Routes with and without a slash at the end: a POST cannot be redirected."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = Router()
router.register("workflows", WorkflowViewSet, basename="workflow")
router.register("schedules", ScheduleViewSet, basename="schedule")
router.register("calendars", CalendarViewSet, basename="calendar")
router.register("backfills", BackfillViewSet, basename="backfill")
router.register("triggers", TriggerViewSet, basename="trigger")
router.register("webhooks", WebhookViewSet, basename="webhook")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("load", LoadViewSet, basename="load")
router.register("executions", ExecutionViewSet, basename="execution")
router.register("approvals", ApprovalViewSet, basename="approval")
router.register("dead-letters", DeadLetterViewSet, basename="dead-letter")
router.register("circuits", CircuitViewSet, basename="circuit")
router.register("queues", QueueViewSet, basename="queue")
router.register("workers", WorkerViewSet, basename="worker")
router.register("events", EventViewSet, basename="event")
router.register("organizations", OrganizationViewSet, basename="organization")
router.register("api-keys", ApiKeyViewSet, basename="api-key")
router.register("secrets", SecretViewSet, basename="secret")

urlpatterns = [
    re_path(
        r"^workflows/(?P<pk>[^/.]+)/start/?$", StartViewSet.as_view({"post": "start"}), name="workflow-start"
    ),
    re_path(
        r"^executions/(?P<pk>[^/.]+)/steps/?$",
        StepRunViewSet.as_view({"get": "list"}),
        name="execution-steps",
    ),
    re_path(
        r"^executions/(?P<pk>[^/.]+)/move/?$", MoveViewSet.as_view({"post": "move"}), name="execution-move"
    ),
    re_path(r"^triggers/test/?$", TryViewSet.as_view({"post": "test"}), name="trigger-test"),
    re_path(r"^schedules/preview/?$", PreviewViewSet.as_view({"post": "preview"}), name="schedule-preview"),
    *(
        re_path(rf"^schedules/(?P<pk>[^/.]+)/{path}/?$", view, name=f"schedule-{name}")
        for path, name, view in (
            ("explain", "explain", ExplainViewSet.as_view({"get": "explain"})),
            ("versions", "versions", VersionViewSet.as_view({"get": "list"})),
            (r"versions/(?P<number>[0-9]{1,9})", "version", VersionViewSet.as_view({"get": "retrieve"})),
            ("rollback", "rollback", VersionViewSet.as_view({"post": "rollback"})),
        )
    ),
    re_path(
        r"^schedules/(?P<pk>[^/.]+)/backfills/?$",
        ScheduleBackfillsViewSet.as_view({"get": "list", "post": "create"}),
        name="schedule-backfills",
    ),
    *router.urls,
    re_path(r"^schema/?$", SchemaView.as_view(), name="schema"),
    re_path(r"^docs/?$", docs, name="docs"),
    path("", RedirectView.as_view(url="docs/"), name="root"),
    re_path(r"^(?P<path>.*)$", not_found),
]
