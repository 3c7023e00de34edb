"""Tickets and route cards: what is printed, that it can be scanned, and that nothing people write breaks a page."""

from dataclasses import asdict, replace

import pytest

from app.documents.labels import LABELS, Locale
from app.documents.pdf import Json, Template, TypesettingFailed, printable, typeset
from app.documents.ticket_pdf import (
    Arrival,
    Refusal,
    RouteCard,
    RouteCardsDocument,
    StopLine,
    TicketDocument,
    route_cards_pdf,
    route_cards_value,
    ticket_pdf,
    ticket_value,
)
from tests.unit.documents.pdf_reading import read_pdf

URL = "https://parcours.example.org/t/9f2kQ7dXw3Tn5Zb8Lr4Vy1"
STOPS = (
    StopLine(1, "Construire", "Découvrez votre personnalité en jouant.", 20, place="Hall", hour_text="vers 9 h 40"),
    StopLine(2, "Stands métiers", "Essayez les gestes d’un métier.", 50, place="Grande salle"),
    StopLine(3, "Orientation", "Les formations de la région.", 20, place="Salle 2"),
    StopLine(4, "Offres", "Stages et immersions.", 15, optional=True, place="Mezzanine"),
    StopLine(5, "Dégustation", place="Cour"),
)
TICKET = TicketDocument(
    locale="fr",
    organiser_name="La Voie des Talents",
    brand="#5E1A49",
    accent="#F2B632",
    event_title="Forum des métiers 2027",
    venue_name="Le Consortium",
    venue_address="37 rue de Longvic, 21000 Dijon",
    entrance="Porte A, rue de Longvic",
    holder_title="3e B",
    holder_subtitle="Collège des Trois-Rivières",
    headcount_text="28 + 2",
    headcount_caption="élèves + adultes",
    arrivals=(Arrival("jeudi 4 février 2027", "9 h 40"),),
    reference="VT-7K3Q-9F",
    qr_text=URL,
    stops=STOPS,
    help_text="03 53 01 00 21",
    change_text="Dites votre numéro.",
)
VOID = replace(
    TICKET,
    refusal=Refusal("Inscription annulée", "Ce billet ne permet plus d’entrer."),
    join_url="https://visio.example.org/salle",
)
CARDS = RouteCardsDocument(
    locale="fr",
    event_title="Forum des métiers 2027",
    class_title="3e B",
    organiser_name="La Voie des Talents",
    brand="#5E1A49",
    accent="#F2B632",
    day_text="jeudi 4 février",
    hour_text="9 h 40",
    cards=tuple(RouteCard(f"3B-{number:02}", f"{URL}{number:02}") for number in range(1, 29)),
    stops=STOPS,
)
HOSTILE = [
    pytest.param('#import "x": * #panic() #sys.inputs', id="code"),
    pytest.param("*gras* _italique_ $x^2$ `a` <b> @c = d // e /* f \\ ~ --- [g] {h}", id="markup"),
    pytest.param("🎉👩‍🏫 e\u0301 \ufdfd", id="emoji"),
    pytest.param("مرحبا بالعالم שלום עולם", id="right to left"),
    pytest.param("Олена Петренко Ελένη Nguyễn Łukasz", id="other alphabets"),
    pytest.param("W" * 200, id="one long word"),
    pytest.param("Saint-Étienne du Bois " * 10, id="many words"),
    pytest.param('"}\n\x00\x1b\u202e\ud800 {"', id="controls and lone surrogates"),
]


def words(text: str) -> str:
    """Return the text of a page on one line: where lines break is the layout's affair."""
    return " ".join(text.split())


def hostile_ticket(text: str) -> TicketDocument:
    return replace(
        TICKET,
        organiser_name=text,
        event_title=text,
        venue_name=text,
        venue_address=text,
        entrance=text,
        holder_title=text,
        holder_subtitle=text,
        headcount_text=text,
        headcount_caption=text,
        arrivals=(Arrival(text, text, text),) * 2,
        reference=text,
        stops=tuple(StopLine(number, text, text, 5, number == 4, text, text) for number in range(1, 9)),
        help_text=text,
        change_text=text,
        join_url=text,
    )


def hostile_cards(text: str) -> RouteCardsDocument:
    return replace(
        CARDS,
        event_title=text,
        class_title=text,
        organiser_name=text,
        day_text=text,
        hour_text=text,
        cards=tuple(RouteCard(text, card.qr_text) for card in CARDS.cards[:8]),
        stops=tuple(StopLine(number, text, text, 5, number == 4, text) for number in range(1, 9)),
    )


