"""REST: queues, what waits in them, and moves."""

from collections.abc import Sequence

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.models import Execution, QueueSetting
from executions.queues import services, statistics
from executions.queues.peek import queued
from executions.serializers import ExecutionSummarySerializer, NothingSerializer
from executions.serializers.queues import (
    ExecutionMoveSerializer,
    QueueChangeSerializer,
    QueuedStepSerializer,
    QueueMovedSerializer,
    QueueMoveSerializer,
    QueuePauseSerializer,
    QueueSerializer,
)
from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from workflows.models import Workflow


class QueueViewSet(ScopedViewSet[QueueSetting]):
    """Queues of the organization; one that holds nothing and has no settings is not known."""

    queryset = QueueSetting.objects.all()
    serializer_class = QueueSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    roles = {
        "pause": Role.OPERATOR,
        "resume": Role.OPERATOR,
        "move": Role.OPERATOR,
        "partial_update": Role.EDITOR,
    }

    @extend_schema(summary="List queues", responses=QueueSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List the organization's queues with their statistics, by name, a thousand at most."""
        refuse_unknown(request, ())
        found = self._found(statistics.names(self.access.organization.pk, now=clock.now()))
        shown = QueueSerializer(found, many=True, context=self.get_serializer_context())
        return Response({"next": None, "previous": None, "results": shown.data})

    @extend_schema(summary="Get a queue", responses=QueueSerializer)
    def retrieve(self, request: Request, name: str) -> Response:
        """Get one queue with its statistics."""
        if name not in statistics.names(self.access.organization.pk, now=clock.now()):
            raise Http404(f"there is no queue {name[:100]!r}: nothing is in it, and it has no settings")
        return self._shown(name)

    @extend_schema(summary="Change a queue", request=QueueChangeSerializer, responses=QueueSerializer)
    def partial_update(self, request: Request, name: str) -> Response:
        """Set or take away limits and aging."""
        wanted = self.read(QueueChangeSerializer)
        if wanted:
            services.change(
                self.access.organization, name, by=self.access.by, now=clock.now(), settings=wanted
            )
        return self._shown(name)

    @extend_schema(summary="Peek into a queue", responses=QueuedStepSerializer(many=True))
    @action(detail=True)
    def steps(self, request: Request, name: str) -> Response:
        """List what is ready, in the exact order in which it is claimed."""
        refuse_unknown(request, PAGING)
        rows = queued(self.access.organization.pk, name).select_related("execution__workflow")
        return self.page(rows.defer("output", "item", "execution__input"), QueuedStepSerializer)

    @extend_schema(summary="Pause a queue", request=QueuePauseSerializer, responses=QueueSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, name: str) -> Response:
        """Let none of the organization's steps be claimed from it; what runs goes on."""
        wanted = self.read(QueuePauseSerializer)
        services.pause(self.access.organization, name, by=self.access.by, now=clock.now(), **wanted)
        return self._shown(name)

    @extend_schema(summary="Resume a queue", request=NothingSerializer, responses=QueueSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, name: str) -> Response:
        """Let it be claimed from again."""
        self.read(NothingSerializer)
        services.resume(self.access.organization, name, by=self.access.by, now=clock.now())
        return self._shown(name)

    @extend_schema(
        summary="Move what waits in a queue", request=QueueMoveSerializer, responses=QueueMovedSerializer
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, name: str) -> Response:
        """Move steps that wait to another queue, with their executions; repeat it while `moved` is `limit`."""
        wanted = self.read(QueueMoveSerializer)
        if called := wanted.pop("workflow", None):
            own = Workflow.objects.filter(organization=self.access.organization)
            wanted["workflow_id"] = one_called(own, called).pk
        by, now = self.access.by, clock.now()
        moved = services.move_all(self.access.organization, name, by=by, now=now, **wanted)
        return Response({"moved": moved})

    def _found(self, names: Sequence[str]) -> Sequence[statistics.Queue]:
        return statistics.queues(self.access.organization.pk, names=names, now=clock.now())

    def _shown(self, name: str) -> Response:
        return self.show(self._found([name])[0], QueueSerializer)


class MoveViewSet(ScopedViewSet[Execution]):
    """Executions on their way to another queue or priority."""

    queryset = Execution.objects.select_related("workflow", "version").defer("version__definition", "input")
    serializer_class = ExecutionMoveSerializer
    roles = {"move": Role.OPERATOR}

    @extend_schema(
        summary="Move an execution",
        tags=["executions"],
        request=ExecutionMoveSerializer,
        responses=ExecutionSummarySerializer,
    )
    def move(self, request: Request, pk: str) -> Response:
        """Give it, and those of its steps that wait, another queue or priority; running steps keep theirs."""
        wanted = self.read(ExecutionMoveSerializer)
        execution = self.get_object()
        services.move(execution, by=self.access.by, now=clock.now(), **wanted)
        return self.show(self.get_object(), ExecutionSummarySerializer)
