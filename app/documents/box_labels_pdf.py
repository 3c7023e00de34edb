"""Labels of boxes, eight an A4 page with cut marks: the code to read from afar, the QR code to scan."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.documents.labels import Locale
from app.documents.pdf import Json, printable, typeset
from app.documents.qr import qr_svg


@dataclass(frozen=True, slots=True)
class BoxLabel:
    """`address` is what the QR code opens."""

    code: str
    title: str
    depot: str
    address: str


def box_labels_pdf(labels: Sequence[BoxLabel], *, title: str, organiser_name: str, alt: str, locale: Locale) -> bytes:
    """A tagged PDF with its fonts and title; `alt` holds one `{}` for the box's code.

    Raises ValueError when there is no label.
    """
    return typeset("box_labels", box_labels_value(labels, title, organiser_name, alt, locale))


def box_labels_value(labels: Sequence[BoxLabel], title: str, organiser_name: str, alt: str, locale: Locale) -> Json:
    """What the template `box_labels` reads."""
    if not labels:
        raise ValueError("There is no label to print")
    return {
        "locale": locale,
        "title": printable(title),
        "organiser_name": printable(organiser_name),
        "labels": [
            {
                "code": printable(label.code),
                "title": printable(label.title),
                "depot": printable(label.depot),
                "qr_svg": qr_svg(label.address),
                "qr_alt": alt.replace("{}", printable(label.code)),
            }
            for label in labels
        ],
    }
