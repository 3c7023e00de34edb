"""Words of imports: every code has its sentence in both languages, with nothing left to fill in."""

import pytest

from app.core.i18n import Locale
from app.registrations.importing.wording import CAUSES, CHANGED, PROBLEMS, TOO_LATE, say_cause, say_code, say_too_late


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_cause_says_what_its_lines_have_in_common(locale: Locale) -> None:
    for code, words in PROBLEMS.items():
        assert ("%(" in words) <= (code in CAUSES), f"{code} needs words that hold for all its lines"
        assert "%" not in say_cause(code, locale)
    assert say_cause("unheard_of", locale) == say_code("unheard_of", {}, locale)


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_what_came_too_late_is_said_whatever_its_code(locale: Locale) -> None:
    said = {code: say_too_late(code, locale) for code in (*TOO_LATE, "unheard_of")}
    assert len(set(said.values())) == len(TOO_LATE) + 1
    assert (said["unheard_of"] == CHANGED) is (locale == "en")
