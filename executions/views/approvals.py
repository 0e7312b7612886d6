"""REST: what people are asked to decide."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from executions.models import StepRun
from executions.models.step_run import WaitsFor
from executions.serializers import ApprovalSerializer, DecisionSerializer
from executions.states import StepState
from executions.waiting import approvals
from organizations.roles import Role
from organizations.viewsets import ScopedViewSet


class ApprovalViewSet(ScopedViewSet[StepRun]):
    """Steps that ask a person for a yes or no."""

    queryset = StepRun.objects.select_related("execution__workflow").defer("execution__input", "item")
    serializer_class = ApprovalSerializer
    roles = {"approve": Role.OPERATOR, "reject": Role.OPERATOR}

    def get_queryset(self) -> QuerySet[StepRun]:
        """Return the organization's approvals."""
        rows = self.queryset.filter(kind="approval").order_by("created_at", "id")
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return rows.filter(organization_id=self.access.organization.pk)

    @extend_schema(summary="List what waits for a decision")
    def list(self, request: Request) -> Response:
        """List the steps that wait for a decision now, the oldest first."""
        waiting = self.get_queryset().filter(state=StepState.WAITING, waits_for=WaitsFor.APPROVAL)
        return self.page(self.filter_queryset(waiting), ApprovalSerializer)

    @extend_schema(summary="Get an approval")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Get one, decided or not."""
        return self.show(self.get_object(), ApprovalSerializer)

    @extend_schema(summary="Approve", request=DecisionSerializer, responses=ApprovalSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Say yes, with what the form asks for; the execution goes on."""
        return self._decide(approved=True)

    @extend_schema(summary="Reject", request=DecisionSerializer, responses=ApprovalSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Say no; what follows is the workflow's."""
        return self._decide(approved=False)

    def _decide(self, *, approved: bool) -> Response:
        wanted: dict[str, Any] = self.read(DecisionSerializer)
        asked = self.get_object()
        approvals.decide(asked, approved=approved, by=self.access.by, now=clock.now(), **wanted)
        return self.show(self.get_object(), ApprovalSerializer)
