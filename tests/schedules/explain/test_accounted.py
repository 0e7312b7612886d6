"""Every time of a span is accounted for by one execution or one recorded skip, whatever is done to the schedule."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import clock
from executions.models import Execution
from schedules import services
from schedules.errors import IllegalScheduleMove
from schedules.explain import Answer, explain_range
from schedules.models import Schedule, SkippedFire
from tests.schedules.explain.conftest import NOON, At, MakeSchedule, beat

RULES = ("* * * * *", "*/2 * * * *", "*/3 * * * *", "1-50/7 * * * *")
Act = Callable[[Schedule], object]


def edited(expression: str) -> Act:
    rules = [{"kind": "cron", "expression": expression}]
    return lambda one: services.change(one, now=clock.now(), rules=rules)


def paused(one: Schedule) -> object:
    return services.pause(one, by="ada", now=clock.now())


def resumed(one: Schedule) -> object:
    return services.resume(one, by="ada", now=clock.now())


def caught_up(one: Schedule) -> object:
    return services.resume(one, by="ada", now=clock.now(), catch_up=True)


def ended(one: Schedule) -> object:
    """Let the runs of the schedule end; nobody works here."""
    running = Execution.objects.filter(schedule_id=one.pk, state="running")
    return running.update(state="completed", finished_at=clock.now())


def left_out(one: Schedule) -> object:
    return services.skip(one, by="ada", now=clock.now())


def passed(_one: Schedule) -> None:
    beat()


ACTS = st.one_of(
    st.just(passed),
    st.just(passed),
    st.sampled_from([paused, resumed, caught_up, ended, left_out]),
    st.sampled_from(RULES).map(edited),
)
STEPS = st.lists(st.tuples(st.integers(5, 400), ACTS), min_size=2, max_size=12)
POLICIES = st.fixed_dictionaries(
    {
        "spread": st.sampled_from(["none", "jitter"]),
        "spread_window": st.just(timedelta(seconds=100)),
        "overlap": st.sampled_from(["skip", "buffer_one", "buffer_all", "allow_all"]),
        "catchup": st.sampled_from(["latest", "earliest", "all", "none"]),
        "catchup_window": st.sampled_from([timedelta(minutes=2), timedelta(hours=1)]),
        "rules": st.sampled_from(RULES).map(lambda text: [{"kind": "cron", "expression": text}]),
    }
)


# Without shrinking: an example takes a few hundred statements.
@settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(policies=POLICIES, steps=STEPS)
def test_no_time_of_a_span_is_left_unaccounted(
    make: MakeSchedule, at: At, policies: dict, steps: list[tuple[int, Act]]
) -> None:
    with transaction.atomic():
        at(NOON)
        schedule = make(**policies)
        _live(schedule, steps, at)

        schedule.refresh_from_db()
        answers = explain_range(schedule, from_at=NOON, to_at=clock.now(), now=clock.now()).answers

        assert [one.fire_at for one in answers if one.outcome == "unaccounted"] == []
        _check_each_record_is_told_once(schedule, answers)
        transaction.set_rollback(True)


def _live(schedule: Schedule, steps: list[tuple[int, Act]], at: At) -> None:
    now: datetime = NOON
    for seconds, act in steps:
        now = at(now + timedelta(seconds=seconds))
        schedule.refresh_from_db()
        try:
            act(schedule)
        except IllegalScheduleMove:
            continue  # a pause of a paused one, say


def _check_each_record_is_told_once(schedule: Schedule, answers: list[Answer]) -> None:
    assert len({one.fire_at for one in answers}) == len(answers)
    told = [run.id for one in answers for run in one.runs]
    assert sorted(told) == sorted(
        Execution.objects.filter(schedule_id=schedule.pk).values_list("pk", flat=True)
    )
    counted = Counter(one.skip for one in answers if one.skip)
    assert {skip: skip.count for skip in counted} == counted
    recorded = SkippedFire.objects.filter(schedule=schedule).values_list("count", flat=True)
    assert sum(recorded) == counted.total()
