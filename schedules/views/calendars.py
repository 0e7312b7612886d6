"""REST: calendars."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from organizations.etags import IF_MATCH, based_on
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet, one_called
from schedules import services
from schedules.calendars import calendar_from_list, preview
from schedules.models import Calendar
from schedules.recurrence import zone_named
from schedules.serializers import (
    CHANGED_CALENDAR,
    CalendarDaysQuerySerializer,
    CalendarSerializer,
    CalendarSettingsSerializer,
    ExcludedRangesSerializer,
)


class CalendarViewSet(ScopedViewSet[Calendar]):
    """Named times at which schedules do not fire. A path names a calendar by its id or its name."""

    queryset = Calendar.objects.order_by("name", "id")
    serializer_class = CalendarSerializer
    roles = dict.fromkeys(("create", "update", "partial_update", "destroy"), Role.EDITOR)

    def get_object(self) -> Calendar:
        """Return the calendar that the path names."""
        return one_called(self.get_queryset(), self.kwargs["pk"])

    @extend_schema(summary="List calendars")
    def list(self, request: Request) -> Response:
        """List calendars by name."""
        return self.page(self.filter_queryset(self.get_queryset()), CalendarSerializer)

    @extend_schema(
        summary="Create a calendar", request=CalendarSettingsSerializer, responses={201: CalendarSerializer}
    )
    def create(self, request: Request) -> Response:
        """Create a calendar; schedules name it in `calendars`."""
        wanted = self.read(CalendarSettingsSerializer)
        wanted.pop("version", None)
        made = services.create_calendar(
            self.access.organization, now=clock.now(), by=self.access.by, **wanted
        )
        return self._whole(made, code=status.HTTP_201_CREATED)

    @extend_schema(summary="Get a calendar")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a calendar; its ETag is its version."""
        return self._whole(self.get_object())

    @extend_schema(
        summary="Replace a calendar",
        request=CalendarSettingsSerializer,
        responses={200: CHANGED_CALENDAR},
        parameters=[IF_MATCH],
    )
    def update(self, request: Request, pk: str) -> Response:
        """Replace a calendar; the schedules that use it look for their next time again."""
        return self._change()

    @extend_schema(
        summary="Change a calendar",
        request=CalendarSettingsSerializer,
        responses={200: CHANGED_CALENDAR},
        parameters=[IF_MATCH],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is sent; the schedules that use it look for their next time again."""
        return self._change(partial=True)

    @extend_schema(summary="Delete a calendar", responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a calendar that no schedule uses."""
        services.delete_calendar(self.get_object(), based_on=based_on(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Show excluded days",
        parameters=[CalendarDaysQuerySerializer],
        responses=ExcludedRangesSerializer,
    )
    @action(detail=True, pagination_class=None)
    def days(self, request: Request, pk: str) -> Response:
        """Show what the calendar excludes, in local time of a zone."""
        query = self.read(CalendarDaysQuerySerializer, request.query_params.dict())
        zone = zone_named(query["timezone"])
        first = query.get("from_date") or clock.now().astimezone(zone).date()
        held = calendar_from_list(self.get_object().entries)
        ranges = preview(held, zone=zone, from_date=first, days=query["days"])
        rows = [
            {"start": one.start.isoformat(), "end": one.end.isoformat(), "reason": one.reason}
            for one in ranges
        ]
        return Response({"results": rows})

    def _change(self, **options: Any) -> Response:
        calendar = self.get_object()
        wanted = self.read(CalendarSettingsSerializer, instance=calendar, **options)
        read = based_on(self.request, wanted.pop("version", None))
        now = clock.now()
        changed = services.change_calendar(calendar, now=now, based_on=read, **wanted)
        response = self._whole(changed)
        response.data["affects"] = services.affected(changed, now=now)._asdict()
        return response

    def _whole(self, calendar: Calendar, *, code: int = status.HTTP_200_OK) -> Response:
        response = self.show(calendar, CalendarSerializer, code=code)
        response["ETag"] = f'"{calendar.version}"'
        return response
