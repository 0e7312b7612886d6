"""REST: the event log, in its order."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from events.models import Event
from events.serializers import EventPageSerializer, EventQuerySerializer, EventSerializer
from organizations.viewsets import ScopedViewSet


class EventViewSet(ScopedViewSet[Event]):
    """What happened in the organization."""

    queryset = Event.objects.all()
    serializer_class = EventSerializer
    pagination_class = None

    @extend_schema(
        summary="Read the event log", parameters=[EventQuerySerializer], responses=EventPageSerializer
    )
    def list(self, request: Request) -> Response:
        """Read on after the last event that you have; no event ever appears before one that was read."""
        query = self.read(EventQuerySerializer, request.query_params.dict())
        rows = self._after(query.get("after"))[: query["limit"] + 1]
        shown = EventSerializer(rows, many=True).data
        return Response({"results": shown[: query["limit"]], "has_more": len(shown) > query["limit"]})

    def _after(self, event_id: int | None) -> QuerySet[Event]:
        settled = Event.objects.of(self.access.organization.pk).settled()
        if not event_id:
            return settled
        last = self.get_queryset().filter(pk=event_id).first()
        if last is None:
            raise ValidationError({"after": ["there is no event with this id; it may have been pruned"]})
        return settled.after(last.position)
