"""The subcommands, from end to end."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

import clock
from organizations.models import Organization
from schedules import services
from schedules.models import Schedule
from tests.schedules.as_code.conftest import NIGHTLY, file_of


def run(*arguments: str) -> tuple[int, str]:
    """Return the exit code of `manage.py horarium`, and what it printed."""
    stdout = StringIO()
    try:
        call_command("horarium", *arguments, stdout=stdout)
    except SystemExit as ended:
        return int(ended.code or 0), stdout.getvalue()
    return 0, stdout.getvalue()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nightlies.yaml"
    path.write_text(NIGHTLY)
    return path


def test_plan_apply_plan(file: Path) -> None:
    code, printed = run("plan", str(file))
    fingerprint = printed.split("Fingerprint ")[1].strip()
    assert code == 2
    assert "schedule nightly: create" in printed
    assert "1 to create" in printed

    code, printed = run("apply", str(file), "--plan", fingerprint, "--reason", "first")
    assert code == 0
    assert "1 created" in printed

    code, printed = run("plan", str(file))
    assert (code, "No changes: 1 unchanged" in printed) == (0, True)


def test_a_plan_tells_a_person_what_changes_and_when_it_fires(file: Path) -> None:
    run("apply", str(file))
    services.change(Schedule.objects.get(), now=clock.now(), by="ada", priority=9)
    file.write_text(NIGHTLY.replace("30 2", "30 3"))

    _, printed = run("plan", str(file))

    assert '"expression": "30 3 * * *"' in printed
    assert "priority: 9 → 5  (drift: set by ada in version 2)" in printed
    assert "next: " in printed
    assert "fires removed until" in printed
    assert "and 27 more" in printed


def test_the_output_says_that_a_pause_stays(file: Path) -> None:
    run("apply", str(file))
    services.pause(Schedule.objects.get(), by="ada", now=clock.now(), reason="incident")

    _, printed = run("apply", str(file))

    assert "stays paused, by ada: incident" in printed


def test_the_source_is_the_name_of_the_file_where_nobody_says_it(file: Path) -> None:
    file.write_text(NIGHTLY.replace("source: ops\n", ""))

    run("apply", str(file))

    assert Schedule.objects.get().managed_by == "nightlies"


def test_a_conflict_ends_a_plan_with_1(file: Path) -> None:
    run("apply", str(file))
    file.write_text(NIGHTLY.replace("source: ops", "source: dev").replace("30 2", "30 3"))

    code, printed = run("plan", str(file))

    assert code == 1
    assert "schedule nightly: conflict" in printed
    with pytest.raises(CommandError, match="--adopt"):
        run("apply", str(file))
    assert run("apply", str(file), "--adopt")[0] == 0


def test_orphans_are_reported_and_pruned(file: Path) -> None:
    run("apply", str(file))
    file.write_text(file_of(other={}))

    _, printed = run("plan", str(file))
    assert "schedule nightly: orphan" in printed
    assert "--prune" in printed

    run("apply", str(file), "--prune")
    assert Schedule.objects.get(name="nightly").state == "archived"


def test_json_is_for_programs(file: Path) -> None:
    run("apply", str(file))
    file.write_text(NIGHTLY.replace("30 2", "30 3"))

    code, printed = run("plan", str(file), "--json")

    told = json.loads(printed)
    (step,) = told["schedules"]
    assert (code, told["changes"], told["source"]) == (2, True, "ops")
    assert (step["action"], step["path"], step["state"]) == ("change", "schedules.nightly", "active")
    assert [one["field"] for one in step["differences"]] == ["rules"]
    assert len(step["next_fires"]) == 3
    assert step["fires"]["removed"]


def test_a_wrong_file_ends_with_its_problems(file: Path) -> None:
    file.write_text(NIGHTLY.replace("30 2", "99 2"))

    with pytest.raises(CommandError, match=r"schedules\.nightly\.rules\[0\]\.expression: "):
        run("plan", str(file))

    code, printed = run("apply", str(file), "--json")
    assert code == 1
    assert json.loads(printed)["problems"][0]["path"] == "schedules.nightly.rules[0].expression"


def test_an_export_can_be_planned(file: Path) -> None:
    run("apply", str(file))

    _, printed = run("export", "--managed-by", "ops")
    file.write_text(printed)

    assert run("plan", str(file))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "/no/such/file"), "cannot read /no/such/file"),
        (("apply", "FILE", "--source", "dev"), "the file says ops"),
        (("apply", "FILE", "--organization", "nobody"), "--organization"),
        (("apply", "FILE", "--plan", "0123"), "plan again"),
        (("export", "nothing"), "no schedule called nothing"),
        (("export", "--managed-by", "nobody"), "no schedule owned by nobody"),
    ],
)
def test_what_does_not_fit_is_refused(file: Path, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(*(str(file) if part == "FILE" else part for part in arguments))

    assert not Schedule.objects.exists()


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"horarium: \xff")

    with pytest.raises(CommandError, match="not UTF-8 at byte 10"):
        run("plan", str(file))


def test_with_several_organizations_one_must_be_named(file: Path) -> None:
    Organization.objects.create(slug="globex", name="Globex")

    with pytest.raises(CommandError, match="--organization SLUG"):
        run("plan", str(file))

    assert run("plan", str(file), "--organization", "acme")[0] == 2
