"""The shape of the file."""

import pytest

from schedules.as_code import document
from schedules.as_code.errors import InvalidFile

HEAD = "horarium: 1\nsource: ops\n"


def test_a_mapping_by_name_and_a_list_with_names_say_the_same() -> None:
    by_name = document.read(f"{HEAD}schedules: {{a: {{priority: 1}}}}").schedules
    listed = document.read(f"{HEAD}schedules: [{{name: a, priority: 1}}]").schedules

    assert [(one.name, one.settings) for one in by_name] == [(one.name, one.settings) for one in listed]
    assert (by_name[0].path, listed[0].path) == ("schedules.a", "schedules[0]")


def test_the_source_is_the_files_then_the_callers_then_the_other() -> None:
    assert document.read(HEAD, otherwise="file").source == "ops"
    assert document.read("horarium: 1", source="team/a", otherwise="file").source == "team/a"
    assert document.read("horarium: 1", otherwise="file").source == "file"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("", "horarium", "begins with `horarium: 1`"),
        ("just text", "horarium", "begins with"),
        ("schedules: {}", "horarium", "begins with"),
        ("horarium: 2", "horarium", "begins with"),
        ("horarium: true", "horarium", "begins with"),
        ("horarium: '1'", "horarium", "begins with"),
        (f"{HEAD}schedule: {{}}", "schedule", "a file has horarium, source, calendars, schedules"),
        ("horarium: 1\nsource: 'no spaces'", "source", "letters, digits"),
        ("horarium: 1\nsource: 7", "source", "letters, digits"),
        ("horarium: 1\nsource:", "source", "letters, digits"),
        ("horarium: 1", "source", "letters, digits"),
        (f"{HEAD}schedules: text", "schedules", "a mapping from names to settings"),
        (f"{HEAD}schedules: {{a: [1]}}", "schedules.a", "a mapping of settings"),
        (f"{HEAD}schedules: {{a: }}", "schedules.a", "a mapping of settings"),
        (f"{HEAD}schedules: {{a: {{name: b}}}}", "schedules.a.name", "the name is the key"),
        (f"{HEAD}schedules: [{{name: a}}, {{name: a}}]", "schedules[1].name", "'a' stands there twice"),
        (f"{HEAD}schedules: [{{priority: 1}}]", "schedules[0]", "with a `name`"),
        (f"{HEAD}schedules: [text]", "schedules[0]", "with a `name`"),
        (f"{HEAD}schedules: {{a: {{enabled: 'no'}}}}", "schedules.a.enabled", "true or false"),
        (f"{HEAD}schedules: {{a: {{enabled: }}}}", "schedules.a.enabled", "true or false"),
        (f"{HEAD}calendars: [1]", "calendars[0]", "with a `name`"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(text: str, path: str, words: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        document.read(text)

    (problem,) = refusal.value.errors
    assert problem["path"] == path
    assert words in problem["message"]


def test_the_file_and_the_caller_may_not_name_two_sources() -> None:
    with pytest.raises(InvalidFile, match="the file says ops, and --source dev"):
        document.read(HEAD, source="dev")


def test_more_schedules_than_a_file_may_have_are_refused() -> None:
    many = ", ".join(f"a{number}: {{}}" for number in range(5_001))

    with pytest.raises(InvalidFile, match=r"schedules: 5,001 are too many"):
        document.read(f"{HEAD}schedules: {{{many}}}")


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InvalidFile) as refusal:
        document.read("horarium: 1\nsource: ops\nx: 1\nschedules: {a: 1, b: 2}\ncalendars: 3")

    assert [one["path"] for one in refusal.value.errors] == ["x", "calendars", "schedules.a", "schedules.b"]
