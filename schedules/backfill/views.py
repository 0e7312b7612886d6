"""REST: backfills."""

from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.serializers import NothingSerializer
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet, one_called
from schedules.backfill import queries, services
from schedules.backfill.filters import BackfillFilter
from schedules.backfill.serializers import (
    BackfillCancelSerializer,
    BackfillPauseSerializer,
    BackfillPreviewSerializer,
    BackfillRequestSerializer,
    BackfillSerializer,
)
from schedules.models import Backfill, Schedule


class BackfillViewSet(ScopedViewSet[Backfill]):
    """Runs of schedules for times in the past, on request."""

    queryset = Backfill.objects.all()
    serializer_class = BackfillSerializer
    filterset_class = BackfillFilter
    roles = dict.fromkeys(("pause", "resume", "cancel"), Role.OPERATOR)

    def get_queryset(self) -> "QuerySet[Backfill]":
        """Return the backfills of the organization's schedules, newest first."""
        if getattr(self, "swagger_fake_view", False):
            return Backfill.objects.none()
        own = Backfill.objects.filter(schedule__organization=self.access.organization)
        return own.select_related("schedule").order_by("-created_at", "-id")

    @extend_schema(summary="List backfills")
    def list(self, request: Request) -> Response:
        """List the backfills of every schedule, newest first."""
        return self._listed()

    @extend_schema(summary="Get a backfill")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get a backfill and how far it is."""
        return self._whole(self.get_object())

    @extend_schema(summary="Pause a backfill", request=BackfillPauseSerializer, responses=BackfillSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Start nothing more until it is resumed; what runs goes on."""
        wanted = self.read(BackfillPauseSerializer)
        return self._whole(services.pause(self.get_object(), by=self.access.by, now=clock.now(), **wanted))

    @extend_schema(summary="Resume a backfill", request=NothingSerializer, responses=BackfillSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on where it stopped."""
        self.read(NothingSerializer)
        return self._whole(services.resume(self.get_object(), by=self.access.by, now=clock.now()))

    @extend_schema(
        summary="Cancel a backfill", request=BackfillCancelSerializer, responses=BackfillSerializer
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End it: what waits is never run; what runs is left alone, or cancelled too."""
        wanted = self.read(BackfillCancelSerializer)
        return self._whole(services.cancel(self.get_object(), by=self.access.by, now=clock.now(), **wanted))

    def _listed(self) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "progress": queries.progress(rows)}
        return self.get_paginated_response(BackfillSerializer(rows, many=True, context=context).data)

    def _whole(self, backfill: Backfill, *, code: int = status.HTTP_200_OK) -> Response:
        context = {**self.get_serializer_context(), "progress": queries.progress([backfill])}
        return Response(BackfillSerializer(backfill, context=context).data, status=code)


class ScheduleBackfillsViewSet(BackfillViewSet):
    """The backfills of one schedule; a path names the schedule by its id or its name."""

    roles = {"create": Role.OPERATOR}

    def get_queryset(self) -> "QuerySet[Backfill]":
        """Return the backfills of the schedule that the path names."""
        if getattr(self, "swagger_fake_view", False):
            return Backfill.objects.none()
        return super().get_queryset().filter(schedule=self._schedule())

    @extend_schema(summary="List a schedule's backfills", tags=["schedules"])
    def list(self, request: Request, pk: str) -> Response:  # type: ignore[override]
        """List the backfills of the schedule, newest first."""
        return self._listed()

    @extend_schema(
        summary="Backfill a schedule",
        tags=["schedules"],
        request=BackfillRequestSerializer,
        responses={201: BackfillSerializer, 200: BackfillPreviewSerializer},
    )
    def create(self, request: Request, pk: str) -> Response:
        """Run the schedule for the times of a past range; with `dry_run` show what that would be."""
        wanted = self.read(BackfillRequestSerializer)
        schedule, now = self._schedule(), clock.now()
        limit = wanted.pop("limit")
        if wanted.pop("dry_run"):
            preview = services.preview(schedule, now=now, limit=limit, **wanted)
            context = {"zone": ZoneInfo(schedule.timezone)}
            return Response(BackfillPreviewSerializer(preview, context=context).data)
        backfill = services.request(schedule, by=self.access.by, now=now, **wanted)
        return self._whole(backfill, code=status.HTTP_201_CREATED)

    def _schedule(self) -> Schedule:
        rows = Schedule.objects.filter(organization=self.access.organization).select_related("workflow")
        return one_called(rows, self.kwargs["pk"], named=rows.visible())
