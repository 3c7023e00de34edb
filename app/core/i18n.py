"""Languages: French first, English complete. Catalogues of app/translations, usable with and without a request."""

import re
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Locale = Literal["fr", "en"]

LOCALES: tuple[Literal["fr", "en"], ...] = ("fr", "en")
TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"


def N_(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is said."""
    return message


def as_locale(text: str | None) -> Locale:
    """The language meant by a tag such as en-GB; French when it is none of ours."""
    return "en" if (text or "").lower().startswith("en") else "fr"


def compile_catalogues() -> None:
    """Compile each .po that is newer than its .mo; an unwritable folder keeps what is there."""
    for po in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        with po.open("rb") as source:
            catalogue = read_po(source, locale=po.parent.parent.name)
        draft = mo.with_suffix(f".mo.{id(catalogue)}")
        with draft.open("wb") as target:
            write_mo(target, catalogue)
        draft.replace(mo)


@cache
def catalogue(locale: Locale) -> NullTranslations:
    """The messages of one language."""
    return Translations.load(str(TRANSLATIONS), [locale], "messages")


def translate(locale: Locale, message: str, /, **values: object) -> str:
    """`message` (English) in `locale`, with %(name)s filled in."""
    text = catalogue(locale).ugettext(message)
    return text % values if values else text


def translate_plural(locale: Locale, one: str, many: str, number: int, /, **values: object) -> str:
    """The singular or plural of `locale` for `number`, which is also filled in as %(num)s."""
    return catalogue(locale).ungettext(one, many, number) % {"num": number, **values}


def format_date_by(day: date, pattern: str, locale: Locale) -> str:
    """A day by a pattern of Babel (d MMMM y): 4 février 2027; in French the first of a month is always « 1er »."""
    text: str = format_date(day, pattern, locale=locale)
    return re.sub(r"\b1\b", "1er", text, count=1) if locale == "fr" and day.day == 1 else text


def format_hour(moment: datetime, timezone: str, locale: Locale) -> str:
    """9 h 40 in French, 9:40 am in English; with no-break spaces, so that an hour is never split."""
    local = moment.astimezone(ZoneInfo(timezone))
    if locale == "fr":
        return f"{local.hour}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{local.minute:02d}"
    return f"{local.hour % 12 or 12}:{local.minute:02d}\N{NO-BREAK SPACE}{'am' if local.hour < 12 else 'pm'}"


def format_day(moment: datetime, timezone: str, locale: Locale, *, year: bool = False) -> str:
    """jeudi 4 février (2027); Thursday 4 February (2027)."""
    pattern = "EEEE d MMMM y" if year else "EEEE d MMMM"
    return format_date_by(moment.astimezone(ZoneInfo(timezone)).date(), pattern, locale)


@lru_cache(maxsize=512)  # a long list says the few days of its event thousands of times
def format_short_day(moment: datetime, timezone: str, locale: Locale) -> str:
    """jeu. 4; Thu 4."""
    return format_date_by(moment.astimezone(ZoneInfo(timezone)).date(), "EEE d", locale)


def format_span(starts_at: datetime, ends_at: datetime, timezone: str, locale: Locale) -> str:
    """The days of an event: « 4 et 5 février 2027 », « 30 septembre au 2 octobre 2027 », one day with its weekday."""
    zone = ZoneInfo(timezone)
    first, last = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    if first == last:
        return format_day(starts_at, timezone, locale, year=True)
    joiner = {"fr": ("et", "au"), "en": ("and", "to")}[locale][0 if (last - first).days == 1 else 1]
    head = "d" if (first.month, first.year) == (last.month, last.year) else "d MMMM"
    if first.year != last.year:
        head = "d MMMM y"
    return f"{format_date_by(first, head, locale)} {joiner} {format_date_by(last, 'd MMMM y', locale)}"
