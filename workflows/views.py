"""REST: workflows and their versions."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from workflows import services
from workflows.definition import definition_schema
from workflows.filters import WorkflowFilter
from workflows.models import Workflow
from workflows.serializers import (
    NewWorkflowSerializer,
    VersionSerializer,
    VersionSummarySerializer,
    WorkflowChangeSerializer,
    WorkflowSerializer,
    WorkflowSummarySerializer,
)

NUMBER = OpenApiParameter("number", OpenApiTypes.INT, OpenApiParameter.PATH)


class WorkflowViewSet(ScopedViewSet[Workflow]):
    """What can be run. A path names a workflow by its id or its name."""

    queryset = Workflow.objects.select_related("current_version").order_by("name", "id")
    serializer_class = WorkflowSerializer
    filterset_class = WorkflowFilter
    roles = dict.fromkeys(("create", "update", "partial_update", "destroy"), Role.EDITOR)

    def get_object(self) -> Workflow:
        """Return the workflow that the path names."""
        return one_called(self.get_queryset(), self.kwargs["pk"])

    @extend_schema(summary="List workflows", responses=WorkflowSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """List workflows by name."""
        rows = self.filter_queryset(self.get_queryset()).defer("current_version__definition")
        return self.page(rows, WorkflowSummarySerializer)

    @extend_schema(
        summary="Create a workflow", request=NewWorkflowSerializer, responses={201: WorkflowSerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a workflow with its first version."""
        wanted = self.read(NewWorkflowSerializer)
        workflow = services.create(self.access.organization, by=self.access.by, **wanted)
        return self.show(workflow, WorkflowSerializer, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Get a workflow")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a workflow with its current definition."""
        return self.show(self.get_object(), WorkflowSerializer)

    @extend_schema(
        summary="Replace a workflow", request=WorkflowChangeSerializer, responses=WorkflowSerializer
    )
    def update(self, request: Request, pk: str) -> Response:
        """Give a workflow another description and definition; another definition is its next version."""
        return self._change()

    @extend_schema(
        summary="Change a workflow", request=WorkflowChangeSerializer, responses=WorkflowSerializer
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the fields that are sent; another definition is the next version."""
        return self._change(partial=True)

    def _change(self, **options: Any) -> Response:
        workflow = self.get_object()
        wanted = self.read(WorkflowChangeSerializer, instance=workflow, **options)
        wanted.pop("name", None)
        changed = services.change(workflow, by=self.access.by, **wanted)
        return self.show(changed, WorkflowSerializer)

    @extend_schema(summary="Archive a workflow", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Refuse new executions from now on; the history stays."""
        services.archive(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="List the versions of a workflow",
        responses=VersionSummarySerializer(many=True),
        filters=False,
    )
    @action(detail=True, filterset_class=None)
    def versions(self, request: Request, pk: str) -> Response:
        """List versions, newest first."""
        refuse_unknown(request, PAGING)
        rows = self.get_object().versions.defer("definition").order_by("-number")
        return self.page(rows, VersionSummarySerializer)

    @extend_schema(summary="Get a version of a workflow", parameters=[NUMBER], responses=VersionSerializer)
    @action(detail=True, url_path=r"versions/(?P<number>\d{1,9})")
    def version(self, request: Request, pk: str, number: str) -> Response:
        """Get a version with its definition."""
        found = self.get_object().versions.filter(number=int(number)).first()
        if found is None:
            raise Http404(f"the workflow has no version {number}")
        return self.show(found, VersionSerializer)

    @extend_schema(summary="Get the JSON Schema of definitions", responses=OpenApiTypes.OBJECT)
    @action(detail=False, pagination_class=None, filterset_class=None, url_path="schema", url_name="schema")
    def definition_schema(self, request: Request) -> Response:
        """Get the JSON Schema that editors check definitions by."""
        return Response(definition_schema())
