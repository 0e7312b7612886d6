"""An export is a file that changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizations.models import Organization
from schedules import services
from schedules.as_code import document, planning
from schedules.as_code.authors import Author
from schedules.as_code.errors import NothingToExport
from schedules.as_code.exporting import export
from schedules.models import Schedule
from tests.schedules.as_code.conftest import NOON, Run, file_of
from tests.schedules.as_code.test_plan import DAILY, FREE
from workflows import services as workflows
from workflows.models import Workflow

RULES: list[dict[str, Any]] = [
    {"kind": "cron", "expression": "30 2 * * MON-FRI"},
    {"kind": "cron", "expression": "H H(1-4) * * *"},
    {"kind": "cron", "expression": "0 9 1-7 * MON", "day_match": "and"},
    {"preset": "weekly", "on": ["MON", "FRI"], "at": "09:30"},
    {"kind": "interval", "every_seconds": 7200},
    {"kind": "interval", "every_seconds": 86400, "anchor": "2026-01-01T09:00:00", "basis": "wall_clock"},
    {"kind": "one_time", "at": "2030-12-01T09:00:00"},
    {"kind": "dates", "dates": ["2030-12-01T09:00:00", "2031-12-01T09:00:00"]},
    {"kind": "rrule", "rrule": "DTSTART:20260101T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU"},
    {"kind": "after_completion", "delay_seconds": 600},
]
minutes = st.integers(1, 600).map(lambda n: timedelta(minutes=n))
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@st.composite
def wanted(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the settings of a schedule, most of them left out."""
    some = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "description": texts.map(str.strip),  # as the API takes it
                "input": st.dictionaries(
                    texts, st.integers(1 - 2**63, 2**63 - 1) | texts | st.floats(0, 1), max_size=2
                ),
                "timezone": st.sampled_from(["Europe/Berlin", "Asia/Tokyo"]),
                "end_at": st.just(datetime(2035, 1, 1, tzinfo=UTC)),
                "dst_gap": st.sampled_from(["skip", "shift"]),
                "catchup": st.sampled_from(["all", "none"]),
                "catchup_window": minutes,
                "start_deadline": minutes,
                "catchup_max": st.integers(1, 9),
                "auto_pause_after": st.integers(0, 9),
                "on_complete": st.sampled_from(["keep", "disable"]),
                "priority": st.integers(0, 9),
                "overlap": st.sampled_from(["skip", "allow_all"]),
            },
        )
    )
    return {"rules": [draw(st.sampled_from(RULES))], **some}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(wanted(), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_a_plan_of_an_export_has_no_changes(
    workflow: Workflow, several: list[dict[str, Any]], is_off: bool, is_owned: bool
) -> None:
    with transaction.atomic():
        for number, settings in enumerate(several):
            owner = {"managed_by": "ops"} if is_owned else {}
            made = services.create(
                workflow.organization, now=NOON, name=f"s{number}", workflow=workflow, **owner, **settings
            )
            if is_off:
                services.disable(made, by="ada", now=NOON)

        text = export(workflow.organization)
        read = document.read(text, otherwise="ops")
        planned = planning.plan(read, workflow.organization, author=Author("ops", NOON + timedelta(days=1)))
        transaction.set_rollback(True)

    assert not planned.changes, text
    assert not planned.conflicts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted())
def test_an_export_with_a_default_written_out_has_no_changes_either(
    workflow: Workflow, settings: dict[str, Any]
) -> None:
    with transaction.atomic():
        services.create(
            workflow.organization, now=NOON, name="a", workflow=workflow, managed_by="ops", **settings
        )
        text = export(workflow.organization).replace("    workflow: ", "    queue: default\n    workflow: ")
        planned = planning.plan(document.read(text), workflow.organization, author=Author("ops", NOON))
        transaction.set_rollback(True)

    assert not planned.changes, planned.schedules[0].differences


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted())
def test_an_export_that_is_applied_elsewhere_comes_back_as_it_was(
    workflow: Workflow, settings: dict[str, Any]
) -> None:
    with transaction.atomic():
        services.create(workflow.organization, now=NOON, name="a", workflow=workflow, **settings)
        other = Organization.objects.create(slug="globex", name="Globex")
        definition = {"steps": [{"id": "a", "kind": "set", "values": {}}]}
        workflows.create(other, name="report", definition=definition)

        text = export(workflow.organization)
        planning.apply(document.read(text, otherwise="ops"), other, author=Author("ops", NOON))
        again = export(other)
        transaction.set_rollback(True)

    assert again == text.replace("horarium: 1\n", "horarium: 1\nsource: ops\n")


def test_an_export_is_short_and_in_order(workflow: Workflow, apply: Run) -> None:
    apply(
        file_of(
            zulu={"enabled": False, "catchup_window": "90m", "timezone": "Europe/Berlin"},
            alpha={"calendars": ["free"], "input": {"n": 1}},
        )
        + FREE
    )

    assert export(workflow.organization) == (
        "horarium: 1\n"
        "source: ops\n"
        "calendars:\n"
        "  free:\n"
        "    entries:\n"
        "      - kind: weekly\n"
        "        days: [SAT, SUN]\n"
        "schedules:\n"
        "  alpha:\n"
        "    workflow: report\n"
        "    input:\n"
        "      n: 1\n"
        "    rules:\n"
        "      - kind: cron\n"
        "        expression: 30 9 * * *\n"
        "    calendars: [free]\n"
        "  zulu:\n"
        "    workflow: report\n"
        "    rules:\n"
        "      - kind: cron\n"
        "        expression: 30 9 * * *\n"
        "    timezone: Europe/Berlin\n"
        "    catchup_window: 1h30m\n"
        "    enabled: false\n"
    )


def test_an_export_has_the_schedules_that_are_asked_for_and_their_calendars(
    workflow: Workflow, apply: Run
) -> None:
    apply(file_of(a={"calendars": ["free"]}, b={}) + FREE)
    services.create(workflow.organization, now=NOON, name="c", workflow=workflow, rules=DAILY)

    assert "free" not in export(workflow.organization, names=["b"])
    assert "c:" not in export(workflow.organization, managed_by="ops")
    assert "source" not in export(workflow.organization)


def test_archived_schedules_and_those_of_others_are_not_exported(workflow: Workflow, apply: Run) -> None:
    other = Organization.objects.create(slug="globex", name="Globex")
    apply(file_of(a={}))
    apply("horarium: 1\nsource: ops", prune=True)

    assert export(workflow.organization) == "horarium: 1\n"
    assert export(other) == "horarium: 1\n"


def test_a_schedule_that_could_not_be_saved_any_more_is_exported_and_stays(
    workflow: Workflow, apply: Run, plan: Run
) -> None:
    apply(file_of(a={}))
    Schedule.objects.update(
        rules=[{"kind": "cron", "expression": "61 * * * *"}], state="error", next_due_at=None
    )

    assert not plan(export(workflow.organization)).changes


@pytest.mark.parametrize("options", [{"names": ["nothing"]}, {"managed_by": "nobody"}])
def test_a_name_that_nothing_has_is_an_error(workflow: Workflow, options: dict[str, Any]) -> None:
    with pytest.raises(NothingToExport, match="there is no schedule"):
        export(workflow.organization, **options)
