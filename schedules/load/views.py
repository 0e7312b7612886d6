"""REST: planned load, collisions, duplicates, and moves that lower the peak."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

import clock
from organizations.roles import Role
from organizations.strict import refuse_unknown
from organizations.viewsets import ScopedViewSet
from schedules.load import applying, collisions, duplicates, suggestions
from schedules.load.forecast import Forecast, forecast, load_of
from schedules.load.planning import WEEKDAYS, Load, Peak, buckets, by_weekday, peak
from schedules.load.serializers import (
    RESOLUTIONS,
    AppliedListSerializer,
    ApplySerializer,
    CollisionQuerySerializer,
    CollisionsSerializer,
    DuplicatesSerializer,
    ForecastQuerySerializer,
    LoadQuerySerializer,
    LoadSerializer,
    SuggestionQuerySerializer,
    SuggestionsSerializer,
)
from schedules.load.timings import Coverage
from schedules.models import Schedule


class LoadViewSet(ScopedViewSet[Schedule]):
    """What the organization's active schedules ask for. Nothing moves unless it is asked for."""

    queryset = Schedule.objects.all()
    serializer_class = LoadSerializer
    pagination_class = None
    filter_backends = ()
    roles = {"apply": Role.EDITOR}

    @extend_schema(summary="Plan the load", parameters=[LoadQuerySerializer], responses=LoadSerializer)
    def list(self, request: Request) -> Response:
        """Plan starts and busy slots of the next days, from the schedules' times and measured durations."""
        query = self._query(LoadQuerySerializer)
        whole = self._forecast(query)
        load = load_of(whole, measure=query["durations"])
        series = buckets(load, minutes=RESOLUTIONS[query["resolution"]])
        shown = {**_summary(whole, load), "series": [bucket._asdict() for bucket in series]}
        return Response(shown)

    @extend_schema(
        summary="List crowded minutes", parameters=[CollisionQuerySerializer], responses=CollisionsSerializer
    )
    @action(detail=False)
    def collisions(self, request: Request) -> Response:
        """List the minutes at which most schedules start together, and those that come back every week."""
        query = self._query(CollisionQuerySerializer)
        whole, most = self._forecast(query), query["limit"]
        found = {
            "results": collisions.collisions(whole, most=most),
            "patterns": collisions.patterns(whole, most=most) if query["days"] >= WEEKDAYS else [],
        }
        return self.show(found, CollisionsSerializer)

    @extend_schema(summary="List duplicate schedules", responses=DuplicatesSerializer)
    @action(detail=False)
    def duplicates(self, request: Request) -> Response:
        """List active schedules that start the same workflow with the same input at the same times."""
        refuse_unknown(request, ())
        found = duplicates.duplicates(self.access.organization, now=clock.now())
        return self.show({"results": found}, DuplicatesSerializer)

    @extend_schema(
        summary="Suggest moves", parameters=[SuggestionQuerySerializer], responses=SuggestionsSerializer
    )
    @action(detail=False)
    def suggestions(self, request: Request) -> Response:
        """Suggest moves that lower the peak of starts per minute; none is made."""
        query = self._query(SuggestionQuerySerializer)
        found = suggestions.suggest(self._forecast(query), most=query["limit"])
        return self.show(found, SuggestionsSerializer)

    @extend_schema(summary="Make moves", request=ApplySerializer, responses=AppliedListSerializer)
    @action(detail=False, methods=["post"])
    def apply(self, request: Request) -> Response:
        """Make the moves that are sent; one that is refused stops no other."""
        moves = self.read(ApplySerializer)["moves"]
        made = applying.apply(self.access.organization, moves, by=self.access.by, now=clock.now())
        return self.show({"results": made}, AppliedListSerializer)

    def _query(self, serializer_class: type[ForecastQuerySerializer]) -> Any:
        return self.read(serializer_class, self.request.query_params.dict())

    def _forecast(self, query: dict[str, Any]) -> Forecast:
        return forecast(self.access.organization, now=clock.now(), days=query["days"])


def _summary(whole: Forecast, load: Load) -> dict[str, Any]:
    return {
        "start_at": load.start,
        "end_at": load.at(whole.minutes),
        "total_starts": sum(load.starts),
        "peak_starts": _shown(load, peak(load.starts)),
        "peak_busy": _shown(load, peak(load.busy)),
        "schedules": {
            "exact": whole.schedules(Coverage.EXACT),
            "sampled": whole.schedules(Coverage.SAMPLED),
            "left_out": whole.schedules(Coverage.LEFT_OUT),
            "assumed_durations": whole.assumed(),
        },
        "by_weekday": by_weekday(load),
    }


def _shown(load: Load, highest: Peak) -> dict[str, Any]:
    return {"at": load.at(highest.minute), "value": highest.value}
