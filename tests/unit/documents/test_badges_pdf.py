"""Badges, many tickets and cards in one file, and lists of arrivals: what is printed, scanned and cut."""

from dataclasses import replace
from typing import get_args

import pypdfium2
import pytest

from app.documents.badges_pdf import Badge, BadgeAudience, BadgesDocument, Shape, badges_pdf, badges_value
from app.documents.pdf import typeset
from app.documents.sheets_pdf import SheetHead
from app.documents.ticket_pdf import RouteCard, route_cards_pdf, tickets_pdf, tickets_value
from app.documents.wave_lists_pdf import WaveLine, WaveList, wave_lists_pdf, wave_lists_value
from tests.unit.documents.pdf_reading import read_pdf
from tests.unit.documents.test_ticket_pdf import CARDS, HOSTILE, TICKET, URL, VOID

AUDIENCES = tuple(BadgeAudience(shape, f"Public {shape}", "#1F5FA8", shape) for shape in get_args(Shape))
BADGES = BadgesDocument(
    locale="fr",
    event_title="Forum des métiers 2027",
    organiser_name="La Voie des Talents",
    brand="#5E1A49",
    accent="#F2B632",
    audiences=AUDIENCES,
    badges=tuple(
        Badge(
            f"Zoé Faivre {n}",
            "Mission locale",
            AUDIENCES[n % 7].code,
            "jeudi 4 février, 9 h 40",
            f"VT-{n}",
            f"{URL}{n:02}",
        )
        for n in range(20)
    ),
)
HEAD = SheetHead(
    "fr", "La Voie des Talents", "#5E1A49", "#F2B632", "Forum des métiers 2027", "Le Consortium", "03 53 01 00 21"
)
LINES = (
    WaveLine("3e B", "Collège des Trois-Rivières · Scolaires", "28 + 2", "VT-7K3Q-9F", "____ + ____"),
    WaveLine("Dupont, Hugo", "Demandeurs d’emploi", "1", "VT-8K3Q-9F"),
)
LIST = WaveList("9 h 40", "jeudi 4 février 2027", "2 inscriptions, 31 personnes", "", LINES)


def dark_at(content: bytes, x_mm: float, y_mm: float, *, page: int = 0) -> bool:
    """Whether something dark is printed within half a millimetre of a point of a page."""
    document = pypdfium2.PdfDocument(content)
    try:
        dots = 200 / 25.4
        image = document[page].render(scale=200 / 72, grayscale=True).to_pil()
        x, y, reach = round(x_mm * dots), round(y_mm * dots), round(dots / 2)
        return bool(image.crop((x - reach, y - reach, x + reach, y + reach)).getextrema()[0] < 200)
    finally:
        document.close()


def test_badges_are_eight_a_page_and_every_code_can_be_read() -> None:
    facts = read_pdf(badges_pdf(BADGES))
    assert facts.sizes_mm == [(210, 297)] * 3
    assert sorted(facts.codes) == [f"{URL}{n:02}" for n in range(20)]
    assert facts.codes[:2] == [f"{URL}00", f"{URL}01"]
    assert facts.outside == []
    assert facts.title == "Badges – Forum des métiers 2027"
    assert facts.alternatives[0] == "Code QR du billet VT-0"
    assert facts.headings == ["H1"] * 20
    for said in ("Zoé Faivre 7", "Mission locale", "jeudi 4 février, 9 h 40", "Public star", "La Voie des Talents"):
        assert said in facts.texts[0], said


@pytest.mark.parametrize("content", [badges_pdf(BADGES), route_cards_pdf(CARDS)], ids=["badges", "cards"])
def test_cut_marks_stand_at_the_corners_of_every_card(content: bytes) -> None:
    """In the margins beyond each row and column, and as a cross where four cards meet."""
    for x in (10, 105, 200):
        assert dark_at(content, x, 5.5)
        assert dark_at(content, x, 291.5)
    for row in range(5):
        y = 11 + row * 68.75
        assert dark_at(content, 4.5, y)
        assert dark_at(content, 205.5, y)
        assert dark_at(content, 105, y)
    assert not dark_at(content, 60, 5.5)


def test_badges_hold_to_pdf_ua() -> None:
    assert typeset("badges", badges_value(BADGES), standards=("ua-1",)).startswith(b"%PDF-1.7")
    assert typeset("ticket", tickets_value([TICKET, VOID]), standards=("ua-1",)).startswith(b"%PDF-1.7")
    assert typeset("wave_lists", wave_lists_value(HEAD, [LIST]), standards=("ua-1",)).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_people_write_breaks_a_badge(text: str) -> None:
    badges = tuple(replace(badge, title=text, detail=text, when=text) for badge in BADGES.badges[:8])
    audiences = tuple(replace(audience, label=text) for audience in AUDIENCES)
    hostile = replace(BADGES, badges=badges, audiences=audiences, event_title=text, organiser_name=text)
    facts = read_pdf(badges_pdf(hostile))
    assert facts.sizes_mm == [(210, 297)]
    assert facts.outside == []
    assert len(facts.codes) == 8


