"""REST: triggers."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.serializers import NothingSerializer
from organizations.etags import IF_MATCH, based_on
from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from triggers import services
from triggers.filters import TriggerFilter
from triggers.models import Trigger
from triggers.serializers.triggers import (
    SAVED_TRIGGER,
    EventTriggerSerializer,
    EventTriggerSettingsSerializer,
    TriggerSkipSerializer,
    beside,
)


class TriggerViewSet(ScopedViewSet[Trigger]):
    """Which events, or ends of executions, start a workflow. A path names a trigger by its id or its name."""

    queryset = Trigger.objects.select_related("workflow__current_version").order_by("name", "id")
    serializer_class = EventTriggerSerializer
    filterset_class = TriggerFilter
    roles = {
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), Role.EDITOR),
        **dict.fromkeys(("pause", "resume"), Role.OPERATOR),
    }

    def get_object(self) -> Trigger:
        """Return the trigger that the path names."""
        return one_called(self.get_queryset(), self.kwargs["pk"])

    @extend_schema(summary="List triggers")
    def list(self, request: Request) -> Response:
        """List triggers by name."""
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.get_paginated_response(self._documents(rows))

    @extend_schema(
        summary="Create a trigger", request=EventTriggerSettingsSerializer, responses={201: SAVED_TRIGGER}
    )
    def create(self, request: Request) -> Response:
        """Create an active trigger, for what comes from now on."""
        wanted = self.read(EventTriggerSettingsSerializer)
        wanted.pop("version", None)
        now = clock.now()
        trigger = services.create(self.access.organization, now=now, by=self.access.by, **wanted)
        return self._saved(trigger, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Get a trigger")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a trigger with its counters; its ETag is its version."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Replace a trigger's settings",
        request=EventTriggerSettingsSerializer,
        responses={200: SAVED_TRIGGER},
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace all settings; those left out get their defaults."""
        return self._change()

    @extend_schema(
        summary="Change a trigger's settings",
        request=EventTriggerSettingsSerializer,
        responses={200: SAVED_TRIGGER},
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the settings that are sent."""
        return self._change(partial=True)

    @extend_schema(summary="Delete a trigger", responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a trigger with what it has gathered; the executions that it started stay."""
        services.delete(self.get_object(), **self._told())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Pause a trigger",
        request=NothingSerializer,
        responses=EventTriggerSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Start nothing until it is resumed; what comes meanwhile is not kept."""
        self.read(NothingSerializer)
        return self._whole(services.pause(self.get_object(), **self._told()))

    @extend_schema(
        summary="Resume a trigger",
        request=NothingSerializer,
        responses=EventTriggerSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Start again, for what comes from now on."""
        self.read(NothingSerializer)
        return self._whole(services.resume(self.get_object(), **self._told()))

    @extend_schema(
        summary="List what matched and started nothing", responses=TriggerSkipSerializer(many=True)
    )
    @action(detail=True, filterset_class=None)
    def skips(self, request: Request, pk: str) -> Response:
        """List events that matched and started nothing, and why, newest first."""
        refuse_unknown(request, PAGING)
        return self.page(self.get_object().skips.order_by("-at", "-id"), TriggerSkipSerializer)

    def _change(self, **options: Any) -> Response:
        trigger = self.get_object()
        wanted = self.read(EventTriggerSettingsSerializer, instance=trigger, **options)
        read = based_on(self.request, wanted.pop("version", None))
        changed = services.change(trigger, now=clock.now(), by=self.access.by, based_on=read, **wanted)
        return self._saved(changed)

    def _told(self) -> dict[str, Any]:
        """Return who acts, when, and on which version, as every service takes it."""
        return {"by": self.access.by, "now": clock.now(), "based_on": based_on(self.request)}

    def _saved(self, trigger: Trigger, *, code: int = status.HTTP_200_OK) -> Response:
        response = self._whole(trigger, code=code)
        response.data["warnings"] = services.cautions(trigger)
        return response

    def _whole(self, trigger: Trigger, *, code: int = status.HTTP_200_OK) -> Response:
        (document,) = self._documents([trigger])
        return Response(document, status=code, headers={"ETag": f'"{trigger.version}"'})

    def _documents(self, triggers: Sequence[Trigger]) -> Sequence[dict[str, Any]]:
        context = {**self.get_serializer_context(), "beside": beside(triggers)}
        return [dict(EventTriggerSerializer(trigger, context=context).data) for trigger in triggers]
