"""REST: what happened."""

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions import dead_letters, services
from executions.filters import ExecutionFilter
from executions.models import Execution, StepRun
from executions.serializers import (
    ExecutionSerializer,
    ExecutionSummarySerializer,
    NothingSerializer,
)
from executions.serializers.dead_letters import RedriveSerializer
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet

WHOLE_STEPS = Prefetch("step_runs", StepRun.objects.whole().prefetch_related("attempts"))


class ExecutionViewSet(ScopedViewSet[Execution]):
    """What happened."""

    queryset = (
        Execution.objects.select_related("workflow", "version")
        .defer("version__definition")
        .order_by("-created_at", "-id")
    )
    serializer_class = ExecutionSerializer
    filterset_class = ExecutionFilter
    roles = dict.fromkeys(("cancel", "terminate", "retry"), Role.OPERATOR)

    @extend_schema(summary="List executions", responses=ExecutionSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """List executions, newest first, without inputs and steps."""
        rows = self.filter_queryset(self.get_queryset()).defer("version__definition", "input")
        return self.page(rows, ExecutionSummarySerializer)

    @extend_schema(summary="Get an execution")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get an execution with its steps and attempts."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Cancel an execution", request=NothingSerializer, responses={202: ExecutionSerializer}
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Ask for the end: running steps are interrupted, finished ones compensated, `always` steps run."""
        self.read(NothingSerializer)
        execution = self.get_object()
        services.cancel(execution, by=self.access.by, now=clock.now())
        return self._whole(execution, code=status.HTTP_202_ACCEPTED)

    @extend_schema(summary="Terminate an execution", request=NothingSerializer, responses=ExecutionSerializer)
    @action(detail=True, methods=["post"])
    def terminate(self, request: Request, pk: str) -> Response:
        """End an execution at once: running code is disowned, nothing is compensated or cleaned up."""
        self.read(NothingSerializer)
        execution = self.get_object()
        services.terminate(execution, by=self.access.by, now=clock.now())
        return self._whole(execution)

    @extend_schema(
        summary="Start an execution again", request=RedriveSerializer, responses={201: ExecutionSerializer}
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Start a failed or cancelled execution again, as a new one, from the beginning or from the failed step."""
        wanted = self.read(RedriveSerializer)
        started = dead_letters.redrive(
            self.get_object(),
            by=self.access.by,
            now=clock.now(),
            from_failed=wanted["from"] == "failed",
            new_input=wanted.get("input"),
        )
        return self._whole(Execution(pk=started.id), code=status.HTTP_201_CREATED)

    def _whole(self, execution: Execution, *, code: int = status.HTTP_200_OK) -> Response:
        whole = self.get_queryset().prefetch_related(WHOLE_STEPS).get(pk=execution.pk)
        return self.show(whole, ExecutionSerializer, code=code)
