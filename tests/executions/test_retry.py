"""Retries: how long to wait, and when to stop."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executions.rules.retry import MAX_RETRY_AFTER, Again, GiveUp, classes_of, delay, verdict
from workflows.definition import Retry
from workflows.duration import LONGEST

SECOND = timedelta(seconds=1)


def judge(retry, **facts):
    usual = {
        "failures": 1,
        "error_class": "OSError",
        "status": None,
        "age": timedelta(0),
        "retry_after": None,
        "jitter": lambda: 1.0,
    }
    return verdict(retry, **{**usual, **facts})


def test_the_delay_grows_by_its_factor_up_to_the_cap():
    retry = Retry(max_attempts=9, initial="1s", factor=3, cap="20s", jitter="none")

    waits = [delay(retry, failures, jitter=lambda: 0.5).total_seconds() for failures in (1, 2, 3, 4, 50)]

    assert waits == [1, 3, 9, 20, 20]


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(1, 10))
def test_full_jitter_lies_between_nothing_and_the_delay_without_it(failures, share, factor):
    jittered = Retry(factor=factor)
    plain = Retry(factor=factor, jitter="none")

    assert (
        timedelta(0)
        <= delay(jittered, failures, jitter=lambda: share)
        <= delay(plain, failures, jitter=lambda: 1.0)
    )
    assert delay(plain, failures, jitter=lambda: share) <= plain.cap


def test_the_last_attempt_is_followed_by_none():
    retry = Retry(max_attempts=3)

    assert judge(retry, failures=2) == Again(2 * SECOND)
    assert judge(retry, failures=3) == GiveUp("exhausted")
    assert judge(Retry()) == GiveUp("exhausted")


@pytest.mark.parametrize(
    ("listed", "error_class", "status", "matches"),
    [
        (["Timeout"], "requests.exceptions.Timeout", None, True),
        (["requests.exceptions.Timeout"], "requests.exceptions.Timeout", None, True),
        (["exceptions.Timeout"], "requests.exceptions.Timeout", None, False),
        (["Time"], "Timeout", None, False),
        ([503], "UnexpectedStatus", 503, True),
        (["5xx"], "UnexpectedStatus", 503, True),
        (["4xx", 502], "UnexpectedStatus", 503, False),
    ],
)
def test_lists_name_errors_by_class_or_status(listed, error_class, status, matches):
    only = judge(Retry(max_attempts=2, retry_on=listed), error_class=error_class, status=status)
    never = judge(Retry(max_attempts=2, never_on=listed), error_class=error_class, status=status)

    assert isinstance(only, Again) is matches
    assert (never == GiveUp("not_retryable")) is matches


def test_never_wins_over_retry():
    retry = Retry(max_attempts=2, retry_on=["5xx"], never_on=[501])

    assert judge(retry, status=501) == GiveUp("not_retryable")


def test_retry_after_wins_only_where_it_is_longer():
    retry = Retry(max_attempts=2, initial="10s")

    assert judge(retry, retry_after=30 * SECOND) == Again(30 * SECOND)
    assert judge(retry, retry_after=3 * SECOND) == Again(10 * SECOND)
    assert judge(retry, retry_after=timedelta(days=4_000)) == Again(MAX_RETRY_AFTER)


def test_no_attempt_starts_after_the_maximum_age():
    retry = Retry(max_attempts=9, initial="10s", max_age="60s")

    assert judge(retry, age=50 * SECOND) == Again(10 * SECOND)
    assert judge(retry, age=51 * SECOND) == GiveUp("too_old")
    assert judge(retry, age=0 * SECOND, retry_after=61 * SECOND) == GiveUp("too_old")


@pytest.mark.parametrize(
    "listed", ["OSError", "builtins.OSError", "ConnectionError", "ConnectionResetError", "Exception"]
)
def test_a_list_that_names_a_class_means_what_derives_from_it_too(listed):
    reset = {
        "error_class": "builtins.ConnectionResetError",
        "error_classes": classes_of(ConnectionResetError()),
    }

    assert isinstance(judge(Retry(max_attempts=2, retry_on=[listed]), **reset), Again)
    assert judge(Retry(max_attempts=2, never_on=[listed]), **reset) == GiveUp("not_retryable")


@pytest.mark.parametrize("listed", ["BrokenPipeError", "ValueError", "object"])
def test_a_list_that_names_another_class_does_not_mean_it(listed):
    reset = {
        "error_class": "builtins.ConnectionResetError",
        "error_classes": classes_of(ConnectionResetError()),
    }

    assert judge(Retry(max_attempts=2, retry_on=[listed]), **reset) == GiveUp("not_retryable")


def test_never_for_a_special_class_leaves_its_base_retryable():
    retry = Retry(max_attempts=2, retry_on=["OSError"], never_on=["PermissionError"])

    assert judge(retry, error_classes=classes_of(PermissionError())) == GiveUp("not_retryable")
    assert isinstance(judge(retry, error_classes=classes_of(TimeoutError())), Again)


def test_the_delay_that_the_code_asked_for_wins_where_it_is_longer():
    retry = Retry(max_attempts=2, initial="10s", max_age="60s", jitter="none")

    assert judge(retry, retry_in=3 * SECOND) == Again(10 * SECOND)
    assert judge(retry, retry_in=-SECOND) == Again(10 * SECOND)
    assert judge(retry, retry_in=20 * SECOND) == Again(20 * SECOND)
    assert judge(retry, retry_in=20 * SECOND, retry_after=30 * SECOND) == Again(30 * SECOND)
    assert judge(retry, retry_in=61 * SECOND) == GiveUp("too_old")
    assert judge(Retry(max_attempts=2), retry_in=timedelta.max) == Again(LONGEST)
    assert judge(retry, retry_in=20 * SECOND, failures=2) == GiveUp("exhausted")


def test_what_the_code_calls_final_is_not_tried_again():
    assert judge(Retry(max_attempts=9, retry_on=["OSError"]), is_final=True) == GiveUp("not_retryable")


lengths = st.timedeltas(timedelta(0), timedelta(hours=24))
policies = st.builds(
    Retry,
    max_attempts=st.integers(1, 100),
    initial=lengths,
    factor=st.floats(1, 10),
    cap=lengths,
    jitter=st.sampled_from(["full", "none"]),
    max_age=st.none() | lengths,
)


@given(policies, st.integers(1, 200), st.none() | lengths, lengths, st.floats(0, 1))
def test_an_attempt_is_within_the_policy_and_never_before_the_server_wants_it(
    retry, failures, asked, age, share
):
    found = judge(retry, failures=failures, age=age, retry_after=asked, jitter=lambda: share)

    if failures >= retry.max_attempts:
        assert found == GiveUp("exhausted")
    elif isinstance(found, Again):
        assert (asked or timedelta(0)) <= found.delay <= max(retry.cap, asked or timedelta(0))
        assert retry.max_age is None or age + found.delay <= retry.max_age
    else:
        assert found == GiveUp("too_old")
        assert retry.max_age is not None


@given(policies, st.integers(1, 99))
def test_delays_never_shrink(retry, failures):
    assert delay(retry, failures, jitter=lambda: 1.0) <= delay(retry, failures + 1, jitter=lambda: 1.0)