def test_ticket_says_everything_in_reading_order() -> None:
    assert words(read_pdf(ticket_pdf(TICKET)).texts[0]) == (
        "La Voie des Talents Forum des métiers 2027 3e B Collège des Trois-Rivières "
        "Arrivée 9 h 40 jeudi 4 février 2027 Groupe 28 + 2 élèves + adultes "
        "Entrée Porte A, rue de Longvic Numéro à dicter VT-7K3Q-9F "
        "Montrez ce code à l’entrée. Un seul code pour tout le groupe. "
        "Lieu Le Consortium 37 rue de Longvic, 21000 Dijon Une question, un retard 03 53 01 00 21 "
        "Changer ou annuler Dites votre numéro. "
        "Votre parcours 1 Construire vers 9 h 40 · 20 min Hall Découvrez votre personnalité en jouant. "
        "2 Stands métiers 50 min Grande salle Essayez les gestes d’un métier. "
        "3 Orientation 20 min Salle 2 Les formations de la région. "
        "4 Offres 15 min Si vous le souhaitez Mezzanine Stages et immersions. 5 Dégustation Cour "
        "Forum des métiers 2027 · La Voie des Talents VT-7K3Q-9F"
    )


def test_ticket_is_one_a4_page_with_its_code_and_nothing_off_the_paper() -> None:
    facts = read_pdf(ticket_pdf(TICKET))
    assert (facts.sizes_mm, facts.codes, facts.outside) == ([(210, 297)], [URL], [])


def test_ticket_is_tagged_and_described_for_screen_readers() -> None:
    facts = read_pdf(ticket_pdf(TICKET))
    assert facts.tagged
    assert (facts.language, facts.title) == ("fr", "Billet VT-7K3Q-9F – Forum des métiers 2027")
    assert facts.author == "La Voie des Talents"
    assert facts.alternatives == ["Code QR du billet VT-7K3Q-9F, à montrer à l’entrée"]
    assert facts.headings == ["H1", "H2", "H2", "H3", "H3", "H3", "H3", "H3"]


@pytest.mark.parametrize(
    ("template", "value"),
    [("ticket", ticket_value(TICKET)), ("ticket", ticket_value(VOID)), ("route_cards", route_cards_value(CARDS))],
)
def test_documents_hold_to_pdf_ua(template: Template, value: Json) -> None:
    assert typeset(template, value, standards=("ua-1",)).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("content", [ticket_pdf(TICKET), route_cards_pdf(CARDS)], ids=["ticket", "cards"])
def test_fonts_are_ours_and_embedded(content: bytes) -> None:
    facts = read_pdf(content)
    assert facts.fonts == {"AtkinsonHyperlegibleNext-Regular", "AtkinsonHyperlegibleNext-Bold"}
    assert facts.not_embedded == set()


def test_the_same_document_gives_the_same_bytes() -> None:
    assert ticket_pdf(TICKET) == ticket_pdf(TICKET)


def test_english_ticket_has_no_french_label() -> None:
    facts = read_pdf(ticket_pdf(replace(TICKET, locale="en", join_url="https://visio.example.org/salle")))
    lines = facts.texts[0].split("\n")
    english = {
        "Arrival",
        "Group",
        "Entrance",
        "Number to read out",
        "Place",
        "A question, running late",
        "Change or cancel",
        "Join online",
        "Your route",
        "If you wish",
        "Show this code at the entrance.",
        "One code for the whole group.",
    }
    assert english <= set(lines)
    assert {label for label in asdict(LABELS["fr"]).values() if label in lines} == set()
    assert (facts.language, facts.title) == ("en", "Ticket VT-7K3Q-9F – Forum des métiers 2027")


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_every_label_is_worded(locale: Locale) -> None:
    labels = asdict(LABELS[locale])
    assert [name for name, word in labels.items() if not word.strip()] == []
    assert {name for name, word in labels.items() if "{}" in word} == {
        "minutes",
        "ticket_title",
        "ticket_qr_alt",
        "card_title",
        "card_qr_alt",
    }


def test_a_person_online_has_neither_group_nor_entrance_nor_route() -> None:
    alone = replace(
        TICKET,
        holder_title="Manon Lambert",
        holder_subtitle=None,
        headcount_text=None,
        entrance=None,
        venue_name="",
        venue_address="",
        stops=(),
        help_text=None,
        change_text=None,
        join_url="https://visio.example.org/salle?code=ab",
        online=True,
    )
    facts = read_pdf(ticket_pdf(alone))
    assert words(facts.texts[0]) == (
        "La Voie des Talents Forum des métiers 2027 Manon Lambert Connexion 9 h 40 jeudi 4 février 2027 "
        "Numéro à dicter VT-7K3Q-9F Ce code ouvre votre billet, avec le lien. "
        "Rejoindre en ligne https://visio.example.org/salle?code=ab "
        "Forum des métiers 2027 · La Voie des Talents VT-7K3Q-9F"
    )
    assert facts.links == ["https://visio.example.org/salle?code=ab"]


def test_only_web_addresses_become_links() -> None:
    assert read_pdf(ticket_pdf(replace(TICKET, join_url="javascript:alert(1)"))).links == []


def test_every_arrival_is_printed() -> None:
    arrivals = (
        Arrival("jeudi 4 février", "9 h 40", "Hall A"),
        Arrival("vendredi 5 février", "14 h 10", "Amphithéâtre"),
    )
    text = words(read_pdf(ticket_pdf(replace(TICKET, arrivals=arrivals))).texts[0])
    assert "Arrivée 9 h 40 jeudi 4 février Hall A 14 h 10 vendredi 5 février Amphithéâtre Groupe" in text


