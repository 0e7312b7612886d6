"""REST: failed executions put aside for a person."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions import dead_letters
from executions.dead_letters.filters import DeadLetterFilter
from executions.models import DeadLetter
from executions.serializers.dead_letters import (
    DeadLetterSerializer,
    DiscardedSerializer,
    DiscardManySerializer,
    DiscardSerializer,
    RedriveManySerializer,
    RedrivenSerializer,
    RedriveSerializer,
)
from executions.serializers.starts import StartedSerializer
from executions.views.starts import answer
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet


class DeadLetterViewSet(ScopedViewSet[DeadLetter]):
    """Failed executions put aside for a person."""

    queryset = (
        DeadLetter.objects.select_related("execution__workflow")
        .defer("execution__input")
        .order_by("-created_at", "-id")
    )
    serializer_class = DeadLetterSerializer
    filterset_class = DeadLetterFilter
    roles = dict.fromkeys(("redrive", "redrive_many", "discard", "discard_many"), Role.OPERATOR)

    @extend_schema(summary="List dead letters")
    def list(self, request: Request) -> Response:
        """List dead letters, newest first."""
        return self.page(self.filter_queryset(self.get_queryset()), DeadLetterSerializer)

    @extend_schema(summary="Get a dead letter")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one dead letter."""
        return self.show(self.get_object(), DeadLetterSerializer)

    @extend_schema(
        summary="Redrive a dead letter", request=RedriveSerializer, responses={201: StartedSerializer}
    )
    @action(detail=True, methods=["post"])
    def redrive(self, request: Request, pk: str) -> Response:
        """Start its execution again as a new one, from the beginning or from the failed step."""
        wanted = self.read(RedriveSerializer)
        started = dead_letters.redrive(
            self.get_object().execution,
            by=self.access.by,
            now=clock.now(),
            from_failed=wanted["from"] == "failed",
            new_input=wanted.get("input"),
        )
        return answer(started)

    @extend_schema(summary="Discard a dead letter", request=DiscardSerializer, responses=DeadLetterSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str) -> Response:
        """Close it without starting anything."""
        wanted = self.read(DiscardSerializer)
        dead_letters.discard(self.get_object(), by=self.access.by, now=clock.now(), note=wanted["note"])
        return self.show(self.get_object(), DeadLetterSerializer)

    @extend_schema(
        operation_id="dead_letters_redrive_many",
        summary="Redrive many dead letters",
        request=RedriveManySerializer,
        responses=RedrivenSerializer,
    )
    @action(detail=False, methods=["post"], url_path="redrive")
    def redrive_many(self, request: Request) -> Response:
        """Redrive open dead letters that match, the oldest first; one that is refused stops no other."""
        wanted = self.read(RedriveManySerializer)
        from_failed = wanted.pop("from") == "failed"
        return self._many(dead_letters.redrive_many, wanted, RedrivenSerializer, from_failed=from_failed)

    @extend_schema(
        operation_id="dead_letters_discard_many",
        summary="Discard many dead letters",
        request=DiscardManySerializer,
        responses=DiscardedSerializer,
    )
    @action(detail=False, methods=["post"], url_path="discard")
    def discard_many(self, request: Request) -> Response:
        """Close open dead letters that match, the oldest first, without starting anything."""
        wanted = self.read(DiscardManySerializer)
        return self._many(dead_letters.discard_many, wanted, DiscardedSerializer)

    def _many(self, service: Any, wanted: dict[str, Any], shown: Any, **options: Any) -> Response:
        chosen = wanted.pop("filter")
        done = service(
            self.access.organization.pk, chosen, by=self.access.by, now=clock.now(), **wanted, **options
        )
        return self.show(done, shown)
