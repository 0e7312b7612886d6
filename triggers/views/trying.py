"""REST: try a sample on triggers and webhooks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from events.cloud_events import structured
from events.cloud_events.envelope import opened
from events.errors import InvalidEvent
from organizations.viewsets import ScopedViewSet, one_called
from triggers import trying
from triggers.matching import OWN
from triggers.models import Delivery, Trigger
from triggers.serializers.trying import SampleSerializer, TriedSerializer
from triggers.trying import Tried

OWN_SHAPE: dict[str, Any] = {"id": "0", "type": "", "source": OWN, "subject": None, "data": {}}


class TryViewSet(ScopedViewSet[Trigger]):
    """Samples."""

    queryset = Trigger.objects.select_related("workflow")
    serializer_class = TriedSerializer

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
                sample_of(wanted["event"], organization_id=organization.pk, now=clock.now()),
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


def sample_of(given: dict[str, Any], *, organization_id: UUID, now: datetime) -> dict[str, Any]:
    """Return a sample as triggers see it.

    Raises:
        ValidationError: naming what is wrong with it.
    """
    if given.get("source") == OWN:
        return _own(given, now=now)
    filled = {"specversion": "1.0", "id": "sample", "source": "/sample", **given}
    try:
        event = opened(structured.read(filled, depth=None), organization_id=organization_id)
    except InvalidEvent as error:
        raise ValidationError(
            {f"event.{name}": [problem] for name, problem in error.errors.items()}
        ) from None
    return trying.sample(event, now=now)


def _own(given: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    shown = {**OWN_SHAPE, "time": now.isoformat(), **given}
    problems = {
        f"event.{name}": [f"write {wanted}"]
        for name, kind, wanted in (("type", str, "text"), ("data", dict, "a JSON object"))
        if not isinstance(shown[name], kind)
    }
    if problems:
        raise ValidationError(problems)
    return shown
