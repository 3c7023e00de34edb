"""The words of the scanning app: in both languages, and all that its scripts ask for."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from app.web.door.app_words import app_words
from app.web.door.words import Words, door_words

SCRIPTS = Path(__file__).parents[3] / "app/static/js/door/app"
SCREENS = ("enrol", "kiosk", "main", "scanning", "settings", "views", "walkin")
ASKED = re.compile(r"\bwords\.([a-z]+(?:_[a-z]+)*)\b(?!\()")
NAMED = {"focus", "people", "school", "select", "js"}  # what stands after « words. » and is no word


def words_in(app: Flask, locale: str) -> Words:
    with app.test_request_context(), force_locale(locale):
        return app_words()


@pytest.mark.parametrize("script", SCREENS)
def test_scripts_find_the_words_that_they_ask_for(sqlite_app: Flask, script: str) -> None:
    known = {**words_in(sqlite_app, "en"), **door_words(True)}
    asked = set(ASKED.findall((SCRIPTS / f"{script}.js").read_text())) - NAMED
    assert asked
    assert asked <= set(known)


def test_no_word_of_the_app_hides_one_of_the_door(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context():
        assert not set(app_words()) & set(door_words(True))


def test_values_are_the_same_in_both_languages(sqlite_app: Flask) -> None:
    """Each {value} of the English is in the French, in each form."""
    english, french = words_in(sqlite_app, "en"), words_in(sqlite_app, "fr")
    for name, text in english.items():
        assert values_of(text) == values_of(french[name]), name


def values_of(text: str | tuple[str, str]) -> list[set[str]]:
    return [set(re.findall(r"\{\w+\}", form)) for form in ([text] if isinstance(text, str) else text)]
