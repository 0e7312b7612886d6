"""REST: workers."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.models import WorkerNode
from executions.serializers import NothingSerializer
from executions.serializers.workers import WorkerSerializer
from executions.workers import services, standing
from organizations.strict import refuse_unknown
from organizations.viewsets import ScopedViewSet


class WorkerViewSet(ScopedViewSet[WorkerNode]):
    """Workers serve every organization: each sees them, with its own steps."""

    queryset = WorkerNode.objects.all()
    serializer_class = WorkerSerializer
    lookup_field = "name"
    lookup_value_regex = "[^/]+"
    # `drain` and `resume` need admin, as everything that is not listed and changes something.

    def get_queryset(self) -> "QuerySet[WorkerNode]":
        """Return all of them."""
        return WorkerNode.objects.order_by("name")

    def get_object(self) -> WorkerNode:
        """Return the worker that the path names.

        Raises:
            Http404: there is none.
        """
        name = self.kwargs["name"]
        worker = self.get_queryset().filter(name=name).first() if name.isprintable() else None
        if worker is None:
            raise Http404(f"there is no worker {name[:100]!r}")
        return worker

    @extend_schema(summary="List workers", responses=WorkerSerializer(many=True))
    def list(self, request: Request) -> Response:
        """List those that were seen within ten minutes, by name."""
        refuse_unknown(request, ())
        shown = WorkerSerializer(self._standings(list(self.get_queryset())), many=True)
        return Response({"next": None, "previous": None, "results": shown.data})

    @extend_schema(summary="Get a worker")
    def retrieve(self, request: Request, name: str) -> Response:
        """Get one worker and what it runs."""
        return self._shown(self.get_object())

    @extend_schema(summary="Drain a worker", request=NothingSerializer, responses=WorkerSerializer)
    @action(detail=True, methods=["post"])
    def drain(self, request: Request, name: str) -> Response:
        """Let it claim nothing more; what it runs goes on. While there are several organizations, for superusers."""
        self.read(NothingSerializer)
        self._refuse_strangers(request)
        return self._shown(services.drain(self.get_object(), by=self.access.by, now=clock.now()))

    @extend_schema(summary="Resume a worker", request=NothingSerializer, responses=WorkerSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, name: str) -> Response:
        """Let a drained one claim again. While there are several organizations, for superusers."""
        self.read(NothingSerializer)
        self._refuse_strangers(request)
        return self._shown(services.resume(self.get_object(), by=self.access.by, now=clock.now()))

    def _refuse_strangers(self, request: Request) -> None:
        if not services.may_steer(request.user, role=self.access.role):
            raise PermissionDenied(
                "workers serve every organization; while there are several, only a superuser may do this"
            )

    def _standings(self, workers: Sequence[WorkerNode]) -> Sequence[standing.Standing]:
        return standing.standings(workers, now=clock.now(), organization_id=self.access.organization.pk)

    def _shown(self, worker: WorkerNode) -> Response:
        return self.show(self._standings([worker])[0], WorkerSerializer)
