"""Every nominal time of a schedule, and what became of it."""

from collections import Counter
from datetime import datetime
from itertools import takewhile

from executions.models import Execution
from schedules import timetable
from schedules.models import Schedule, SkippedFire


def nominal_times(schedule: Schedule, *, after: datetime, until: datetime) -> list[datetime]:
    """Return what the rules name in (after, until], times that calendars exclude too."""
    fires = timetable.fires(schedule, after=after)
    return [fire.fire_at for fire in takewhile(lambda fire: fire.fire_at <= until, fires)]


def outcomes(schedule: Schedule, times: list[datetime]) -> Counter[tuple[datetime, str]]:
    """Return each time with what became of it: `started`, or the reason of a recorded skip."""
    started = Execution.objects.filter(schedule_id=schedule.pk, fire_kind="auto")
    found = Counter((at, "started") for at in started.values_list("fire_at", flat=True) if at)
    for skipped in SkippedFire.objects.filter(schedule=schedule):
        covered = [at for at in times if skipped.first_fire_at <= at <= skipped.last_fire_at]
        assert len(covered) == skipped.count, f"{skipped} from {skipped.first_fire_at}: {len(covered)} times"
        found.update((at, skipped.reason) for at in covered)
    return found


def assert_accounted(schedule: Schedule, *, after: datetime, until: datetime) -> Counter[str]:
    """Check that each nominal time has exactly one outcome, and return how often each outcome occurred."""
    times = nominal_times(schedule, after=after, until=until)
    found = outcomes(schedule, times)
    assert sorted(at for at, _ in found.elements()) == times, schedule.name
    return Counter(outcome for _, outcome in found.elements())
