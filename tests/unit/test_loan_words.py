"""Whatever happens to a loan has words in the history."""

from app.loans.happenings import Happening
from app.web.manage.history_words import VERBS


def test_every_happening_has_words() -> None:
    assert {f"loan.{what}" for what in Happening} <= set(VERBS)
