"""REST: circuit breakers, to look at, to close and to open by hand."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions import circuits
from executions.circuits import Key
from executions.circuits.filters import CircuitFilter
from executions.models import Circuit
from executions.serializers.circuits import CircuitSerializer, HoldOpenSerializer, NewCircuitSerializer
from executions.serializers.executions import NothingSerializer
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet


class CircuitViewSet(ScopedViewSet[Circuit]):
    """Targets that failed within the last day, or are not called now."""

    queryset = Circuit.objects.order_by("target", "id")
    serializer_class = CircuitSerializer
    filterset_class = CircuitFilter
    roles = {"create": Role.OPERATOR, "open": Role.OPERATOR, "reset": Role.OPERATOR}

    @extend_schema(summary="List circuits")
    def list(self, request: Request) -> Response:
        """List circuits by target; a target that has none is closed and clean."""
        return self.page(self.filter_queryset(self.get_queryset()), CircuitSerializer)

    @extend_schema(summary="Get a circuit")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one circuit."""
        return self.show(self.get_object(), CircuitSerializer)

    @extend_schema(
        summary="Open the circuit of a target",
        request=NewCircuitSerializer,
        responses={201: CircuitSerializer},
    )
    def create(self, request: Request) -> Response:
        """Stop the calls of a target, whether it was ever called or not."""
        wanted = self.read(NewCircuitSerializer)
        key = Key(self.access.organization.pk, wanted["target"])
        circuits.hold_open(key, until=wanted["until"], by=self.access.by, now=clock.now())
        opened = self.get_queryset().get(target=key.target)
        return self.show(opened, CircuitSerializer, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Open a circuit", request=HoldOpenSerializer, responses=CircuitSerializer)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, pk: str) -> Response:
        """Stop the calls of its target; steps that call it wait."""
        wanted = self.read(HoldOpenSerializer)
        circuits.hold_open(self._key(), until=wanted["until"], by=self.access.by, now=clock.now())
        return self.show(self.get_object(), CircuitSerializer)

    @extend_schema(summary="Reset a circuit", request=NothingSerializer, responses=CircuitSerializer)
    @action(detail=True, methods=["post"])
    def reset(self, request: Request, pk: str) -> Response:
        """Close it and forget what it has counted; steps that wait for its target go on, one after the other."""
        self.read(NothingSerializer)
        circuits.reset(self._key(), by=self.access.by, now=clock.now())
        return self.show(self.get_object(), CircuitSerializer)

    def _key(self) -> Key:
        circuit = self.get_object()
        return Key(circuit.organization_id, circuit.target)
