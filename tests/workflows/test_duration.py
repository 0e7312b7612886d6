"""Durations: what people write, and the one way it is written back."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.duration import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1500ms", 1.5),
        ("10s", 10),
        ("5m", 300),
        ("1h30m", 5_400),
        ("2d", 172_800),
        ("1.5h", 5_400),
        ("PT10S", 10),
        ("P1DT2H3M4.5S", 93_784.5),
        ("P1W", 604_800),
        (" 90 ", 90),
        (0.25, 0.25),
        (0, 0),
    ],
)
def test_every_usual_way_to_write_a_duration_is_read(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    ["", "x", "5x", "-5s", "1s1s", "P", "PT", "P1M", "1:30", "\u0665s", True, None, [], float("nan"), 1e300],
)
def test_what_is_no_duration_is_refused_with_a_hint(value):
    with pytest.raises(ValueError, match=r"write it like|stands there twice|lies between"):
        parse_duration(value)


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_the_canonical_text_means_the_same_duration_to_the_millisecond(duration):
    whole = timedelta(milliseconds=round(duration / timedelta(milliseconds=1)))

    assert parse_duration(format_duration(whole)) == whole


@pytest.mark.parametrize(
    ("text", "canonical"), [("90s", "1m30s"), ("1500ms", "1.5s"), ("0.25", "250ms"), ("0", "0s")]
)
def test_the_canonical_text_is_the_short_one(text, canonical):
    assert format_duration(parse_duration(text)) == canonical
