"""The subcommand `import`, from end to end."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from organizations.models import Organization
from schedules import services
from schedules.models import Schedule
from schedules.states import ScheduleState
from tests.schedules.importing.conftest import AUTUMN, MakeRow, RunImport
from workflows.models import Workflow


def test_a_dry_run_changes_nothing(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("30 2 * * *")

    code, printed = run_import()

    assert (code, Schedule.objects.count(), Workflow.objects.count()) == (0, 0, 0)
    assert "report  (periodic task" in printed
    assert "nothing was changed" in printed


def test_a_dry_run_lists_the_first_differences_and_counts_the_rest(
    crontab_row: MakeRow, run_import: RunImport
) -> None:
    crontab_row("* * * * *")

    _, printed = run_import()

    assert ": 60, beside 129,540 that are the same" in printed
    assert "Sun 2026-10-25 02:19:00 CET  only new: the clock shows this hour twice" in printed
    assert "02:20:00" not in printed
    assert "and 40 more; --all lists them" in printed


def test_all_lists_every_difference(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("* * * * *")

    _, printed = run_import(all=True)

    assert printed.count("only new") == 60


def test_json_is_for_programs(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("*/30 * * * *")

    _, printed = run_import(json=True)

    (entry,) = json.loads(printed)["entries"]
    assert entry["fate"] == "ready"
    assert [found["at"] for found in entry["differences"]] == [
        "2026-10-25T02:00:00+01:00",
        "2026-10-25T02:30:00+01:00",
    ]


def test_apply_imports_and_leaves_the_old_row_on(crontab_row: MakeRow, run_import: RunImport) -> None:
    row = crontab_row("30 2 * * *")

    code, printed = run_import(apply=True)

    row.refresh_from_db()
    assert (code, row.enabled) == (0, True)
    assert Schedule.objects.get().name == "report"
    assert "The old rows still fire" in printed


def test_the_old_row_is_switched_off_where_django_celery_beat_notices(
    crontab_row: MakeRow, run_import: RunImport
) -> None:
    row = crontab_row("30 2 * * *")
    noticed = PeriodicTasks.last_change()

    run_import(apply=True, disable_old=True)

    row.refresh_from_db()
    assert not row.enabled
    assert PeriodicTasks.last_change() > noticed


def test_a_run_that_beat_has_taken_does_not_fire_again(crontab_row: MakeRow, run_import: RunImport) -> None:
    row = crontab_row("0 12 * * *", zone="UTC")
    taken_at = AUTUMN + timedelta(days=1)
    PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=taken_at)

    run_import(apply=True, disable_old=True, now=taken_at - timedelta(seconds=1))

    assert Schedule.objects.get().next_fire_at == taken_at + timedelta(days=1)


def test_a_second_import_changes_nothing(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("30 2 * * *")
    run_import(apply=True)
    before = Schedule.objects.values().get()

    code, printed = run_import(apply=True)

    assert (code, Schedule.objects.values().get()) == (0, before)
    assert "already imported" in printed


def test_the_old_row_can_be_switched_off_by_a_later_import(
    crontab_row: MakeRow, run_import: RunImport
) -> None:
    row = crontab_row("30 2 * * *")
    run_import(apply=True)

    run_import(apply=True, disable_old=True)

    row.refresh_from_db()
    assert not row.enabled


def test_the_old_row_stays_on_while_its_schedule_is_paused(
    crontab_row: MakeRow, run_import: RunImport
) -> None:
    row = crontab_row("30 2 * * *")
    run_import(apply=True)
    services.pause(Schedule.objects.get(), by="ada", now=AUTUMN)

    _, printed = run_import(apply=True, disable_old=True)

    row.refresh_from_db()
    assert row.enabled
    assert "left on: its schedule is paused" in printed
    assert Schedule.objects.get().state == ScheduleState.PAUSED


def test_one_refusal_does_not_stop_the_others(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("30 2 * * *", name="bad", args="[")
    crontab_row("30 2 * * *", name="good")

    code, printed = run_import(apply=True, disable_old=True)

    assert code == 1
    assert [schedule.name for schedule in Schedule.objects.all()] == ["good"]
    assert PeriodicTask.objects.get(name="bad").enabled
    assert "1 imported, 1 refused" in printed


def test_a_name_that_is_taken_is_refused_until_a_prefix_is_given(
    crontab_row: MakeRow, run_import: RunImport, make_workflow: object
) -> None:
    make_workflow(name="report")  # type: ignore[operator]
    crontab_row("30 2 * * *")

    code, printed = run_import(apply=True)
    assert code == 1
    assert "--prefix" in printed

    run_import(apply=True, prefix="old-")
    assert Schedule.objects.get().name == "old-report"


def test_only_takes_the_entries_that_are_named(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("30 2 * * *", name="One report")
    crontab_row("30 2 * * *", name="Another")

    run_import(apply=True, only=["one-report"])

    assert [schedule.name for schedule in Schedule.objects.all()] == ["one-report"]


def test_a_name_that_nothing_has_is_an_error(crontab_row: MakeRow, run_import: RunImport) -> None:
    crontab_row("30 2 * * *")

    with pytest.raises(CommandError, match="no entry is called nothing"):
        run_import(only=["nothing"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"days": 0}, "1 to 400"),
        ({"disable_old": True}, "goes with --apply"),
        ({"organization": "nobody"}, "--organization"),
        ({"source": "crontab", "file": "/no/such/file"}, "cannot read /no/such/file"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    run_import: RunImport, options: dict[str, object], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run_import(**{"zone": "UTC", "system": False, "task": None, **options})


def test_a_crontab_is_imported_and_switched_off_by_hand(organization: Organization, tmp_path: Path) -> None:
    crontab = tmp_path / "crontab"
    crontab.write_text("30 2 * * * backup --all\n")
    stdout = StringIO()

    call_command(
        "horarium",
        *("import", "crontab", str(crontab), "--zone", "Europe/Berlin", "--task", "shell.run", "--apply"),
        stdout=stdout,
    )

    assert Schedule.objects.get().name == "backup"
    assert "crontab -e" in stdout.getvalue()


def test_the_exit_code_tells_of_a_refusal(organization: Organization, tmp_path: Path) -> None:
    crontab = tmp_path / "crontab"
    crontab.write_text("@reboot backup\n")

    with pytest.raises(SystemExit) as ended:
        call_command("horarium", "import", "crontab", str(crontab), "--apply", stdout=StringIO())

    assert ended.value.code == 1


def test_the_settings_of_this_project_hold_only_the_platforms_own(run_import: RunImport) -> None:
    code, printed = run_import("beat-schedule", apply=True)

    assert code == 0
    assert "left out: horarium: wake queues (executions.sweep.wake)" in printed
    assert "nothing to import" in printed
