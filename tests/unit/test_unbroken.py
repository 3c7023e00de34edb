"""Titles are shown with the spaces that French signs need, however they were typed."""

import pytest

from app.web.filters import unbroken


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Réunion : les métiers ?", "Réunion\u00a0: les métiers\u00a0?"),
        ("Animer la boîte « Santé »", "Animer la boîte «\u00a0Santé\u00a0»"),
        ("Déjà\u00a0: bien", "Déjà\u00a0: bien"),
        ("Why? And: how", "Why? And: how"),
        ("", ""),
    ],
)
def test_signs_stay_beside_their_word(typed: str, shown: str) -> None:
    assert unbroken(typed) == shown
