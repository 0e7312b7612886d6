"""REST: the event log, in its order, and events that are sent to it."""

from copy import copy
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from events import log, sending
from events.models import Event, Events
from events.serializers import (
    CloudEventSerializer,
    EventPageSerializer,
    EventQuerySerializer,
    EventSerializer,
    SentSerializer,
)
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet

CLOUD_EVENT = "application/cloudevents+json"


class EventViewSet(ScopedViewSet[Event]):
    """What happened in the organization."""

    queryset = Event.objects.all()
    serializer_class = EventSerializer
    pagination_class = None
    roles = {"create": Role.OPERATOR}

    def get_parsers(self) -> list[Any]:
        """Also read bodies that say that they are CloudEvents, which are JSON."""
        parsers = list(super().get_parsers())
        parsers += [copy(parser) for parser in parsers]
        parsers[-1].media_type = CLOUD_EVENT
        return parsers

    @extend_schema(
        summary="Read the event log", parameters=[EventQuerySerializer], responses=EventPageSerializer
    )
    def list(self, request: Request) -> Response:
        """Read on after the last event that you have; no event ever appears before one that was read.

        Events that were sent come without their data.
        """
        query = self.read(EventQuerySerializer, request.query_params.dict())
        rows = self._after(query.get("after"))[: query["limit"] + 1]
        shown = EventSerializer(log.bare(rows), many=True).data
        return Response({"results": shown[: query["limit"]], "has_more": len(shown) > query["limit"]})

    @extend_schema(summary="Get an event", responses=EventSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one event with its data."""
        is_id = pk.isascii() and pk.isdigit() and len(pk) < 19
        event = self.get_queryset().filter(pk=int(pk)).first() if is_id else None
        if event is None:
            raise Http404(f"there is no event {pk[:100]!r}")
        return self.show(event, EventSerializer)

    @extend_schema(
        summary="Send an event",
        request=CloudEventSerializer,
        responses={201: SentSerializer, 200: SentSerializer},
    )
    def create(self, request: Request) -> Response:
        """Record something that happened elsewhere; a repeated id is answered with the event that it has."""
        wanted = self.read(CloudEventSerializer)
        event = sending.Event(
            organization_id=self.access.organization.pk,
            type=wanted["type"],
            source=wanted["source"],
            external_id=wanted["id"],
            time=wanted.get("time"),
            data=wanted.get("data"),
        )
        sent = sending.send(event, now=clock.now())
        result = "created" if sent.created else "replayed"
        code = status.HTTP_201_CREATED if sent.created else status.HTTP_200_OK
        return Response({"id": sent.id, "result": result}, status=code)

    def _after(self, event_id: int | None) -> Events:
        settled = Event.objects.of(self.access.organization.pk).settled()
        if not event_id:
            return settled
        last = self.get_queryset().filter(pk=event_id).first()
        if last is None:
            raise ValidationError({"after": ["there is no event with this id; it may have been pruned"]})
        return settled.after(last.position)
