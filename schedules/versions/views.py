"""REST: the versions of a schedule's settings."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from organizations.etags import IF_MATCH, based_on
from organizations.roles import Role
from organizations.strict import PAGING, refuse_unknown
from organizations.viewsets import ScopedViewSet, one_called
from schedules import services
from schedules.models import Schedule
from schedules.states import ScheduleState
from schedules.versions.serializers import (
    CHANGED_SCHEDULE,
    RollbackSerializer,
    ScheduleVersionSerializer,
    WholeScheduleVersionSerializer,
    changed_schedule,
)
from schedules.versions.services import version, versions, with_changes


class VersionViewSet(ScopedViewSet[Schedule]):
    """What a schedule's settings were; a path names the schedule by its id or its name."""

    queryset = Schedule.objects.select_related("workflow")
    serializer_class = ScheduleVersionSerializer
    filter_backends = ()
    roles = {"rollback": Role.EDITOR}

    def get_object(self) -> Schedule:
        """Return the schedule that the path names; an archived one has only its id."""
        rows = self.get_queryset()
        return one_called(rows, self.kwargs["pk"], named=rows.exclude(state=ScheduleState.ARCHIVED))

    @extend_schema(
        summary="List versions", tags=["schedules"], responses=ScheduleVersionSerializer(many=True)
    )
    def list(self, request: Request, pk: str) -> Response:
        """List the versions, newest first, with what each changed."""
        refuse_unknown(request, PAGING)
        schedule = self.get_object()
        rows = self.paginate_queryset(versions(schedule)) or []
        shown = ScheduleVersionSerializer(with_changes(schedule, rows), many=True)
        return self.get_paginated_response(shown.data)

    @extend_schema(summary="Get a version", tags=["schedules"], responses=WholeScheduleVersionSerializer)
    def retrieve(self, request: Request, pk: str, number: str) -> Response:
        """Get a version with all its settings."""
        refuse_unknown(request, ())
        return self.show(version(self.get_object(), number=int(number)), WholeScheduleVersionSerializer)

    @extend_schema(
        summary="Roll a schedule back",
        tags=["schedules"],
        request=RollbackSerializer,
        responses={200: CHANGED_SCHEDULE},
        parameters=[IF_MATCH],
    )
    def rollback(self, request: Request, pk: str) -> Response:
        """Give it the settings of an earlier version again, as a new version."""
        wanted, now = self.read(RollbackSerializer), clock.now()
        before = self.get_object()
        read = based_on(request, wanted.pop("version", None))
        after = services.rollback(before, now=now, by=self.access.by, based_on=read, **wanted)
        shown = changed_schedule(before, after, now=now)
        return Response(shown, headers={"ETag": f'"{after.version}"'})
