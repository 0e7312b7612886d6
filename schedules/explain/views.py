"""REST: explain times of a schedule."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from organizations.viewsets import ScopedViewSet, one_called
from schedules.explain.answer import Explanation
from schedules.explain.serializers import ExplainQuerySerializer, ExplanationSerializer, as_json
from schedules.explain.services import explain, explain_range
from schedules.models import Schedule
from schedules.states import ScheduleState


class ExplainViewSet(ScopedViewSet[Schedule]):
    """Why a schedule fired, or did not, or will; a path names it by its id or its name."""

    queryset = Schedule.objects.all()
    serializer_class = ExplanationSerializer
    pagination_class = None
    filter_backends = ()

    def get_object(self) -> Schedule:
        """Return the schedule that the path names; an archived one has only its id."""
        rows = self.get_queryset()
        return one_called(rows, self.kwargs["pk"], named=rows.exclude(state=ScheduleState.ARCHIVED))

    @extend_schema(
        summary="Explain times",
        tags=["schedules"],
        parameters=[ExplainQuerySerializer],
        responses=ExplanationSerializer,
    )
    def explain(self, request: Request, pk: str) -> Response:
        """Say of an instant, or of each time in a range, past or future, what became of it and why."""
        query = self.read(ExplainQuerySerializer, request.query_params.dict())
        schedule, now = self.get_object(), clock.now()
        if "at" in query:
            return Response(as_json(Explanation([explain(schedule, at=query["at"], now=now)])))
        found = explain_range(
            schedule, from_at=query["from"], to_at=query["to"], now=now, limit=query["limit"]
        )
        return Response(as_json(found))
