"""What follows for a `for_each` step: every combination of small counts, and whole runs."""

import random
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.rules.items import Items, Next, follow, only_counts

RULES = ["first_item", "any_item", "every_item", "never"]
COUNTS = [
    Items(total, begun, completed, failed, cancelled)
    for total in range(5)
    for begun in range(total + 1)
    for completed, failed, cancelled in product(range(begun + 1), repeat=3)
    if completed + failed + cancelled <= begun
]


def ask(items, *, most=None, fail_when="first_item", is_stopping=False):
    return follow(items, max_parallel=most, fail_when=fail_when, is_stopping=is_stopping)


@pytest.mark.parametrize("fail_when", RULES)
@pytest.mark.parametrize("is_stopping", [False, True])
def test_a_step_without_items_completes_at_once(fail_when, is_stopping):
    assert ask(Items(0), fail_when=fail_when, is_stopping=is_stopping) == Next(outcome="completed")


@pytest.mark.parametrize(
    ("items", "most", "begin"),
    [
        (Items(5), None, 5),
        (Items(5), 2, 2),
        (Items(5), 9, 5),
        (Items(5, begun=2), 2, 0),
        (Items(5, begun=2, completed=1), 2, 1),
        (Items(5, begun=2, completed=2), 2, 2),
        (Items(5, begun=5, completed=3), 2, 0),
    ],
)
def test_as_many_begin_as_there_is_room_for(items, most, begin):
    assert ask(items, most=most) == Next(begin=begin)


def test_the_first_item_that_fails_stops_those_that_have_not_begun():
    assert ask(Items(5, begun=2, failed=1), most=2) == Next(cancel=True)


@pytest.mark.parametrize("fail_when", ["any_item", "every_item", "never"])
def test_under_the_other_rules_a_failed_item_gives_its_turn_to_the_next(fail_when):
    assert ask(Items(5, begun=2, failed=1), most=2, fail_when=fail_when) == Next(begin=1)


@pytest.mark.parametrize("fail_when", RULES)
def test_an_execution_that_winds_up_begins_no_more_items(fail_when):
    stopped = ask(Items(5, begun=2, completed=1), most=2, fail_when=fail_when, is_stopping=True)

    assert stopped == Next(cancel=True)


@pytest.mark.parametrize(
    ("ended", "outcomes"),
    [
        ({"completed": 3}, "completed completed completed completed"),
        ({"completed": 2, "failed": 1}, "failed failed completed completed"),
        ({"failed": 3}, "failed failed failed completed"),
        ({"completed": 1, "failed": 1, "cancelled": 1}, "failed failed completed completed"),
        ({"completed": 2, "cancelled": 1}, "cancelled cancelled completed completed"),
        ({"failed": 1, "cancelled": 2}, "failed failed failed completed"),
        ({"cancelled": 3}, "cancelled cancelled cancelled completed"),
    ],
)
def test_the_rule_says_what_becomes_of_the_step(ended, outcomes):
    items = Items(3, begun=3, **ended)

    assert [ask(items, fail_when=rule).outcome for rule in RULES] == outcomes.split()


@pytest.mark.parametrize(
    ("ended", "outcomes"),
    [
        ({"completed": 3}, "completed completed completed completed"),
        ({"completed": 1, "failed": 1, "cancelled": 1}, "failed failed cancelled cancelled"),
        ({"completed": 2, "cancelled": 1}, "cancelled cancelled cancelled cancelled"),
        ({"failed": 1, "cancelled": 2}, "failed failed cancelled cancelled"),
        ({"failed": 3}, "failed failed failed completed"),
    ],
)
def test_a_stopped_step_is_cancelled_unless_items_enough_had_failed(ended, outcomes):
    items = Items(3, begun=3, **ended)

    assert [ask(items, fail_when=rule, is_stopping=True).outcome for rule in RULES] == outcomes.split()


@pytest.mark.parametrize("items", COUNTS)
def test_there_is_an_outcome_exactly_when_all_have_ended(items):
    for rule, most, is_stopping in product(RULES, [None, 1, 3], [False, True]):
        following = ask(items, most=most, fail_when=rule, is_stopping=is_stopping)

        assert (following.outcome is not None) == (items.ended == items.total)
        if items.begun - items.ended == 0:
            assert following != Next(), "nothing is open and nothing follows"


@pytest.mark.parametrize("items", [items for items in COUNTS if only_counts(items)])
def test_where_only_the_count_changes_nothing_new_follows(items):
    after = replace(items, completed=items.completed + 1)

    for rule, most, is_stopping in product(RULES, [None, 1, 3], [False, True]):
        if most is None or items.begun - items.ended <= most:
            settings = {"most": most, "fail_when": rule, "is_stopping": is_stopping}
            assert ask(after, **settings) in (Next(), Next(cancel=True))
            assert ask(after, **settings) == ask(items, **settings)


@given(st.integers(0, 40), st.none() | st.integers(1, 9), st.sampled_from(RULES), st.integers())
def test_all_items_get_their_turn_in_order_and_never_too_many_are_open(total, most, rule, seed):
    chance = random.Random(seed)
    items = Items(total)
    while (following := ask(items, most=most, fail_when=rule)).outcome is None and not following.cancel:
        items = replace(items, begun=items.begun + following.begin)
        assert 0 < items.begun - items.ended <= (most or total)
        ended = chance.choice(["completed", "completed", "failed"])
        items = replace(items, **{ended: getattr(items, ended) + 1})

    assert following.cancel == (rule == "first_item" and 0 < items.failed < total and items.ended < total)
    assert following.cancel or items.begun == total
