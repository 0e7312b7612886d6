"""REST: start workflows; executions and dead letters."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions import services
from executions.filters import DeadLetterFilter, ExecutionFilter
from executions.models import DeadLetter, Execution, Source
from executions.serializers import (
    DeadLetterSerializer,
    DiscardSerializer,
    ExecutionSerializer,
    ExecutionSummarySerializer,
    NothingSerializer,
    RetrySerializer,
    StartedSerializer,
    StartSerializer,
)
from executions.services import Start, Started
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet, one_called
from workflows.models import Workflow

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Names the cause: the same key never starts two executions.",
)


def answer(started: Started) -> Response:
    """Return the answer to a start: 201 when it created an execution, 200 when its key had one."""
    result = "created" if started.created else "replayed"
    code = status.HTTP_201_CREATED if started.created else status.HTTP_200_OK
    return Response({"id": str(started.id), "result": result}, status=code)


class StartViewSet(ScopedViewSet[Workflow]):
    """Starts of workflows; a path names the workflow by its id or its name."""

    queryset = Workflow.objects.all()
    serializer_class = StartSerializer
    roles = {"start": Role.OPERATOR}

    @extend_schema(
        summary="Start a workflow",
        tags=["workflows"],
        parameters=[IDEMPOTENCY_KEY],
        responses={201: StartedSerializer, 200: StartedSerializer},
    )
    def start(self, request: Request, pk: str) -> Response:
        """Start the current version once; a repeated key answers with the execution that it has."""
        workflow = one_called(self.get_queryset(), pk)
        wanted = self.read(StartSerializer)
        cause = Start(workflow=workflow, source=Source.MANUAL, by=self.access.by, **wanted)
        return answer(services.start(cause, now=clock.now()))


class ExecutionViewSet(ScopedViewSet[Execution]):
    """What happened."""

    queryset = (
        Execution.objects.select_related("workflow", "version")
        .defer("version__definition")
        .order_by("-created_at", "-id")
    )
    serializer_class = ExecutionSerializer
    filterset_class = ExecutionFilter
    roles = {"cancel": Role.OPERATOR, "retry": Role.OPERATOR}

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
        """Ask for the end of an execution; running steps are interrupted."""
        self.read(NothingSerializer)
        execution = self.get_object()
        services.cancel(execution, by=self.access.by, now=clock.now())
        return self._whole(execution, code=status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="Start an execution again", request=RetrySerializer, responses={201: ExecutionSerializer}
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Start a failed or cancelled execution again, from the beginning, as a new one."""
        wanted = self.read(RetrySerializer)
        started = services.redrive(
            self.get_object(), by=self.access.by, now=clock.now(), new_input=wanted.get("input")
        )
        return self._whole(Execution(pk=started.id), code=status.HTTP_201_CREATED)

    def _whole(self, execution: Execution, *, code: int = status.HTTP_200_OK) -> Response:
        whole = self.get_queryset().prefetch_related("step_runs__attempts").get(pk=execution.pk)
        return self.show(whole, ExecutionSerializer, code=code)


class DeadLetterViewSet(ScopedViewSet[DeadLetter]):
    """Failed executions put aside for a person."""

    queryset = (
        DeadLetter.objects.select_related("execution__workflow")
        .defer("execution__input")
        .order_by("-created_at", "-id")
    )
    serializer_class = DeadLetterSerializer
    filterset_class = DeadLetterFilter
    roles = {"redrive": Role.OPERATOR, "discard": Role.OPERATOR}

    @extend_schema(summary="List dead letters")
    def list(self, request: Request) -> Response:
        """List dead letters, newest first."""
        return self.page(self.filter_queryset(self.get_queryset()), DeadLetterSerializer)

    @extend_schema(summary="Get a dead letter")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one dead letter."""
        return self.show(self.get_object(), DeadLetterSerializer)

    @extend_schema(
        summary="Redrive a dead letter", request=RetrySerializer, responses={201: StartedSerializer}
    )
    @action(detail=True, methods=["post"])
    def redrive(self, request: Request, pk: str) -> Response:
        """Start its execution again as a new one."""
        wanted = self.read(RetrySerializer)
        execution = self.get_object().execution
        started = services.redrive(
            execution, by=self.access.by, now=clock.now(), new_input=wanted.get("input")
        )
        return answer(started)

    @extend_schema(summary="Discard a dead letter", request=DiscardSerializer, responses=DeadLetterSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        """Close it without starting anything."""
        wanted = self.read(DiscardSerializer)
        letter = self.get_object()
        services.discard(letter, by=self.access.by, now=clock.now(), note=wanted["note"])
        return self.show(self.get_object(), DeadLetterSerializer)
