"""REST: the step runs of an execution."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from executions.filters import StepRunFilter
from executions.models import Execution, StepRun
from executions.serializers import StepRunSerializer
from organizations.viewsets import ScopedViewSet, one


class StepRunViewSet(ScopedViewSet[Any]):
    """Steps and items of one execution, which may be thousands."""

    queryset = StepRun.objects.prefetch_related("attempts").order_by("created_at", "id")
    serializer_class = StepRunSerializer
    filterset_class = StepRunFilter

    def get_queryset(self) -> QuerySet[Any]:
        """Return the step runs of the execution that the path names."""
        if getattr(self, "swagger_fake_view", False):
            return StepRun.objects.none()
        own = Execution.objects.filter(organization=self.access.organization)
        return StepRun.objects.filter(execution=one(own, self.kwargs["pk"])).prefetch_related("attempts")

    @extend_schema(
        summary="List the step runs of an execution",
        tags=["executions"],
        responses=StepRunSerializer(many=True),
    )
    def list(self, request: Request, pk: str) -> Response:
        """List step runs, items included, in the order in which they were made."""
        return self.page(
            self.filter_queryset(self.get_queryset().order_by("created_at", "id")), StepRunSerializer
        )
