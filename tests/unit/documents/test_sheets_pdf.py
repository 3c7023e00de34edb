"""Sheets of groups and stands: what is printed, that a group's stays on its page, that nothing people write breaks one."""

from dataclasses import replace

import pytest

from app.documents.pdf import typeset
from app.documents.sheet_labels import SHEET_LABELS
from app.documents.sheets_pdf import (
    GroupSheet,
    SheetHead,
    SheetStop,
    SheetTeam,
    SheetVisit,
    StandLine,
    StandSheet,
    group_sheets_pdf,
    group_sheets_value,
    stand_sheets_pdf,
    stand_sheets_value,
)
from tests.unit.documents.pdf_reading import read_pdf

HEAD = SheetHead(
    locale="fr",
    organiser_name="Creativ’",
    brand="#5E1A49",
    accent="#F2B632",
    event_title="La Voie des Talents",
    venue="Le Consortium, Dijon",
    help_text="Appelez le 03 53 01 00 21",
)
STOPS = (
    SheetStop(1, "9 h 00 – 9 h 30", "Stands métiers", "Grande salle, stand 2", 30, span=(540, 570)),
    SheetStop(2, "9 h 35 – 9 h 55", "Orientation", "Salle 2", 20, walk=5, span=(575, 595)),
    SheetStop(3, "vers 10 h 00", "Offres", "", 15, walk=5, optional=True, span=(600, 615)),
)
SHEET = GroupSheet(
    title="3e B",
    subtitle="Collège des Trois-Rivières, Dijon",
    headcount_text="28 élèves + 2 adultes",
    entrance="Grille bleue",
    reference="VT-7K3Q-9F",
    notice="",
    visits=(SheetVisit("jeudi 4 février 2027", "arrivée à 9 h 00", "", (SheetTeam("", STOPS),)),),
)
TEAMS = tuple(SheetTeam(f"Équipe {number} · 10 personnes", STOPS) for number in (1, 2, 3))
STAND = StandSheet(
    title="Orientation",
    day_text="jeudi 4 février 2027",
    limit_text="40 personnes au plus",
    notice="",
    lines=(StandLine("9 h 00 – 9 h 20", "3e B, équipe 1", "Collège des Trois-Rivières", "15 personnes", "2"),),
)


def plain(text: str) -> str:
    """A page's text as one line."""
    return " ".join(text.split())


def test_a_group_sheet_says_where_to_be_when() -> None:
    facts = read_pdf(group_sheets_pdf(HEAD, [SHEET]))
    assert facts.sizes_mm == [(210, 297)]
    assert (facts.tagged, facts.language, facts.author) == (True, "fr", "Creativ’")
    assert facts.title == "Feuille de route 3e B – La Voie des Talents"
    for words in (
        "3e B", "Collège des Trois-Rivières, Dijon", "28 élèves + 2 adultes", "jeudi 4 février 2027 · arrivée à 9 h 00",
        "9 h 35 – 9 h 55", "+ 5 min à pied", "Grande salle, stand 2 · 30 min", "si vous le souhaitez", "VT-7K3Q-9F",
        "Appelez le 03 53 01 00 21", "Le Consortium, Dijon", "Grille bleue",
    ):  # fmt: skip
        assert words in plain(facts.texts[0]), words
    assert facts.codes == []
    assert facts.outside == []
    assert facts.not_embedded == set()
    assert facts.headings == ["H1", "H2"]


def test_each_group_has_a_page_with_its_number_in_the_foot() -> None:
    sheets = [replace(SHEET, title=f"3e {letter}", reference=f"VT-{letter}") for letter in "ABC"]
    facts = read_pdf(group_sheets_pdf(HEAD, sheets))
    assert facts.title == "Feuilles de route – La Voie des Talents"
    assert len(facts.texts) == 3
    for letter, text in zip("ABC", facts.texts, strict=True):
        assert f"3e {letter}" in text
        assert f"VT-{letter}" in text


