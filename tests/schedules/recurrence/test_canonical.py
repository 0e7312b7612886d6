"""The canonical form, and the hash that spreads schedules."""

from collections import Counter

import pytest

from schedules.recurrence import Cron, parse_cron


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("*/15 * * * *", "*/15 * * * *"),
        ("*/1 * * * *", "* * * * *"),
        ("0-59 0-23 * * *", "0-59 0-23 * * *"),
        ("  0   9  *  * MON-FRI ", "0 9 * * 1-5"),
        ("0 9 ? JAN,MAR ?", "0 9 * 1,3 *"),
        ("5/20 22-2 * * 7", "5-45/20 0-2,22,23 * * 0"),
        ("50-10/5 0 * * *", "0-10/5,50,55 0 * * *"),
        ("*/30,7 0 * * *", "*/30,7 0 * * *"),
        ("*/90 0 * * *", "*/90 0 * * *"),
        ("0 0 l,15w,L-2,lw,1 * fri#2,SUNL,mon", "0 0 1,15W,L,L-2,LW * 1,5#2,0L"),
        ("0 0 9 * * *", "0 9 * * *"),
        ("30 0 9 * * *", "30 0 9 * * *"),
        ("*/60 0 9 * * *", "*/60 0 9 * * *"),
        ("0 0 *,L * *", "0 0 *,L * *"),
    ],
)
def test_canonical_forms(text: str, canonical: str) -> None:
    assert parse_cron(text).canonical == canonical


def meaning(rule: Cron) -> tuple[object, ...]:
    return (rule.seconds, rule.minutes, rule.hours, rule.months, rule.days, rule.elapsed, rule.canonical)


@pytest.mark.parametrize(
    "text",
    ["H H * * *", "H/7 */3 L,13W * FRI-MON", "*/9,H H(9-17) ? NOV-FEB MON#1,5L", "@weekly", "* 1 2 3 */4 5"],
)
def test_the_canonical_form_means_the_same_without_the_key(text: str) -> None:
    rule = parse_cron(text, hash_key="schedule-1")

    assert meaning(parse_cron(rule.canonical)) == meaning(rule)


def test_the_typed_text_is_kept() -> None:
    assert parse_cron(" h  9 * * mon-FRI ", hash_key="a").text == " h  9 * * mon-FRI "


def test_a_hash_never_changes() -> None:
    """These values are stored promises: a change of the hash would move schedules on deploy."""
    assert parse_cron("H H H H H", hash_key="schedule-1").canonical == "12 23 6 6 3"
    assert parse_cron("H/15 H(9-17) * * *", hash_key="schedule-1").canonical == "12-57/15 17 * * *"


def test_a_hash_spreads_schedules_over_the_hour() -> None:
    minutes = Counter(parse_cron("H * * * *", hash_key=str(n)).minutes[0] for n in range(600))

    assert len(minutes) == 60
    assert max(minutes.values()) < 30


def test_fields_of_one_schedule_hash_apart() -> None:
    pairs = {parse_cron("H H * * *", hash_key=str(n)).canonical for n in range(300)}

    assert len(pairs) > 250


@pytest.mark.parametrize("key", [str(n) for n in range(50)])
def test_a_hash_stays_within_its_bounds(key: str) -> None:
    rule = parse_cron("H(10-20) H(22-2) H H MON", hash_key=key, day_match="and")
    stepped = parse_cron("H/20 H(20-4)/4 * * *", hash_key=key)
    day = int(rule.canonical.split()[2])

    assert 10 <= rule.minutes[0] <= 20
    assert rule.hours[0] in {22, 23, 0, 1, 2}
    assert 1 <= day <= 28
    assert stepped.minutes == tuple(range(stepped.minutes[0], 60, 20))
    assert len(stepped.minutes) == 3
    assert len(stepped.hours) in {2, 3}
    assert set(stepped.hours) <= {20, 21, 22, 23, 0, 1, 2, 3, 4}


def test_a_step_larger_than_the_field_still_picks_one_value() -> None:
    assert len(parse_cron("H/100 * * * *", hash_key="a").minutes) == 1


def test_rules_compare_and_hash_by_value() -> None:
    assert {parse_cron("0 9 * * *"), parse_cron("0 9 * * *")} == {parse_cron("0 9 * * *")}
