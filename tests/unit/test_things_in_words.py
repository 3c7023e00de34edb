"""Equipment is never called a box or a game: its words are complete, in both languages, and all of them are used."""

import re
from pathlib import Path

from app.core.i18n import translate
from app.loans.things import THING_WORDS

ROOT = Path(__file__).resolve().parents[2]
OF_BOXES = {"en": r"\b(box(es)?|games?|play(ers|ed)?)\b", "fr": r"\b(boîtes?|jeux?|jou(er|ez|eurs?))\b"}
CALLS = r"""(?:\bsaid\(|_of\(loan, locale, |_said\(loan, |lent_text\(|lent_words\(locale, )(["'])(.+?)\1"""


def test_no_words_of_equipment_speak_of_boxes() -> None:
    for words in THING_WORDS.values():
        for locale, pattern in OF_BOXES.items():
            said = translate("fr" if locale == "fr" else "en", words)
            assert not re.search(pattern, said, re.IGNORECASE), said
            assert set(re.findall(r"%\((\w+)\)s", said)) == set(re.findall(r"%\((\w+)\)s", words))


def test_whatever_is_said_of_boxes_has_words_for_equipment_and_none_stand_idle() -> None:
    paths = [
        *(ROOT / "app/loans").glob("*.py"),
        *(ROOT / "app/web/public").glob("*.py"),
        ROOT / "templates/my/loans/_loan.html",
    ]
    texts = [path.read_text() for path in paths if path.name != "things.py"]
    asked = {found[1] for text in texts for found in re.findall(CALLS, text)}
    assert len(asked) > 20
    assert asked <= set(THING_WORDS)
    assert [key for key in THING_WORDS if not any(key in text for text in texts)] == []
