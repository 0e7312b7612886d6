"""REST: workflows and their versions."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizations.etags import IF_MATCH, based_on
from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from workflows import services, versions
from workflows.definition import definition_schema
from workflows.filters import WorkflowFilter
from workflows.models import Workflow, WorkflowVersion
from workflows.serializers import (
    DifferenceQuerySerializer,
    DifferenceSerializer,
    MakeCurrentSerializer,
    NewWorkflowSerializer,
    RestoreSerializer,
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
    roles = dict.fromkeys(
        ("create", "update", "partial_update", "destroy", "restore", "rollback", "activate"), Role.EDITOR
    )

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
        return self._whole(workflow, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Get a workflow")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a workflow with its current definition; its ETag is its version."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Replace a workflow",
        request=WorkflowChangeSerializer,
        responses=WorkflowSerializer,
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, pk: str) -> Response:
        """Give a workflow another description and definition; another definition is its next version."""
        return self._change()

    @extend_schema(
        summary="Change a workflow",
        request=WorkflowChangeSerializer,
        responses=WorkflowSerializer,
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the fields that are sent; another definition is the next version."""
        return self._change(partial=True)

    def _change(self, **options: Any) -> Response:
        workflow = self.get_object()
        wanted = self.read(WorkflowChangeSerializer, instance=workflow, **options)
        wanted.pop("name", None)
        read = based_on(self.request, wanted.pop("version", None))
        return self._whole(services.change(workflow, by=self.access.by, based_on=read, **wanted))

    @extend_schema(summary="Archive a workflow", responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: str) -> Response:
        """Refuse new executions from now on; the history stays."""
        services.archive(self.get_object(), based_on=based_on(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Restore a workflow",
        request=RestoreSerializer,
        responses=WorkflowSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Take a workflow out of the archive: it can be started and changed again."""
        self.read(RestoreSerializer)
        return self._whole(services.restore(self.get_object(), based_on=based_on(request)))

    @extend_schema(
        summary="Roll a workflow back",
        request=MakeCurrentSerializer,
        responses=WorkflowSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def rollback(self, request: Request, pk: str) -> Response:
        """Activate the version that was the current one before; a second time undoes the first."""
        wanted = self.read(MakeCurrentSerializer)
        return self._whole(versions.roll_back(self.get_object(), **self._told(), **wanted))

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
        return self.show(_version(self.get_object(), number), VersionSerializer)

    @extend_schema(
        summary="Activate a version of a workflow",
        request=MakeCurrentSerializer,
        responses=WorkflowSerializer,
        parameters=[NUMBER, IF_MATCH],
    )
    @action(detail=True, methods=["post"], url_path=r"versions/(?P<number>\d{1,9})/activate")
    def activate(self, request: Request, pk: str, number: str) -> Response:
        """Let new executions run this version, without another number; running ones keep theirs."""
        wanted = self.read(MakeCurrentSerializer)
        version = _version(self.get_object(), number)
        return self._whole(versions.activate(version, **self._told(), **wanted))

    @extend_schema(
        summary="Compare two versions of a workflow",
        parameters=[NUMBER, DifferenceQuerySerializer],
        responses=DifferenceSerializer,
        filters=False,
    )
    @action(
        detail=True,
        url_path=r"versions/(?P<number>\d{1,9})/diff",
        pagination_class=None,
        filterset_class=None,
    )
    def diff(self, request: Request, pk: str, number: str) -> Response:
        """Show what changes from this version to another, the current one unless `to` names it."""
        refuse_unknown(request, {"to"})
        query = self.read(DifferenceQuerySerializer, request.query_params.dict())
        workflow = self.get_object()
        before, after = _version(workflow, number), _version(workflow, query.get("to"))
        return self.show(versions.compare(before, after), DifferenceSerializer)

    @extend_schema(summary="Get the JSON Schema of definitions", responses=OpenApiTypes.OBJECT)
    @action(detail=False, pagination_class=None, filterset_class=None, url_path="schema", url_name="schema")
    def definition_schema(self, request: Request) -> Response:
        """Get the JSON Schema that editors check definitions by."""
        return Response(definition_schema())

    def _told(self) -> dict[str, Any]:
        """Return who acts, and on which version, as every service takes it."""
        return {"by": self.access.by, "based_on": based_on(self.request)}

    def _whole(self, workflow: Workflow, *, code: int = status.HTTP_200_OK) -> Response:
        response = self.show(workflow, WorkflowSerializer, code=code)
        response["ETag"] = f'"{response.data["version"]}"'
        return response


def _version(workflow: Workflow, number: str | int | None) -> WorkflowVersion:
    """Return the version of this number, or the current one without a number."""
    wanted = workflow.versions.select_related("workflow")
    if number is None:
        return wanted.get(pk=workflow.current_version_id)  # type: ignore[misc]  # null only while it is created
    found = wanted.filter(number=int(number)).first()
    if found is None:
        raise Http404(f"the workflow has no version {number}")
    return found