def test_a_void_paper_says_so_first_and_has_no_code_no_route_and_no_link() -> None:
    facts = read_pdf(ticket_pdf(VOID))
    assert (facts.codes, facts.links, facts.alternatives) == ([], [], [])
    assert words(facts.texts[0]) == (
        "La Voie des Talents Forum des métiers 2027 ! Inscription annulée Ce billet ne permet plus d’entrer. "
        "3e B Collège des Trois-Rivières Heure demandée 9 h 40 jeudi 4 février 2027 Groupe 28 + 2 élèves + adultes "
        "Numéro à dicter VT-7K3Q-9F Pas de code ici : ce papier ne permet pas d’entrer. "
        "Lieu Le Consortium 37 rue de Longvic, 21000 Dijon Une question, un retard 03 53 01 00 21 "
        "Forum des métiers 2027 · La Voie des Talents VT-7K3Q-9F"
    )
    assert facts.title == "Inscription annulée VT-7K3Q-9F – Forum des métiers 2027"
    assert facts.headings == ["H1", "H2", "H2"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_void_paper_stays_one_page(text: str) -> None:
    facts = read_pdf(ticket_pdf(replace(hostile_ticket(text), refusal=Refusal(text, text))))
    assert (facts.sizes_mm, facts.codes, facts.outside) == ([(210, 297)], [], [])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_ticket_stays_one_page_with_a_code_that_scans(text: str) -> None:
    facts = read_pdf(ticket_pdf(hostile_ticket(text)))
    assert (facts.sizes_mm, facts.codes, facts.outside) == ([(210, 297)], [URL], [])


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_cards_stay_eight_a_page_with_codes_that_scan(text: str) -> None:
    facts = read_pdf(route_cards_pdf(hostile_cards(text)))
    assert (facts.sizes_mm, facts.outside) == ([(210, 297)], [])
    assert facts.codes == [card.qr_text for card in CARDS.cards[:8]]


def test_markup_is_printed_as_it_was_written() -> None:
    name = "#strong[A] *b* _c_ $d$ `e` \\f"
    text = words(read_pdf(ticket_pdf(replace(TICKET, holder_title=name))).texts[0])
    assert f"2027 {name} Collège" in text


def test_printable_keeps_words_and_drops_controls() -> None:
    assert printable("  a\r\nb\x00c\u202ed\ud800 é\t ") == "a b c d? é"
    assert printable("👩‍🏫 Nguyễn 9\u00a0h\u00a040") == "👩‍🏫 Nguyễn 9\u00a0h\u00a040"


@pytest.mark.parametrize("brand", ["red", "#FFF", "#5E1A49;", '"#5E1A49"', ""])
def test_colours_are_six_digits(brand: str) -> None:
    with pytest.raises(ValueError, match="RRGGBB"):
        ticket_pdf(replace(TICKET, brand=brand))
    with pytest.raises(ValueError, match="RRGGBB"):
        route_cards_pdf(replace(CARDS, accent=brand))


def test_cards_print_eight_a_page_in_order_without_names() -> None:
    facts = read_pdf(route_cards_pdf(CARDS))
    assert facts.sizes_mm == [(210, 297)] * 4
    assert facts.codes == [card.qr_text for card in CARDS.cards]
    card = (
        "La Voie des Talents {} 3e B Forum des métiers 2027 jeudi 4 février · 9 h 40 "
        "1 Construire 2 Stands métiers 3 Orientation 4 Offres 5 Dégustation Si vous le souhaitez "
        "Montrez cette carte à chaque étape. N’écrivez pas votre nom dessus."
    )
    assert words(" ".join(facts.texts)) == " ".join(card.format(it.label) for it in CARDS.cards)


def test_cards_are_tagged_with_a_heading_and_an_alternative_each() -> None:
    facts = read_pdf(route_cards_pdf(CARDS))
    assert (facts.tagged, facts.language) == (True, "fr")
    assert facts.title == "Cartes de parcours 3e B – Forum des métiers 2027"
    assert facts.headings == ["H1"] * 28
    assert facts.alternatives == [f"Code QR de la carte {card.label}" for card in CARDS.cards]


def test_no_cards_without_a_card() -> None:
    with pytest.raises(ValueError, match="no card"):
        route_cards_pdf(replace(CARDS, cards=()))


def test_a_fault_of_the_template_is_told() -> None:
    value = ticket_value(TICKET)
    with pytest.raises(TypesettingFailed, match="stops"):
        typeset("ticket", {name: field for name, field in value.items() if name != "stops"})


@pytest.mark.slow
def test_nine_hundred_cards_fill_their_pages() -> None:
    cards = tuple(RouteCard(f"3B-{number:03}", f"{URL}{number:03}") for number in range(900))
    content = route_cards_pdf(replace(CARDS, cards=cards))
    assert read_pdf(content, pages=1).codes == [card.qr_text for card in cards[:8]]
