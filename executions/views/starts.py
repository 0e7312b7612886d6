"""REST: start workflows."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions import services
from executions.models import Source
from executions.serializers import StartedSerializer, StartSerializer
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