@pytest.mark.parametrize(
    "name",
    ["Accompagnateur", "Christophe-Alexandre de la Villemarqué-Kermadec", "Anne-Élisabeth Wolfensberger-Świętosławska"],
)
def test_a_long_name_leaves_neither_its_badge_nor_the_big_sizes(name: str) -> None:
    """Readable at two metres: letters of 4.4 mm and more (an eye tells 2.9 mm apart), and none over the edge where it is cut."""
    document = replace(BADGES, badges=(replace(BADGES.badges[0], title=name),))
    pdf = pypdfium2.PdfDocument(badges_pdf(document))
    try:
        page, textpage = pdf[0], pdf[0].get_textpage()
        height = page.get_height()
        boxes = [
            textpage.get_charbox(index)
            for index in range(textpage.count_chars())
            if textpage.get_text_range(index, 1) == name[0]
        ]
        tallest = max(top - bottom for _, bottom, _, top in boxes)
        assert tallest * 25.4 / 72 > 4.4
        rights = [textpage.get_rect(index) for index in range(textpage.count_rects())]
        assert max(right for _, _, right, top in rights if height - top < 70 * 72 / 25.4) < 105 * 72 / 25.4
    finally:
        pdf.close()


def test_badges_refuse_what_cannot_be_printed() -> None:
    with pytest.raises(ValueError, match="no badge"):
        badges_pdf(replace(BADGES, badges=()))
    with pytest.raises(ValueError, match="nobody"):
        badges_pdf(replace(BADGES, badges=(replace(BADGES.badges[0], audience="nobody"),)))
    with pytest.raises(ValueError, match="#RRGGBB"):
        badges_pdf(replace(BADGES, audiences=(replace(AUDIENCES[0], colour="blue"), *AUDIENCES[1:])))


def test_tickets_are_a_page_each_in_their_own_language_and_void_ones_have_no_code() -> None:
    english = replace(TICKET, locale="en", holder_title="Hugo Dupont", qr_text=f"{URL}2")
    facts = read_pdf(tickets_pdf([TICKET, VOID, english]))
    assert facts.sizes_mm == [(210, 297)] * 3
    assert facts.codes == [URL, f"{URL}2"]
    assert "Inscription annulée" in facts.texts[1]
    assert "Show this code at the entrance." in facts.texts[2]
    assert facts.title == "Billets – Forum des métiers 2027"
    with pytest.raises(ValueError, match="no ticket"):
        tickets_pdf([])


def test_cards_of_several_classes_begin_pages_of_their_own() -> None:
    other = replace(CARDS, class_title="3e C", cards=tuple(RouteCard(f"3C-{n:02}", f"{URL}c{n}") for n in range(1, 4)))
    facts = read_pdf(route_cards_pdf(CARDS, other))
    assert len(facts.sizes_mm) == 5
    assert len(facts.codes) == 31
    assert "3C-01" in facts.texts[4]
    assert "3B-28" in facts.texts[3]
    assert facts.title == "Cartes de parcours – Forum des métiers 2027"
    with pytest.raises(ValueError, match="no card"):
        route_cards_pdf(CARDS, replace(CARDS, cards=()))


def test_a_list_says_who_is_expected_and_goes_on_over_pages() -> None:
    long = replace(LIST, lines=tuple(replace(LINES[0], who=f"{n}e B") for n in range(80)))
    facts = read_pdf(wave_lists_pdf(HEAD, [LIST, long]))
    first = " ".join(facts.texts[0].split())
    for said in ("9 h 40", "2 inscriptions, 31 personnes", "28 + 2", "____ + ____", "VT-7K3Q-9F", "Dupont, Hugo"):
        assert said in first, said
    assert first.count("____ + ____") == 1
    assert len(facts.sizes_mm) > 3
    assert f"1/{len(facts.sizes_mm)}" in first
    assert "79e B" in facts.texts[-1]
    assert "Attendus" in facts.texts[2]
    assert facts.codes == []


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_people_write_breaks_a_list(text: str) -> None:
    line = WaveLine(text, text, text, text, text)
    facts = read_pdf(wave_lists_pdf(HEAD, [WaveList(text, text, text, text, (line,) * 3)]))
    assert facts.outside == []


def test_a_list_of_nobody_says_so() -> None:
    facts = read_pdf(wave_lists_pdf(HEAD, [replace(LIST, lines=())]))
    assert "Personne n’est attendu" in facts.texts[0]
