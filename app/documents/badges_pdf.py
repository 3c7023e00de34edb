"""Badges to wear, eight an A4 page with cut marks: a name to be read at two metres, an audience told by word, colour and shape.

Texts may hold anything: long ones wrap and shrink, none is cut. Hours come already worded, as for tickets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.documents.badge_labels import BADGE_LABELS
from app.documents.labels import Locale
from app.documents.pdf import Json, colour, printable, typeset
from app.documents.qr import qr_svg
from app.documents.tiles import tiles_svg

Shape = Literal["circle", "square", "triangle", "diamond", "pentagon", "hexagon", "star"]


@dataclass(frozen=True, slots=True)
class BadgeAudience:
    """How an audience is told: its word, white on `colour` (`#RRGGBB`), beside its shape."""

    code: str
    label: str
    colour: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class Badge:
    """One badge. `title` is what is big; `detail` (a structure) and `when` may be empty; `reference` is for who hears, not sees."""

    title: str
    detail: str
    audience: str
    when: str
    reference: str
    qr_text: str


@dataclass(frozen=True, slots=True)
class BadgesDocument:
    """Badges in the order they print: left to right, then down. Colours as for a ticket."""

    locale: Locale
    event_title: str
    organiser_name: str
    brand: str
    accent: str
    audiences: tuple[BadgeAudience, ...]
    badges: tuple[Badge, ...]


def badges_pdf(doc: BadgesDocument) -> bytes:
    """A4 pages of eight badges with cut marks, as a tagged PDF with its fonts and title.

    Raises ValueError when there is no badge, one of an audience that is not told, a malformed colour, or a `qr_text` that is
    empty or too long for a QR code.
    """
    return typeset("badges", badges_value(doc))


def badges_value(doc: BadgesDocument) -> Json:
    """Return what the template `badges` reads."""
    if not doc.badges:
        raise ValueError("There is no badge to print")
    words, known = BADGE_LABELS[doc.locale], {audience.code for audience in doc.audiences}
    if unknown := {badge.audience for badge in doc.badges} - known:
        raise ValueError(f"Nothing tells these audiences: {sorted(unknown)}")
    return {
        "locale": doc.locale,
        "title": f"{words.badges_title} – {printable(doc.event_title)}",
        "organiser_name": printable(doc.organiser_name),
        "event_title": printable(doc.event_title),
        "brand": colour(doc.brand),
        "accent": colour(doc.accent),
        "tiles_svg": tiles_svg(doc.brand, doc.accent),
        "audiences": [_audience_value(audience) for audience in doc.audiences],
        "badges": _badge_values(doc.badges, words.badge_qr_alt),
    }


def _audience_value(audience: BadgeAudience) -> Json:
    return {
        "code": audience.code,
        "label": printable(audience.label),
        "colour": colour(audience.colour),
        "shape": audience.shape,
    }


def _badge_values(badges: Sequence[Badge], alt: str) -> list[Json]:
    """All badges of a group carry its one code: it is drawn once."""
    drawn: dict[str, str] = {}
    for badge in badges:
        if badge.qr_text not in drawn:
            drawn[badge.qr_text] = qr_svg(badge.qr_text)
    return [
        {
            "title": printable(badge.title),
            "detail": printable(badge.detail),
            "audience": badge.audience,
            "when": printable(badge.when),
            "qr_svg": drawn[badge.qr_text],
            "qr_alt": alt.format(printable(badge.reference)),
        }
        for badge in badges
    ]
