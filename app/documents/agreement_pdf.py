"""The agreement on a loan, in French: parties, boxes with their contents, dates in words, value, responsibilities.

Everything comes already worded. The same values make the same bytes, which are kept with their digest.
"""

from dataclasses import asdict, dataclass

from app.documents.pdf import Json, colour, printable, typeset
from app.documents.tiles import tiles_svg


@dataclass(frozen=True, slots=True)
class ContentLine:
    """A thing of a box. `note` says what is particular: « 3 présents »."""

    name: str
    quantity: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class BoxContents:
    """Boxes that hold the same, by their codes."""

    codes: tuple[str, ...]
    lines: tuple[ContentLine, ...]


@dataclass(frozen=True, slots=True)
class AgreementDocument:
    """All that an agreement says. Colours are `#RRGGBB`; the paragraphs of `terms` follow each other as they are given.

    `unit` is what each thing that is lent is called.
    """

    organiser_name: str
    brand: str
    accent: str
    reference: str
    version: int
    day_text: str
    lender: tuple[str, ...]
    borrower: tuple[str, ...]
    title: str
    boxes_text: str
    from_text: str
    to_text: str
    use: tuple[tuple[str, str], ...]
    contents: tuple[BoxContents, ...]
    value_text: str
    terms: tuple[str, ...]
    unit: str = "Boîte"


def agreement_pdf(doc: AgreementDocument) -> bytes:
    """A4 pages as a tagged PDF. Raises ValueError for a malformed colour."""
    return typeset("agreement", agreement_value(doc))


def agreement_value(doc: AgreementDocument) -> Json:
    """Return what the template `agreement` reads."""
    return {
        "locale": "fr",
        "title": f"Convention de prêt {printable(doc.reference)}",
        "organiser_name": printable(doc.organiser_name),
        "brand": colour(doc.brand),
        "accent": colour(doc.accent),
        "tiles_svg": tiles_svg(doc.brand, doc.accent),
        "footer": printable(doc.organiser_name),
        "subtitle": f"{printable(doc.title)} · {printable(doc.boxes_text)}",
        "foot": f"{printable(doc.reference)} · version {doc.version} du {printable(doc.day_text)}",
        "lender": _lines(doc.lender),
        "borrower": _lines(doc.borrower),
        "from_text": printable(doc.from_text),
        "to_text": printable(doc.to_text),
        "use": [[printable(term), printable(value)] for term, value in doc.use],
        "contents": [_contents(group, doc.unit) for group in doc.contents],
        "value_text": printable(doc.value_text),
        "terms": _lines(doc.terms),
    }


def _lines(texts: tuple[str, ...]) -> list[Json]:
    return [shown for text in texts if (shown := printable(text))]


def _contents(group: BoxContents, unit: str) -> Json:
    lines: list[Json] = [
        {**asdict(line), "name": printable(line.name), "note": printable(line.note)} for line in group.lines
    ]
    several = len(group.codes) > 1
    head = f"{unit}{'s' if several else ''} {', '.join(map(printable, group.codes))}"
    return {"head": head, "each": f"par {unit.lower()}" if several else "nombre", "lines": lines}
