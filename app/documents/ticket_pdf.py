"""Printed tickets (one A4 page) and route cards (eight an A4 page).

Times and headcounts come already worded, because only the caller knows the event's time zone and the audience's words;
hours are written "9 h 40" in French. Texts may hold anything: long ones wrap and shrink, then the page is reduced; none
is cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.documents.badge_labels import BADGE_LABELS
from app.documents.labels import LABELS, Labels, Locale
from app.documents.pdf import Json, colour, printable, printable_or_none, typeset
from app.documents.qr import qr_svg
from app.documents.tiles import tiles_svg


@dataclass(frozen=True, slots=True)
class Arrival:
    """When and where to come: "jeudi 4 février 2027", "9 h 40", and a place that may be empty."""

    day_text: str
    hour_text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop of the route. `minutes` is how long it takes, None when unknown; other texts may be empty.

    `hour_text` is when it is likely to begin, worded as a guess: "vers 9 h 40".
    """

    number: int
    name: str
    description: str = ""
    minutes: int | None = None
    optional: bool = False
    place: str = ""
    hour_text: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a paper lets nobody in: "Inscription annulée", and what that means."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TicketDocument:
    """All that a ticket shows.

    Colours are `#RRGGBB`; white text must be readable on `brand`, which the organiser's settings ensure.
    `headcount_text` ("28 + 2") is for groups and comes with its caption ("élèves + adultes"). `qr_text` is the ticket's
    URL. With a `refusal` the paper is void: it says why in big, and shows no code, no way in, no route and no link
    to join, whatever the other values are. `online`: people connect rather than arrive.
    """

    locale: Locale
    organiser_name: str
    brand: str
    accent: str
    event_title: str
    venue_name: str
    venue_address: str
    entrance: str | None
    holder_title: str
    holder_subtitle: str | None
    headcount_text: str | None
    headcount_caption: str
    arrivals: tuple[Arrival, ...]
    reference: str
    qr_text: str
    stops: tuple[StopLine, ...]
    help_text: str | None = None
    change_text: str | None = None
    join_url: str | None = None
    online: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class RouteCard:
    """One numbered card, "3B-07", that names nobody, and the text of its QR code."""

    label: str
    qr_text: str


@dataclass(frozen=True, slots=True)
class RouteCardsDocument:
    """The cards of one class, in the order they print: left to right, then down. Colours as for a ticket."""

    locale: Locale
    event_title: str
    class_title: str
    organiser_name: str
    brand: str
    accent: str
    day_text: str
    hour_text: str
    cards: tuple[RouteCard, ...]
    stops: tuple[StopLine, ...]


def ticket_pdf(doc: TicketDocument) -> bytes:
    """Return one A4 page as a tagged PDF with its fonts and title.

    Raises ValueError for a malformed colour, or a `qr_text` that is empty or too long for a QR code.
    """
    return typeset("ticket", ticket_value(doc))


def tickets_pdf(docs: Sequence[TicketDocument]) -> bytes:
    """One A4 page for each ticket of an event, in its own language, as one tagged PDF. Raises ValueError when there is none."""
    return typeset("ticket", tickets_value(docs))


def route_cards_pdf(*classes: RouteCardsDocument) -> bytes:
    """Return A4 pages of eight cards with cut marks, each class of an event on pages of its own, as a tagged PDF.

    Raises ValueError when there is no class, or one without a card, and as `ticket_pdf` does.
    """
    return typeset("route_cards", route_cards_value(*classes))


def ticket_value(doc: TicketDocument) -> dict[str, Json]:
    """Return what the template `ticket` reads of one ticket, which is all that it reads where there is but one."""
    words, void = LABELS[doc.locale], doc.refusal is not None
    reference = printable(doc.reference)
    join_url = None if void else printable_or_none(doc.join_url)
    return {
        "locale": doc.locale,
        "title": _title(_what(doc, words), doc.event_title),
        "organiser_name": printable(doc.organiser_name),
        "brand": colour(doc.brand),
        "accent": colour(doc.accent),
        "event_title": printable(doc.event_title),
        "venue_name": printable(doc.venue_name),
        "venue_address": printable(doc.venue_address),
        "entrance": None if void else printable_or_none(doc.entrance),
        "holder_title": printable(doc.holder_title),
        "holder_subtitle": printable_or_none(doc.holder_subtitle),
        "headcount_text": printable_or_none(doc.headcount_text),
        "headcount_caption": printable(doc.headcount_caption),
        "arrivals": [_arrival_value(arrival) for arrival in doc.arrivals],
        "reference": reference,
        "tiles_svg": tiles_svg(doc.brand, doc.accent),
        "qr_svg": None if void else qr_svg(doc.qr_text),
        "qr_alt": words.ticket_qr_alt.format(reference),
        "stops": [] if void else [_stop_value(stop, words) for stop in doc.stops],
        "help_text": printable_or_none(doc.help_text),
        "change_text": None if void else printable_or_none(doc.change_text),
        "join_url": join_url,
        "join_is_link": join_url is not None and join_url.startswith(("https://", "http://")),
        "refusal": None if doc.refusal is None else _refusal_value(doc.refusal),
        "footer": _joined(doc.event_title, doc.organiser_name),
        "words": _words_value(words) | _ticket_words(doc, words),
    }


