"""REST: what webhooks were told."""

from django.db.models import QuerySet
from django.db.models.functions import Length
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.serializers import NothingSerializer
from executions.services import MAX_KEY
from executions.views import IDEMPOTENCY_KEY
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet
from triggers import webhooks
from triggers.models import Delivery
from triggers.serializers.deliveries import (
    DeliverySerializer,
    DeliverySummarySerializer,
    ReplayedSerializer,
)
from triggers.webhooks.answers import answer_of
from triggers.webhooks.filters import DeliveryFilter


class DeliveryViewSet(ScopedViewSet[Delivery]):
    """What webhooks were told, and by whom."""

    queryset = Delivery.objects.order_by("-received_at", "-id")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    roles = {"replay": Role.OPERATOR}

    def get_queryset(self) -> QuerySet[Delivery]:
        """Return the organization's deliveries with what is shown of their webhooks."""
        rows = super().get_queryset().select_related("webhook__workflow")
        return rows.annotate(size=Length("body"))

    @extend_schema(summary="List deliveries", responses=DeliverySummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """List deliveries without their bodies, the newest first."""
        rows = self.get_queryset().defer("body", "headers")
        return self.page(self.filter_queryset(rows), DeliverySummarySerializer)

    @extend_schema(summary="Get a delivery")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a delivery with its headers and its body."""
        return self.show(self.get_object(), DeliverySerializer)

    @extend_schema(
        summary="Replay a delivery",
        request=NothingSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={202: ReplayedSerializer, 200: ReplayedSerializer},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Run it through its webhook's settings as they are now, as a new delivery with an execution of its own."""
        self.read(NothingSerializer)
        taken = webhooks.replay(self.get_object(), by=self.access.by, now=clock.now(), key=_key(request))
        data, status = answer_of(taken)
        return Response(data, status=status)


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (1 <= len(key) <= MAX_KEY and key.isprintable()):
        raise ValidationError({"Idempotency-Key": [f"write 1 to {MAX_KEY} printable characters"]})
    return key
