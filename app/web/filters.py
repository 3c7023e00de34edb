"""Filters of the templates: hours, days, numbers and telephones as people write them."""

import re
from datetime import date, datetime, timedelta

import phonenumbers
from babel.numbers import format_decimal
from flask import Flask

from app.core.i18n import format_date_by, format_day, format_hour, format_short_day, format_span
from app.core.text import shown_phone
from app.core.urls import settings
from app.web.i18n import current_locale

NO_BREAK = "\N{NO-BREAK SPACE}"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        hour=hour,
        day=day,
        date_by=date_by,
        until=until,
        short_day=short_day,
        span=span,
        number=number,
        file_size=file_size,
        phone=shown_phone,
        phone_link=phone_link,
        unbroken=unbroken,
    )


def unbroken(text: str) -> str:
    """A title as somebody typed it, whose French signs (: ; ? ! « ») stay on the line of the word beside them."""
    return re.sub("(?<=«) | (?=[:;?!»])", NO_BREAK, text)


def hour(moment: datetime, timezone: str | None = None) -> str:
    """`{{ wave.starts_at|hour(event.timezone) }}`: 9 h 40, 9:40 am. Without a zone, the installation's."""
    return format_hour(moment, timezone or settings().default_timezone, current_locale())


def day(moment: datetime, timezone: str | None = None, year: bool = False) -> str:
    """jeudi 4 février, Thursday 4 February; with `year=true`, 2027 after it."""
    return format_day(moment, timezone or settings().default_timezone, current_locale(), year=year)


def date_by(day: date, pattern: str) -> str:
    """A day by a pattern of Babel: 4 février 2027, 1er février 2027."""
    return format_date_by(day, pattern, current_locale())


def until(ends_at: datetime, timezone: str | None = None) -> str:
    """The last day of what ends at that instant: jeudi 4 février 2027 for midnight of the 5th."""
    return day(ends_at - timedelta(seconds=1), timezone, year=True)


def short_day(moment: datetime, timezone: str | None = None) -> str:
    """jeu. 4, Thu 4."""
    return format_short_day(moment, timezone or settings().default_timezone, current_locale())


def span(starts_at: datetime, ends_at: datetime, timezone: str | None = None) -> str:
    """`{{ event.starts_at|span(event.ends_at, event.timezone) }}`: 4 et 5 février 2027."""
    return format_span(starts_at, ends_at, timezone or settings().default_timezone, current_locale())


def number(value: float, digits: int = 0) -> str:
    """1 240 with a thin no-break space in French, 1,240 in English; `digits` after the decimal sign at most."""
    if type(value) is int and 0 <= value < 1000:
        return str(value)  # as every language here writes it; tables have thousands of them
    text: str = format_decimal(round(value, digits), locale=current_locale())
    return text


def file_size(size: int) -> str:
    """1,2 Mo, 340 ko; 1.2 MB, 340 KB. Never 0."""
    mega, kilo = {"fr": ("Mo", "ko"), "en": ("MB", "KB")}[current_locale()]
    if size >= 1_000_000:
        return f"{number(size / 1_000_000, 1)}{NO_BREAK}{mega}"
    return f"{number(max(1, size / 1000))}{NO_BREAK}{kilo}"


def phone_link(text: str) -> str:
    """tel:+33639984410 (RFC 3966)."""
    found = _parse(text)
    if found is None or not phonenumbers.is_possible_number(found):  # short numbers, such as 3949
        return "tel:" + "".join(c for c in text if c in "+0123456789")
    return f"tel:{phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)}"


def _parse(text: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, "FR")
    except phonenumbers.NumberParseException:
        return None
