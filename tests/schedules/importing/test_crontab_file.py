"""What becomes of the lines of a crontab."""

from datetime import datetime, timedelta

import pytest

from organizations.models import Organization
from schedules.importing import crontab_file
from schedules.importing.crontab_lines import lines_of
from schedules.importing.entry import Entry
from schedules.importing.foresight import comparison_of
from schedules.importing.names import named
from schedules.importing.takeover import take_over
from tests.schedules.importing.conftest import AUTUMN, WINTER

CRONTAB = """\
# m h dom mon dow command
MAILTO = "ops@example.org"
PATH=/usr/local/bin:/usr/bin

30 2 * * *      /usr/local/bin/backup.sh --all
CRON_TZ=America/New_York
*/5 8-18 * * 1-5  cd /srv && ./poll
@weekly   report
"""


def read(text: str, *, with_user: bool = False, task: str = "shell.run") -> tuple[Entry, ...]:
    reading = crontab_file.read_text(text, zone="Europe/Berlin", with_user=with_user, task=task)
    return tuple(named(reading.entries))


def test_comments_and_blank_lines_run_nothing() -> None:
    assert [line.number for line in lines_of(CRONTAB, with_user=False)] == [5, 7, 8]


def test_a_line_becomes_a_rule_and_a_call_with_the_command() -> None:
    backup, *_ = read(CRONTAB)

    assert backup.slug == "backup"
    assert str(backup.call) == "shell.run(command='/usr/local/bin/backup.sh --all')"
    assert backup.settings["rules"] == [{"kind": "cron", "expression": "30 2 * * *"}]


def test_cron_tz_holds_for_the_lines_below_it() -> None:
    assert [entry.settings["timezone"] for entry in read(CRONTAB)] == [
        "Europe/Berlin",
        "America/New_York",
        "America/New_York",
    ]


def test_a_macro_stays_as_it_is_written() -> None:
    *_, report = read(CRONTAB)

    assert report.settings["rules"][0]["expression"] == "@weekly"


def test_variables_are_noted_by_name() -> None:
    backup, *_ = read(CRONTAB)

    assert any("MAILTO, PATH" in note for note in backup.notes)


def test_tz_is_no_zone_of_the_times() -> None:
    (entry,) = read("TZ=Asia/Tokyo\n0 5 * * * x")

    assert entry.settings["timezone"] == "Europe/Berlin"
    assert any(note.startswith("TZ was for the command") for note in entry.notes)


def test_a_system_crontab_has_a_user_column() -> None:
    (entry,) = read("17 * * * * root cd / && run-parts /etc/cron.hourly", with_user=True)

    assert str(entry.call) == "shell.run(command='cd / && run-parts /etc/cron.hourly')"
    assert "ran as root; here it runs as the worker does" in entry.notes


def test_a_percent_ends_the_command() -> None:
    (entry,) = read(r"0 5 * * * mail -s 100\% me%Hello%there")

    assert str(entry.call) == "shell.run(command='mail -s 100% me')"
    assert any("standard input" in note for note in entry.notes)


def test_lines_that_share_a_program_have_names_of_their_own() -> None:
    entries = read("0 1 * * * LANG=C /bin/sync a\n0 2 * * * /bin/sync b")

    assert [entry.slug for entry in entries] == ["sync", "sync-2"]


def test_the_same_line_of_another_crontab_is_another_entry() -> None:
    (here,) = read("0 5 * * * x")
    (there,) = crontab_file.read_text("0 5 * * * x", zone="UTC", task="t.t", origin="web2-crontab").entries

    assert here.source != there.source


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("@reboot x", "with a call of the API"),
        ("@noon x", "write one of @yearly"),
        ("0 5 * * *", "then the command"),
        ("61 5 * * * x", "write 0 to 59"),
        ("0~30 5 * * * x", "write H"),
        ("CRON_TZ=Mars/Olympus\n0 5 * * * x", "Europe/Berlin"),
    ],
)
def test_a_line_that_cannot_be_imported_names_the_remedy(line: str, remedy: str) -> None:
    (entry,) = read(line)

    assert remedy in entry.refusal


def test_a_command_without_a_task_to_run_it_is_refused() -> None:
    (entry,) = read("0 5 * * * x", task="")

    assert "--task" in entry.refusal


@pytest.mark.parametrize("when", ["30 2 * * *", "*/5 * * * *", "0 9 1,15 * mon", "0 9 */2 * mon", "@hourly"])
@pytest.mark.parametrize("season", [AUTUMN, WINTER])
def test_a_line_fires_as_cron_ran_it(when: str, season: datetime, organization: Organization) -> None:
    (entry,) = read(f"{when} x")
    outcome = take_over(entry, organization, now=season, keep=False, disable_old=False)

    comparison = comparison_of(outcome, now=season, ahead=timedelta(days=90))

    assert comparison is not None
    assert comparison.differences == ()
