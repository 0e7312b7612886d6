"""REST: try a sample on triggers and webhooks."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet, one_called
from triggers import trying
from triggers.models import Delivery, Trigger
from triggers.serializers.trying import SampleSerializer, TriedSerializer
from triggers.trying import Tried


class TryViewSet(ScopedViewSet[Trigger]):
    """Samples."""

    queryset = Trigger.objects.select_related("workflow")
    serializer_class = TriedSerializer
    roles = {"test": Role.VIEWER}  # it starts nothing

    @extend_schema(
        summary="Try an event", tags=["triggers"], request=SampleSerializer, responses=TriedSerializer
    )
    def test(self, request: Request) -> Response:
        """Show which triggers match a sample, at which condition the others fail, and the input that would result.

        Nothing is started.
        """
        wanted = self.read(SampleSerializer)
        only = one_called(self.get_queryset(), wanted["trigger"]) if "trigger" in wanted else None
        return self.show(self._tried(wanted, only=only), TriedSerializer)

    def _tried(self, wanted: dict[str, Any], *, only: Trigger | None) -> Tried:
        organization = self.access.organization
        if "event" in wanted:
            return trying.try_event(
                organization,
                trying.sample_of(wanted["event"], organization_id=organization.pk, now=clock.now()),
                only=only,
            )
        if "event_id" in wanted:
            tried = trying.try_stored(organization, wanted["event_id"], only=only)
            if tried is None:
                raise Http404(f"there is no event {wanted['event_id']}")
            return tried
        deliveries = Delivery.objects.filter(organization=organization).select_related("webhook__workflow")
        delivery = deliveries.filter(pk=wanted["delivery"]).first()
        if delivery is None:
            raise Http404(f"there is no delivery '{wanted['delivery']}'")
        return trying.try_delivery(delivery)
