"""Names that fit."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.importing.entry import Entry
from schedules.importing.names import fitting, named
from workflows.models import NAME


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nightly Report (EU)", "nightly-report-eu"),
        ("reports.build", "reports-build"),
        ("2nd try", "task-2nd-try"),
        ("日本", "task"),
        ("schema", "task-schema"),
    ],
)
def test_a_name_is_made_to_fit(old: str, new: str) -> None:
    assert fitting(old) == new


@given(st.lists(st.text(max_size=150), max_size=30))
def test_every_name_fits_and_none_is_taken_twice(names: list[str]) -> None:
    entries = list(named([Entry(source=name, name=name) for name in names]))

    slugs = [entry.slug for entry in entries]
    assert all(re.fullmatch(NAME.regex, slug) for slug in slugs)
    assert len(set(slugs)) == len(slugs)


def test_a_prefix_comes_first() -> None:
    (entry,) = named([Entry(source="a", name="Report")], prefix="old-")

    assert entry.slug == "old-report"
