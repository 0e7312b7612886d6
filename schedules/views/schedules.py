"""REST: schedules."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.serializers import NothingSerializer, StartedSerializer
from executions.views import IDEMPOTENCY_KEY, answer
from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from schedules import services
from schedules.filters import ScheduleFilter
from schedules.models import Schedule
from schedules.serializers import (
    NextRunSerializer,
    NextRunsQuerySerializer,
    NextRunsSerializer,
    PauseSerializer,
    ScheduleSerializer,
    ScheduleSettingsSerializer,
    SkippedFireSerializer,
    TriggerSerializer,
)
from schedules.states import ScheduleState

IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="ETag that the change is based on; a newer one answers 409.",
)
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class ScheduleViewSet(ScopedViewSet[Schedule]):
    """When workflows run. A path names a schedule by its id or its name."""

    queryset = Schedule.objects.select_related("workflow").order_by("name", "id")
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter
    roles = {
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), Role.EDITOR),
        **dict.fromkeys(("pause", "resume", "trigger"), Role.OPERATOR),
    }

    def get_object(self) -> Schedule:
        """Return the schedule that the path names; an archived one has only its id."""
        rows = self.get_queryset()
        return one_called(rows, self.kwargs["pk"], named=rows.exclude(state=ScheduleState.ARCHIVED))

    @extend_schema(summary="List schedules")
    def list(self, request: Request) -> Response:
        """List schedules by name."""
        return self.page(self.filter_queryset(self.get_queryset()), ScheduleSerializer)

    @extend_schema(
        summary="Create a schedule", request=ScheduleSettingsSerializer, responses={201: ScheduleSerializer}
    )
    def create(self, request: Request) -> Response:
        """Create an active schedule that fires from now on."""
        wanted = self.read(ScheduleSettingsSerializer)
        wanted.pop("version", None)
        schedule = services.create(self.access.organization, now=clock.now(), by=self.access.by, **wanted)
        return self._whole(schedule, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Get a schedule")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a schedule; its ETag is its version."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Replace a schedule's settings",
        request=ScheduleSettingsSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace all settings; those left out get their defaults."""
        return self._change()

    @extend_schema(
        summary="Change a schedule's settings",
        request=ScheduleSettingsSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the settings that are sent."""
        return self._change(partial=True)

    @extend_schema(summary="Archive a schedule", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop for good and keep the history; the name becomes free."""
        services.archive(self.get_object(), by=self.access.by, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(summary="Pause a schedule", request=PauseSerializer, responses=ScheduleSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Stop firing; nothing accrues meanwhile."""
        wanted = self.read(PauseSerializer)
        paused = services.pause(self.get_object(), by=self.access.by, now=clock.now(), **wanted)
        return self._whole(paused)

    @extend_schema(summary="Resume a schedule", request=NothingSerializer, responses=ScheduleSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Fire again, from now on."""
        self.read(NothingSerializer)
        return self._whole(services.resume(self.get_object(), by=self.access.by, now=clock.now()))

    @extend_schema(
        summary="Trigger a schedule",
        request=TriggerSerializer,
        responses={201: StartedSerializer, 200: StartedSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    def trigger(self, request: Request, pk: str) -> Response:
        """Start the schedule's workflow once, now, whatever the schedule's state but archived."""
        wanted = self.read(TriggerSerializer)
        return answer(services.trigger(self.get_object(), by=self.access.by, now=clock.now(), **wanted))

    @extend_schema(
        summary="Compute next fire times", parameters=[NextRunsQuerySerializer], responses=NextRunsSerializer
    )
    @action(detail=True, url_path="next-runs", pagination_class=None, filterset_class=None)
    def next_runs(self, request: Request, pk: str) -> Response:
        """Compute the next nominal times, as the rules stand, whatever the state."""
        query = self.read(NextRunsQuerySerializer, request.query_params.dict())
        schedule = self.get_object()
        after = query.get("after") or clock.now()
        zone = ZoneInfo(schedule.timezone)
        times = services.next_fires(schedule, after=after, count=query["count"])
        rows = [{"fire_at": at, "local": at.astimezone(zone).isoformat()} for at in times]
        return Response({"results": NextRunSerializer(rows, many=True).data})

    @extend_schema(summary="List times that were not started", responses=SkippedFireSerializer(many=True))
    @action(detail=True, filterset_class=None)
    def skipped(self, request: Request, pk: str) -> Response:
        """List nominal times that were not started and why, newest first."""
        refuse_unknown(request, PAGING)
        rows = self.get_object().skipped_fires.order_by("-last_fire_at", "-id")
        return self.page(rows, SkippedFireSerializer)

    def _change(self, **options: Any) -> Response:
        schedule = self.get_object()
        wanted = self.read(ScheduleSettingsSerializer, instance=schedule, **options)
        based_on = _based_on(self.request, wanted.pop("version", None))
        return self._whole(services.change(schedule, now=clock.now(), based_on=based_on, **wanted))

    def _whole(self, schedule: Schedule, *, code: int = status.HTTP_200_OK) -> Response:
        response = self.show(schedule, ScheduleSerializer, code=code)
        response["ETag"] = f'"{schedule.version}"'
        return response


def _based_on(request: Request, version: int | None) -> int | None:
    """Return the version that a change is based on, by If-Match or by the body."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return version
    match = _ETAG.fullmatch(header)
    if match is None:
        raise ValidationError({"If-Match": ['write the ETag of the schedule, such as "3"']})
    if version not in {None, int(match[1])}:
        raise ValidationError({"version": ["differs from If-Match; send one of them"]})
    return int(match[1])
