"""REST: the times of a schedule before it is saved."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet, one_called
from schedules.models import Schedule
from schedules.preview.serializers import (
    COUNT,
    PREVIEW_REQUEST,
    PreviewedSerializer,
    PreviewSerializer,
    PreviewSettingsSerializer,
)
from schedules.preview.services import preview
from schedules.states import ScheduleState


class PreviewViewSet(ScopedViewSet[Schedule]):
    """What settings would do; nothing is saved."""

    queryset = Schedule.objects.exclude(state=ScheduleState.ARCHIVED)
    serializer_class = PreviewSerializer
    pagination_class = None
    filter_backends = ()
    roles = {"preview": Role.VIEWER}

    @extend_schema(
        summary="Preview a schedule",
        tags=["schedules"],
        request={"application/json": PREVIEW_REQUEST},
        responses=PreviewSerializer,
    )
    def preview(self, request: Request) -> Response:
        """Compute the next times of settings before they are saved, with what may surprise in them.

        With `schedule`, what is left out is that schedule's; without it, `workflow` and `rules` are needed.
        """
        called = self.read(PreviewedSerializer).get("schedule")
        of = one_called(self.get_queryset(), called) if called else None
        settings: dict[str, Any] = self.read(PreviewSettingsSerializer, partial=of is not None)
        settings.pop("schedule", None)
        wanted = {"count": COUNT, **settings}
        found = preview(self.access.organization, now=clock.now(), of=of, **wanted)
        return self.show(found, PreviewSerializer)