@pytest.mark.parametrize(
    "sheet",
    [
        replace(SHEET, visits=(replace(SHEET.visits[0], teams=TEAMS),)),
        replace(SHEET, visits=tuple(replace(SHEET.visits[0], teams=TEAMS * 2) for _ in range(4))),
        replace(SHEET, title="Une très longue classe " * 12, subtitle="Établissement " * 40, entrance="Porte " * 90),
        replace(SHEET, title="A" * 300, notice="Note " * 200, headcount_text="9" * 120),
        replace(SHEET, visits=()),
        replace(SHEET, visits=(replace(SHEET.visits[0], teams=(SheetTeam("", ()),)),)),
        replace(SHEET, visits=(replace(SHEET.visits[0], teams=(SheetTeam("", STOPS * 9),)),)),
        replace(SHEET, visits=(replace(SHEET.visits[0], teams=(SheetTeam("", (replace(STOPS[0], span=None),)),)),)),
    ],
    ids=["teams", "four-days", "long", "unbroken", "no-visit", "no-stop", "27-stops", "no-hours"],
)
def test_a_group_sheet_is_one_page_whatever_stands_on_it(sheet: GroupSheet) -> None:
    facts = read_pdf(group_sheets_pdf(HEAD, [sheet]))
    assert len(facts.texts) == 1
    assert facts.outside == []


def test_a_stand_sheet_says_who_comes_and_goes_on_over_pages() -> None:
    facts = read_pdf(stand_sheets_pdf(HEAD, [STAND]))
    assert facts.title == "Feuille de stand Orientation – La Voie des Talents"
    text = plain(facts.texts[0])
    for words in (
        "Orientation", "jeudi 4 février 2027 · 40 personnes au plus", "9 h 00 – 9 h 20", "3e B, équipe 1", "15 personnes",
        "Collège des Trois-Rivières", "Stand", "Notes", "Autres visites, remarques",
    ):  # fmt: skip
        assert words in text, words
    many = replace(STAND, lines=STAND.lines * 40)
    facts = read_pdf(stand_sheets_pdf(HEAD, [many, replace(STAND, title="Offres", lines=())]))
    assert len(facts.texts) > 3
    assert all("Heure" in text for text in facts.texts[:2])
    assert facts.outside == []
    assert "Aucun groupe n’est attendu ici ce jour-là." in plain(facts.texts[-1])
    assert facts.texts[-1].rstrip().endswith("Offres")


def test_sheets_are_accessible() -> None:
    """PDF/UA-1, as typst checks it."""
    teams = replace(SHEET, notice="En retard.", visits=(replace(SHEET.visits[0], teams=TEAMS),))
    assert typeset("group_sheets", group_sheets_value(HEAD, [SHEET, teams]), standards=("ua-1",))
    assert typeset("stand_sheets", stand_sheets_value(HEAD, [STAND]), standards=("ua-1",))


def test_what_people_write_is_never_markup() -> None:
    odd = "#panic(1) *gras* $x$ \\ <a> \u202e"
    text = read_pdf(group_sheets_pdf(HEAD, [replace(SHEET, title=odd)])).texts[0]
    assert "#panic(1) *gras* $x$ \\ <a>" in plain(text)
    text = read_pdf(stand_sheets_pdf(HEAD, [replace(STAND, title=odd)])).texts[0]
    assert "#panic(1) *gras* $x$ \\ <a>" in plain(text)


def test_no_sheet_is_no_file() -> None:
    with pytest.raises(ValueError, match="no sheet"):
        group_sheets_pdf(HEAD, [])
    with pytest.raises(ValueError, match="no sheet"):
        stand_sheets_pdf(HEAD, [])


def test_english_says_it_in_english() -> None:
    english = replace(HEAD, locale="en")
    text = plain(read_pdf(group_sheets_pdf(english, [SHEET])).texts[0])
    assert "Where to go" in text
    assert "+ 5 min walk" in text
    assert SHEET_LABELS["fr"] != SHEET_LABELS["en"]
