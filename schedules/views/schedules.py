"""REST: schedules."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.serializers import NothingSerializer, StartedSerializer
from executions.views import IDEMPOTENCY_KEY, answer
from organizations.etags import IF_MATCH, based_on
from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from schedules import services
from schedules.filters import ScheduleFilter
from schedules.models import Schedule
from schedules.preview import ahead, cautions_of
from schedules.preview.serializers import CREATED_SCHEDULE, UpcomingListSerializer
from schedules.serializers import (
    DisableSerializer,
    NextRunsQuerySerializer,
    PauseSerializer,
    ResumeSerializer,
    ScheduleSerializer,
    ScheduleSettingsSerializer,
    SkippedFireSerializer,
    SkipSerializer,
    TriggerSerializer,
    UnskipSerializer,
)
from schedules.states import ScheduleState
from schedules.versions.serializers import CHANGED_SCHEDULE, changed_schedule


class ScheduleViewSet(ScopedViewSet[Schedule]):
    """When workflows run. A path names a schedule by its id or its name."""

    queryset = Schedule.objects.select_related("workflow").order_by("name", "id")
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter
    roles = {
        **dict.fromkeys(("create", "update", "partial_update", "destroy"), Role.EDITOR),
        **dict.fromkeys(("pause", "resume", "disable", "enable", "trigger", "skip", "unskip"), Role.OPERATOR),
        "purge": Role.ADMIN,
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
        summary="Create a schedule", request=ScheduleSettingsSerializer, responses={201: CREATED_SCHEDULE}
    )
    def create(self, request: Request) -> Response:
        """Create an active schedule that fires from now on."""
        wanted = self.read(ScheduleSettingsSerializer)
        wanted.pop("version", None)
        now = clock.now()
        schedule = services.create(self.access.organization, now=now, by=self.access.by, **wanted)
        answer = self._whole(schedule, code=status.HTTP_201_CREATED)
        answer.data["cautions"] = cautions_of(schedule, now=now)
        return answer

    @extend_schema(summary="Get a schedule")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a schedule; its ETag is its version."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Replace a schedule's settings",
        request=ScheduleSettingsSerializer,
        responses={200: CHANGED_SCHEDULE},
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace all settings; those left out get their defaults."""
        return self._change()

    @extend_schema(
        summary="Change a schedule's settings",
        request=ScheduleSettingsSerializer,
        responses={200: CHANGED_SCHEDULE},
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the settings that are sent."""
        return self._change(partial=True)

    @extend_schema(summary="Archive a schedule", responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: str) -> Response:
        """Stop for good and keep the history; the name becomes free."""
        services.archive(self.get_object(), **self._told())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Pause a schedule",
        request=PauseSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Stop firing; nothing accrues meanwhile. A paused one takes the new reason and end."""
        wanted = self.read(PauseSerializer)
        return self._whole(services.pause(self.get_object(), **self._told(), **wanted))

    @extend_schema(
        summary="Resume a schedule",
        request=ResumeSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Fire again, from now on or catching up; also for a schedule that is disabled or in state error."""
        wanted = self.read(ResumeSerializer)
        return self._whole(services.resume(self.get_object(), **self._told(), **wanted))

    @extend_schema(
        summary="Disable a schedule",
        request=DisableSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        """Switch a schedule off until it is enabled."""
        wanted = self.read(DisableSerializer)
        return self._whole(services.disable(self.get_object(), **self._told(), **wanted))

    @extend_schema(
        summary="Enable a schedule",
        request=NothingSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Fire again, from now on."""
        self.read(NothingSerializer)
        return self._whole(services.resume(self.get_object(), **self._told()))

    @extend_schema(
        summary="Skip one fire", request=SkipSerializer, responses=ScheduleSerializer, parameters=[IF_MATCH]
    )
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """Leave out one future time, the next one where none is named."""
        wanted = self.read(SkipSerializer)
        services.skip(self.get_object(), **self._told(), **wanted)
        return self._whole(self.get_object())

    @extend_schema(
        summary="Put back a skipped fire",
        request=UnskipSerializer,
        responses=ScheduleSerializer,
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def unskip(self, request: Request, pk: str) -> Response:
        """Put back a time that was left out and has not passed."""
        wanted = self.read(UnskipSerializer)
        services.unskip(self.get_object(), **self._told(), **wanted)
        return self._whole(self.get_object())

    @extend_schema(
        summary="Purge an archived schedule",
        request=NothingSerializer,
        responses={204: None},
        parameters=[IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def purge(self, request: Request, pk: str) -> Response:
        """Delete an archived schedule with its versions, skipped times and backfills; executions stay."""
        self.read(NothingSerializer)
        services.purge(self.get_object(), **self._told())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Trigger a schedule",
        request=TriggerSerializer,
        responses={201: StartedSerializer, 200: StartedSerializer},
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def trigger(self, request: Request, pk: str) -> Response:
        """Start the schedule's workflow once, now, whatever the schedule's state but archived."""
        wanted = self.read(TriggerSerializer)
        return answer(services.trigger(self.get_object(), **self._told(), **wanted))

    @extend_schema(
        summary="Compute next fire times",
        parameters=[NextRunsQuerySerializer],
        responses=UpcomingListSerializer,
    )
    @action(detail=True, url_path="next-runs", pagination_class=None, filterset_class=None)
    def next_runs(self, request: Request, pk: str) -> Response:
        """Compute the next times with what is special about them, as it stands, whatever the state."""
        query = self.read(NextRunsQuerySerializer, request.query_params.dict())
        after = query.get("after") or clock.now()
        found = ahead(self.get_object(), after=after, count=query["count"])
        return self.show(found, UpcomingListSerializer)

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
        read = based_on(self.request, wanted.pop("version", None))
        now = clock.now()
        changed = services.change(schedule, now=now, by=self.access.by, based_on=read, **wanted)
        response = Response(changed_schedule(schedule, changed, now=now))
        response["ETag"] = f'"{changed.version}"'
        return response

    def _told(self) -> dict[str, Any]:
        """Return who acts, when, and on which version, as every service takes it."""
        return {"by": self.access.by, "now": clock.now(), "based_on": based_on(self.request)}

    def _whole(self, schedule: Schedule, *, code: int = status.HTTP_200_OK) -> Response:
        response = self.show(schedule, ScheduleSerializer, code=code)
        response["ETag"] = f'"{schedule.version}"'
        return response
