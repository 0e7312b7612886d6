"""Public holidays, and what their library costs those who do not use it."""

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from schedules.calendars import Calendar, calendar_from_list
from schedules.calendars.public_holidays import PublicHolidays

CHRISTMAS = "2026-12-25"


def on(day: str, **entry: object) -> str | None:
    calendar = calendar_from_list([{"kind": "holidays", "country": "DE", **entry}])
    noon = datetime.fromisoformat(f"{day}T12:00")
    return calendar.excludes(noon, noon.replace(tzinfo=UTC))


def run(code: str, **environment: str) -> str:
    """Return what a fresh interpreter prints."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, encoding="utf-8", env=environment
    ).stdout.strip()


def test_a_holiday_is_named_with_its_place() -> None:
    assert on(CHRISTMAS) == "Christmas Day (holidays DE)"
    assert on(CHRISTMAS, subdivision="BE") == "Christmas Day (holidays DE-BE)"
    assert on("2026-12-24") is None


def test_a_subdivision_has_holidays_of_its_own() -> None:
    assert on("2026-03-08") is None
    assert on("2026-03-08", subdivision="BE") == "Women's Day (holidays DE-BE)"
    assert on("2026-03-08", subdivision="Berlin") == "Women's Day (holidays DE-BE)"


def test_a_category_replaces_the_public_holidays() -> None:
    assert on("2026-08-08", country="DE", subdivision="Augsburg") is not None
    assert on("2026-12-24", country="GR", categories=["half_day"]) is not None
    assert on(CHRISTMAS, country="GR", categories=["half_day"]) is None


def test_holidays_that_move_with_the_weekend_count() -> None:
    assert on("2027-07-05", country="US") == "Independence Day (observed) (holidays US)"


def test_names_come_in_the_language_asked_for() -> None:
    assert on(CHRISTMAS, language="de") == "Erster Weihnachtstag (holidays DE)"


def test_names_do_not_depend_on_the_language_of_the_process() -> None:
    code = (
        "from datetime import date; from schedules.calendars import PublicHolidays;"
        "print(PublicHolidays('DE').on(date(2026, 12, 25)))"
    )

    assert run(code, LANGUAGE="uk", LANG="uk_UA.UTF-8") == "Christmas Day (holidays DE)"


def test_the_library_is_not_loaded_before_a_holiday_is_asked_for() -> None:
    code = (
        "import sys; from schedules.calendars import calendar_from_list;"
        "calendar_from_list([{'kind': 'weekly', 'days': ['SAT']}]);"
        "print(sorted({'holidays', 'django', 'celery'} & set(sys.modules)))"
    )

    assert run(code) == "[]"


@pytest.mark.parametrize("year", [1970, 2099, 2150, 2199])
def test_a_year_without_data_has_no_holidays_and_no_warning(year: int) -> None:
    india = PublicHolidays("IN")

    assert isinstance(india.touches(date(year, 1, 26)), bool)


def test_every_country_can_be_asked() -> None:
    import holidays

    for code in holidays.list_supported_countries(include_aliases=False):
        calendar = calendar_from_list([{"kind": "holidays", "country": code}])
        calendar.excludes(datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC))  # noqa: DTZ001 - wall clock
        assert calendar.entries == (PublicHolidays(code),)


def test_two_calendars_of_one_place_share_what_they_know() -> None:
    first, second = PublicHolidays("FR"), PublicHolidays("FR")

    assert first.on(date(2026, 7, 14)) is second.on(date(2026, 7, 14))
    assert Calendar((first,)) == Calendar((second,))
