"""The agreement on a loan, worded in French from what is stored of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from app.accounts.queries import OrganiserRow, get_organiser
from app.boxes.queries import get_box_by_id, get_scenario_by_id, list_contents_of
from app.boxes.rows import BoxRow, ContentRow, ScenarioRow
from app.core.i18n import format_date_by, translate
from app.core.text import shown_phone
from app.documents.agreement_pdf import AgreementDocument, BoxContents, ContentLine
from app.loans.queries import LoanRow
from app.loans.words import PURPOSE_WORDS, half_day_words
from app.resources.calendars import lending_zone
from app.resources.settings import SettingsRow, get_settings
from app.structures.queries import get_structure

TERMS = (
    "Le prêteur remet les boîtes complètes, ou dit ce qui y manque. Les deux parties comptent le contenu à la remise et au"
    " retour, et leurs noms sont notés.",
    "L’emprunteur utilise les boîtes pour l’usage indiqué, avec un animateur habilité quand le scénario le demande. Il ne les"
    " prête à personne d’autre.",
    "L’emprunteur garde les boîtes à l’abri et répond de ce qui est perdu ou abîmé, dans la limite de la valeur indiquée."
    " L’usure normale et les consommables ne sont pas à sa charge.",
    "L’emprunteur rapporte les boîtes à la date indiquée. S’il a un empêchement, il prévient le prêteur aussitôt.",
)
"""What holds where the organiser wrote nothing of its own."""
TERMS_OF_THINGS = (
    "Le prêteur remet ce qui est prêté au complet, ou dit ce qui y manque. Les deux parties comptent le contenu à la remise et"
    " au retour, et leurs noms sont notés.",
    "L’emprunteur l’utilise pour l’usage indiqué et ne le prête à personne d’autre. Il le garde à l’abri et répond de ce qui est"
    " perdu ou abîmé, dans la limite de la valeur indiquée. L’usure normale et les consommables ne sont pas à sa charge.",
    "L’emprunteur le rapporte à la date indiquée. S’il a un empêchement, il prévient le prêteur aussitôt.",
)
"""The same for what is no game."""


def agreement_document(loan: LoanRow, version: int, made_at: datetime) -> AgreementDocument:
    """What the agreement says that would be made of a loan at that moment."""
    organiser, settings = get_organiser(loan.organiser_id), get_settings(loan.organiser_id)
    scenario = get_scenario_by_id(loan.scenario_id)
    boxes = [get_box_by_id(box.box_id, organiser_id=loan.organiser_id) for box in loan.loan_boxes]
    return AgreementDocument(
        organiser_name=organiser.name,
        brand=organiser.brand,
        accent=organiser.accent,
        reference=loan.reference,
        version=version,
        day_text=format_date_by(made_at.astimezone(lending_zone()).date(), "d MMMM y", "fr"),
        lender=_lender(organiser, settings),
        borrower=tuple(_borrower(loan)),
        title=loan.scenario_title_fr,
        boxes_text=_how_many(loan),
        unit="Boîte" if loan.is_game else "Exemplaire",
        from_text=half_day_words(loan.period.first, "fr"),
        to_text=half_day_words(loan.period.last, "fr"),
        use=tuple(_use(loan)),
        contents=tuple(_contents(boxes)),
        value_text=_value(boxes, scenario),
        terms=_paragraphs(settings.terms) or (TERMS if loan.is_game else TERMS_OF_THINGS),
    )


def _how_many(loan: LoanRow) -> str:
    unit = "boîte" if loan.is_game else "exemplaire"
    return f"{loan.boxes} {unit}" if loan.boxes == 1 else f"{loan.boxes} {unit}s"


def euros(cents: int) -> str:
    """« 1 200 € », « 12,50 € »."""
    whole, rest = divmod(cents, 100)
    shown = f"{whole:,}".replace(",", "\N{NO-BREAK SPACE}")
    return f"{shown},{rest:02d}\N{NO-BREAK SPACE}€" if rest else f"{shown}\N{NO-BREAK SPACE}€"


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _lender(organiser: OrganiserRow, settings: SettingsRow) -> tuple[str, ...]:
    written = _paragraphs(settings.lender)
    if written:
        return written
    return tuple(
        filter(None, (organiser.name, organiser.email, shown_phone(organiser.phone) if organiser.phone else ""))
    )


def _borrower(loan: LoanRow) -> Iterator[str]:
    structure = get_structure(loan.structure_id, organiser_id=loan.organiser_id)
    yield loan.structure_name
    yield structure.address
    yield f"{structure.postcode} {structure.commune}".strip()
    yield loan.contact_name
    yield ", ".join(filter(None, (loan.email, shown_phone(loan.phone) if loan.phone else "")))


def _use(loan: LoanRow) -> Iterator[tuple[str, str]]:
    purpose = translate("fr", PURPOSE_WORDS[loan.purpose])
    yield "Usage", f"{purpose} – {loan.purpose_note}" if loan.purpose_note else purpose
    if loan.players:
        yield "Joueurs", str(loan.players)
    if loan.place:
        yield "Lieu", loan.place
    if loan.facilitators:
        names = ", ".join(person.name for person in loan.facilitators)
        yield ("Animateurs" if len(loan.facilitators) > 1 else "Animateur"), names


def _contents(boxes: Sequence[BoxRow]) -> Iterator[BoxContents]:
    """Boxes that hold the same stand together."""
    found = list_contents_of(boxes)
    listed = [(tuple(_line(content) for content in found[box.id] if content.expected), box.code) for box in boxes]
    listed.sort(key=lambda pair: (str(pair[0]), pair[1]))
    groups = [(lines, tuple(code for _, code in same)) for lines, same in groupby(listed, key=lambda pair: pair[0])]
    for lines, codes in sorted(groups, key=lambda group: group[1]):
        yield BoxContents(codes, lines)


def _line(content: ContentRow) -> ContentLine:
    notes = ["consommable"] if content.consumable else []
    if content.missing and content.present is not None:
        notes.append(f"{content.present} présent" if content.present < 2 else f"{content.present} présents")
    return ContentLine(content.name_fr, content.expected, ", ".join(notes))


def _value(boxes: Sequence[BoxRow], scenario: ScenarioRow) -> str:
    values = [scenario.value_cents if box.value_cents is None else box.value_cents for box in boxes]
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return ""
    total = f"Valeur\N{NO-BREAK SPACE}: {euros(sum(known))}"
    if len(known) > 1:
        total += (
            f" en tout ({', '.join(f'{box.code} {euros(value)}' for box, value in zip(boxes, known, strict=True))})"
        )
    return f"{total}."