def tickets_value(docs: Sequence[TicketDocument]) -> Json:
    """Return what the template `ticket` reads of several: what they share once, above them."""
    if not docs:
        raise ValueError("There is no ticket to print")
    tickets = [ticket_value(doc) for doc in docs]
    title = _title(BADGE_LABELS[docs[0].locale].tickets_title, docs[0].event_title)
    shared = {name: tickets[0][name] for name in ("organiser_name", "tiles_svg")}
    own: list[Json] = [{name: value for name, value in ticket.items() if name not in shared} for ticket in tickets]
    return {**shared, "title": title, "locale": docs[0].locale, "tickets": own}


def _what(doc: TicketDocument, words: Labels) -> str:
    """What the paper is, for its title: « Billet VT-7K3Q-9F », or « Inscription annulée VT-7K3Q-9F »."""
    reference = printable(doc.reference)
    return (
        words.ticket_title.format(reference) if doc.refusal is None else f"{printable(doc.refusal.title)} {reference}"
    )


def _ticket_words(doc: TicketDocument, words: Labels) -> dict[str, Json]:
    arrival = words.connection if doc.online else words.arrival
    return {
        "arrival": arrival if doc.refusal is None else words.asked,
        "show_code": words.opens if doc.online else words.show_code,
    }


def _refusal_value(refusal: Refusal) -> Json:
    return {"title": printable(refusal.title), "text": printable(refusal.text)}


def route_cards_value(*classes: RouteCardsDocument) -> Json:
    """Return what the template `route_cards` reads. Raises ValueError when there is no card."""
    if not classes or not all(doc.cards for doc in classes):
        raise ValueError("There is no card to print")
    doc = classes[0]
    words = LABELS[doc.locale]
    whose = words.card_title.format(printable(doc.class_title))
    return {
        "locale": doc.locale,
        "title": _title(whose if len(classes) == 1 else BADGE_LABELS[doc.locale].cards_title, doc.event_title),
        "organiser_name": printable(doc.organiser_name),
        "brand": colour(doc.brand),
        "accent": colour(doc.accent),
        "event_title": printable(doc.event_title),
        "classes": [_class_value(own, words) for own in classes],
        "words": _words_value(words),
    }


def _class_value(doc: RouteCardsDocument, words: Labels) -> Json:
    return {
        "class_title": printable(doc.class_title),
        "when": _joined(doc.day_text, doc.hour_text),
        "cards": [_card_value(card, words) for card in doc.cards],
        "stops": [_stop_value(stop, words) for stop in doc.stops],
    }


def _card_value(card: RouteCard, words: Labels) -> Json:
    label = printable(card.label)
    return {"label": label, "qr_svg": qr_svg(card.qr_text), "qr_alt": words.card_qr_alt.format(label)}


def _arrival_value(arrival: Arrival) -> Json:
    return {
        "day_text": printable(arrival.day_text),
        "hour_text": printable(arrival.hour_text),
        "place": printable(arrival.place),
    }


def _stop_value(stop: StopLine, words: Labels) -> Json:
    return {
        "number": stop.number,
        "name": printable(stop.name),
        "description": printable(stop.description),
        "time_text": _joined(stop.hour_text, "" if stop.minutes is None else words.minutes.format(stop.minutes)),
        "optional": stop.optional,
        "place": printable(stop.place),
    }


def _words_value(words: Labels) -> dict[str, Json]:
    return {
        "group": words.group,
        "entrance": words.entrance,
        "reference": words.reference,
        "venue": words.venue,
        "help": words.help,
        "change": words.change,
        "join": words.join,
        "route": words.route,
        "optional": words.optional,
        "no_code": words.no_code,
        "one_code": words.one_code,
        "card_use": words.card_use,
        "card_privacy": words.card_privacy,
    }


def _title(what: str, event_title: str) -> str:
    return f"{what} – {printable(event_title)}"


def _joined(*texts: str) -> str:
    """Join what is not empty, each text once."""
    return " · ".join(text for text, _ in groupby(filter(None, map(printable, texts))))
