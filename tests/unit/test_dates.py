"""Days as people read them, and French words that are the same everywhere."""

import re
from datetime import UTC, date, datetime

import pytest
from babel.messages.pofile import read_po

from app.core.i18n import TRANSLATIONS, Locale, catalogue, format_date_by, format_day, format_short_day, format_span

FIRST = datetime(2026, 12, 1, 9, tzinfo=UTC)
LAST = datetime(2026, 12, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "first", "other"),
    [
        (
            "fr",
            ["mardi 1er décembre 2026", "mardi 1er décembre", "mar. 1er", "1er au 3 décembre 2026"],
            "jeudi 3 décembre",
        ),
        (
            "en",
            ["Tuesday 1 December 2026", "Tuesday 1 December", "Tue 1", "1 to 3 December 2026"],
            "Thursday 3 December",
        ),
    ],
)
def test_the_first_of_a_month_is_said_as_such_in_french(locale: Locale, first: list[str], other: str) -> None:
    said = [
        format_day(FIRST, "UTC", locale, year=True), format_day(FIRST, "UTC", locale),
        format_short_day(FIRST, "UTC", locale), format_span(FIRST, LAST, "UTC", locale),
    ]  # fmt: skip
    assert said == first
    assert format_day(LAST, "UTC", locale) == other


@pytest.mark.parametrize(
    ("day", "pattern", "words"),
    [
        (date(2026, 12, 1), "EEEE d MMMM", "mardi 1er décembre"),
        (date(2026, 12, 1), "d", "1er"),
        (date(2026, 12, 1), "MMMM y", "décembre 2026"),
        (date(2026, 12, 1), "dd/MM/yyyy", "01/12/2026"),
        (date(2026, 12, 11), "d MMMM y", "11 décembre 2026"),
        (date(2026, 12, 21), "EEE d", "lun. 21"),
    ],
)
def test_only_a_day_that_is_written_as_1_changes(day: date, pattern: str, words: str) -> None:
    assert format_date_by(day, pattern, "fr") == words


def test_no_page_writes_days_without_it() -> None:
    """Everything of app/web goes through `date_by`; a month's name and a narrow weekday have no day in them."""
    app = TRANSLATIONS.parent
    found = {
        str(path.relative_to(app))
        for path in app.rglob("*.py")
        if re.search(r'\bformat_date\([^)\n]*"[^"]*\bd\b', path.read_text("utf-8"))
    }
    assert found == set()


def test_french_has_one_word_for_mail() -> None:
    with (TRANSLATIONS / "fr/LC_MESSAGES/messages.po").open("rb") as source:
        texts = [m.string if isinstance(m.string, str) else " ".join(m.string or ()) for m in read_po(source) if m.id]
    assert [text for text in texts if re.search("courriel|adresse électronique|e-mail", text, re.IGNORECASE)] == []


def test_the_badge_of_those_who_came_holds_for_one_and_for_many() -> None:
    assert catalogue("fr").upgettext("arrival", "Came") == "Oui"
