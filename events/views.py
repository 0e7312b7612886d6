"""REST: the event log, in its order, and events that are sent to it."""

import time
from typing import TypeAlias

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.http.request import RawPostDataException
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import Throttled, UnsupportedMediaType, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from events import log
from events.cloud_events import intake
from events.cloud_events.intake import BATCHED, STRUCTURED, Message
from events.errors import NotAnEvent
from events.finding import Wanted, find
from events.models import BEGINNING, Event, Position
from events.serializers import (
    CloudEventSerializer,
    EventPageSerializer,
    EventQuerySerializer,
    EventSerializer,
    SentBatchSerializer,
    SentSerializer,
)
from organizations import throttling
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet

Throttles: TypeAlias = list[BaseThrottle]
SENT = PolymorphicProxySerializer(
    component_name="SentOrBatch",
    serializers=[SentSerializer, SentBatchSerializer],
    resource_type_field_name=None,
)


class EventViewSet(ScopedViewSet[Event]):
    """What happened in the organization."""

    queryset = Event.objects.all()
    serializer_class = EventSerializer
    pagination_class = None
    roles = {"create": Role.OPERATOR}

    @extend_schema(
        summary="Read the event log", parameters=[EventQuerySerializer], responses=EventPageSerializer
    )
    def list(self, request: Request) -> Response:
        """Read on after the last event that you have; no event ever appears before one that was read.

        Events that were sent come without their data.
        """
        query = self.read(EventQuerySerializer, request.query_params.dict())
        limit, after = query.pop("limit"), self._position(query.pop("after", 0))
        rows = find(self.access.organization.pk, Wanted(**query), after=after, limit=limit + 1)
        shown = EventSerializer(rows[:limit], many=True).data
        return Response({"results": shown, "has_more": len(rows) > limit})

    @extend_schema(summary="Get an event", responses=EventSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one event with its data."""
        is_id = pk.isascii() and pk.isdigit() and len(pk) < 19
        event = self.get_queryset().filter(pk=int(pk)).first() if is_id else None
        if event is None:
            raise Http404(f"there is no event {pk[:100]!r}")
        return self.show(event, EventSerializer)

    @extend_schema(
        summary="Send an event, or a batch",
        request={STRUCTURED: CloudEventSerializer, BATCHED: CloudEventSerializer(many=True)},
        responses={201: SentSerializer, 200: SENT},
    )
    def create(self, request: Request) -> Response:
        """Record what happened elsewhere; a repeated id is answered with the event that it has.

        Also in the binary mode of CloudEvents: attributes as headers `ce-…`, the data as the body.
        """
        self._count(1)
        message = Message(request.headers, _body(request))
        try:
            events = intake.events_of(message, organization_id=self.access.organization.pk)
        except NotAnEvent as error:
            raise UnsupportedMediaType(message.media_type, detail=str(error)) from None
        if len(events) > 1:
            self._count(len(events) - 1)
        sent = intake.send(message, events)
        results = [{"id": one.id, "result": "created" if one.created else "replayed"} for one in sent]
        if message.is_batch:
            return Response({"results": results})
        return Response(results[0], status=201 if sent[0].created else 200)

    def get_throttles(self) -> Throttles:
        """Count requests of the caller, but of those that send events the events, of the organization."""
        return [] if self.action == "create" else super().get_throttles()

    def _count(self, amount: int) -> None:
        name, limit = f"events:{self.access.organization.pk}", settings.ENVIRONMENT.events_per_minute
        wait = throttling.allowed(name, limit=limit, at=time.time(), amount=amount)
        if wait is not None:
            raise Throttled(wait)

    def _position(self, event_id: int) -> Position:
        if not event_id:
            return BEGINNING
        last = log.find(self.access.organization.pk, event_id)
        if last is None:
            raise ValidationError({"after": ["there is no event with this id; it may have been pruned"]})
        return last


def _body(request: Request) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        stream = request.stream
    except RawPostDataException:  # a form, which the check against forged requests has read for its token
        raise UnsupportedMediaType(request.content_type) from None
    body: bytes = stream.read(limit + 1) if stream else b""
    if len(body) > limit:
        raise RequestDataTooBig(f"the body is larger than {limit // 1024} kB")
    return body
