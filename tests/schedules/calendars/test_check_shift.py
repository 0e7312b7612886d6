"""Which rules are too dense for their times to move."""

from datetime import UTC, datetime, timedelta
from itertools import chain, count

import pytest

from schedules.calendars import InvalidCalendar, check_shift
from schedules.recurrence import fires, parse_cron

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["* * * * *", "0 0 29 2 *", "* 9-17 * * MON", "0 */2 * * * *"])
def test_a_fire_a_minute_is_not_too_dense(expression: str) -> None:
    check_shift(fires(parse_cron(expression), zone="Europe/Berlin", after=NEW_YEAR))


@pytest.mark.parametrize("expression", ["*/59 * * * * *", "0,30 * * * * MON", "* * 9 1 1 *"])
def test_a_denser_rule_is_refused(expression: str) -> None:
    with pytest.raises(
        InvalidCalendar, match=r"^on_excluded: only 'drop' .* more than 1440 times a day; write"
    ):
        check_shift(fires(parse_cron(expression), zone="Europe/Berlin", after=NEW_YEAR))


def test_a_rule_that_becomes_dense_is_refused() -> None:
    daily = (NEW_YEAR + timedelta(days=n) for n in range(1000))
    dense = (NEW_YEAR + timedelta(days=1000, seconds=n) for n in count())

    with pytest.raises(InvalidCalendar):
        check_shift(chain(daily, dense))
