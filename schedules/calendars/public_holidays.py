"""Entries of the public holidays of a country or one of its parts, by the `holidays` library.

The library and its data take some 18 MB and a tenth of a second. It is loaded
when the first such entry is read or asked, so that those who have none pay nothing.
"""

import warnings
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from schedules.calendars import written
from schedules.calendars.entry import WholeDays
from schedules.calendars.errors import InvalidCalendar

ENGLISH = "en_US"
CACHED_YEARS = 512  # of all entries in a process; a year takes some 4 kB


@dataclass(frozen=True)
class PublicHolidays(WholeDays):
    """Excludes the holidays of a country.

    Attributes:
        country: ISO 3166-1 alpha-2 code.
        subdivision: the library's code of a part of the country; "" for what holds everywhere.
        categories: the library's; none means public holidays.
        language: of the names; "" for English where the library has it.
    """

    country: str
    subdivision: str = ""
    categories: tuple[str, ...] = ()
    language: str = ""

    def on(self, day: date) -> str | None:
        return _reasons(self, day.year).get(day.toordinal())

    def describe(self) -> str:
        categories = ", ".join(self.categories) or "public"
        return f"{categories} holidays of {_place(self)}"


@dataclass(frozen=True, slots=True)
class Country:
    """What the library knows about a country; `aliases` leads to codes of subdivisions."""

    subdivisions: tuple[str, ...]
    aliases: dict[str, str]
    categories: tuple[str, ...]
    languages: tuple[str, ...]
    own_language: str | None


def from_dict(data: dict[str, Any], *, path: str) -> PublicHolidays:
    """Read `{"country": str, "subdivision": str, "categories": [str], "language": str}`; all but one optional."""
    written.only(data, "kind", "country", "subdivision", "categories", "language", path=path)
    code = _known_country(data.get("country"), f"{path}.country")
    country = _country(code)
    return PublicHolidays(
        country=code,
        subdivision=_subdivision(data.get("subdivision"), f"{path}.subdivision", country=country),
        categories=_categories(data.get("categories"), f"{path}.categories", country=country),
        language=_language(data.get("language"), f"{path}.language", country=country),
    )


def to_dict(entry: PublicHolidays) -> dict[str, Any]:
    optional = {
        "subdivision": entry.subdivision,
        "categories": list(entry.categories),
        "language": entry.language,
    }
    return {"country": entry.country, **{key: value for key, value in optional.items() if value}}


@lru_cache(maxsize=CACHED_YEARS)
def _reasons(entry: PublicHolidays, year: int) -> dict[int, str]:
    """Return why the days of a year are excluded, by their ordinal."""
    import holidays

    language = entry.language or _usual_language(entry.country)
    # For some countries the library warns, on every call, of years without movable feasts.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        days = holidays.country_holidays(
            entry.country,
            subdiv=entry.subdivision or None,
            categories=entry.categories or None,
            language=language,
            years=year,
            expand=False,
        )
    return {
        day.toordinal(): f"{name} (holidays {_place(entry)})"
        for day, name in days.items()
        if day.year == year
    }


@lru_cache(maxsize=32)
def _country(code: str) -> Country:
    import holidays

    known = holidays.country_holidays(code, language=ENGLISH)
    return Country(
        subdivisions=known.subdivisions,
        aliases=known.subdivisions_aliases,
        categories=known.supported_categories,
        languages=known.supported_languages,
        own_language=known.default_language,
    )


def _usual_language(code: str) -> str | None:
    """Return a language by name, since without one the library takes that of the process's environment."""
    country = _country(code)
    return ENGLISH if ENGLISH in country.languages else country.own_language


def _place(entry: PublicHolidays) -> str:
    return f"{entry.country}-{entry.subdivision}" if entry.subdivision else entry.country


def _known_country(value: object, path: str) -> str:
    import holidays

    if value is None:
        raise InvalidCalendar(path, "missing; write a two-letter ISO 3166 code, such as 'DE'")
    if isinstance(value, str) and value in holidays.list_supported_countries(include_aliases=False):
        return value
    close = f"; did you mean {close}?" if (close := _close_countries(value)) else ""
    raise InvalidCalendar(
        path,
        f"{written.shown(value)} is no country with known holidays{close} "
        "Write its two-letter ISO 3166 code, such as 'DE'",
    )


def _close_countries(value: object) -> str:
    """Return countries with a code or name like `value`, as `DE (Germany), DK (Denmark)`."""
    from holidays.registry import COUNTRIES

    names = {codes[1]: name.replace("_", " ").title() for name, codes in COUNTRIES.items()}
    words = {name.lower(): code for code, name in names.items()}
    words |= {code.lower(): codes[1] for codes in COUNTRIES.values() for code in codes}
    found = [words[word] for word in _close_words(str(value)[: written.SHOWN].lower(), words)]
    return ", ".join(f"{code} ({names[code]})" for code in dict.fromkeys(found))


def _close_words(text: str, words: Collection[str]) -> list[str]:
    """Return words spelt like `text`; of two letters the first must do."""
    if text in words:
        return [text]
    if len(text) == 2:
        return sorted(word for word in words if len(word) == 2 and word[0] == text[0])
    return get_close_matches(text, words, n=4)


def _subdivision(value: object, path: str, *, country: Country) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and (code := country.aliases.get(value, value)) in country.subdivisions:
        return code
    if not country.subdivisions:
        raise InvalidCalendar(path, "this country has one list of holidays; leave the subdivision out")
    right = ", ".join(country.subdivisions)
    raise InvalidCalendar(path, f"{written.shown(value)} is no part of this country; write one of {right}")


def _categories(value: object, path: str, *, country: Country) -> tuple[str, ...]:
    if value is None:
        return ()
    names = written.items(value, path=path, most=len(country.categories))
    for index, name in enumerate(names):
        if name not in country.categories:
            right = ", ".join(country.categories)
            raise InvalidCalendar(
                f"{path}[{index}]", f"{written.shown(name)} is not known here; write one of {right}"
            )
    return tuple(dict.fromkeys(names))


def _language(value: object, path: str, *, country: Country) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value in country.languages:
        return value
    if not country.languages:
        raise InvalidCalendar(path, "the names of these holidays are known in one language; leave it out")
    right = ", ".join(country.languages)
    raise InvalidCalendar(path, f"{written.shown(value)} is not known here; write one of {right}")
