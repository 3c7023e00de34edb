"""A loan as its borrower sees it: its state in words, what comes next, what they may do."""

from dataclasses import dataclass
from typing import Any

from app.boxes.enums import BoxCondition
from app.boxes.queries import get_box_by_id, list_contents_of
from app.boxes.rows import ContentRow
from app.core.actor import Actor, ActorKind
from app.core.i18n import translate
from app.loans.agreements import find_agreement
from app.loans.enums import LoanMove, LoanState
from app.loans.links import loan_path, loan_token
from app.loans.queries import LoanRow
from app.loans.rules import Party, moves_for
from app.loans.words import CANCEL_WORDS, REFUSAL_WORDS, STATE_WORDS, half_day_words, period_words
from app.resources.settings import get_settings
from app.web.i18n import current_locale

STATE_KINDS = {
    LoanState.ASKED: ("waiting", "hourglass"),
    LoanState.APPROVED: ("waiting", "file-text"),
    LoanState.AGREED: ("ok", "check"),
    LoanState.HANDED_OVER: ("info", "package-export"),
    LoanState.RETURNED: ("info", "package-import"),
    LoanState.CHECKED: ("ok", "check"),
    LoanState.CLOSED: ("neutral", "check"),
    LoanState.REFUSED: ("danger", "ban"),
    LoanState.CANCELLED: ("neutral", "ban"),
    LoanState.NOT_COLLECTED: ("neutral", "ban"),
}
GETS_BOXES = frozenset({LoanState.APPROVED, LoanState.AGREED, LoanState.HANDED_OVER})


@dataclass(frozen=True)
class BoxView:
    """A box of the loan, with what is missing in it as far as the last count knows."""

    code: str
    missing: tuple[ContentRow, ...]
    out_of_service: bool


def borrower(loan: LoanRow) -> Actor:
    """Whoever acts by the loan's link or as its structure's contact."""
    return Actor(ActorKind.VISITOR, loan.contact_name or loan.structure_name, loan.contact_id, loan.organiser_id)


def link_of(loan: LoanRow) -> str:
    return loan_path(loan_token(loan.organiser_id, loan.reference))


def state_badge(loan: LoanRow) -> tuple[str, str, str]:
    """Kind, icon and words."""
    kind, icon = STATE_KINDS[loan.state]
    return kind, icon, translate(current_locale(), STATE_WORDS[loan.state])


def loan_context(loan: LoanRow) -> dict[str, Any]:
    """What the template `my/loans/_loan.html` reads, but for its forms."""
    locale, settings = current_locale(), get_settings(loan.organiser_id)
    moves = moves_for(loan.state, Party.BORROWER)
    coded = REFUSAL_WORDS.get(loan.refusal) if loan.refusal else None
    coded = CANCEL_WORDS.get(loan.cancel_reason) if loan.cancel_reason else coded
    hours = settings.hours_en if locale == "en" and settings.hours_en else settings.hours_fr
    return {
        "loan": loan,
        "badge_of": state_badge(loan),
        "link": link_of(loan),
        "days": period_words(loan.period, locale),
        "from_words": half_day_words(loan.period.first, locale),
        "to_words": half_day_words(loan.period.last, locale),
        "hours": hours,
        "reason": translate(locale, coded) if coded else "",
        "agreement": find_agreement(loan.id),
        "may_agree": LoanMove.AGREE in moves,
        "may_cancel": LoanMove.CANCEL in moves,
        "is_out": loan.state is LoanState.HANDED_OVER,
        "box_views": box_views(loan) if loan.state in GETS_BOXES else [],
    }


def box_views(loan: LoanRow) -> list[BoxView]:
    rows = [get_box_by_id(box.box_id, organiser_id=loan.organiser_id) for box in loan.loan_boxes]
    contents = list_contents_of(rows) if rows else {}
    return [
        BoxView(
            row.code,
            tuple(content for content in contents[row.id] if content.missing),
            row.condition is BoxCondition.OUT_OF_SERVICE,
        )
        for row in rows
    ]
