"""A loan as its borrower sees it: its state in words, what comes next, what they may do."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask_babel import ngettext

from app.boxes.enums import BoxCondition
from app.boxes.queries import get_box_by_id, list_contents_of, list_guides
from app.boxes.rows import ContentRow
from app.core import clock
from app.core.actor import Actor, ActorKind
from app.core.i18n import translate
from app.loans.agreements import find_agreement
from app.loans.enums import LoanMove, LoanState
from app.loans.findings import Findings, fault_words, find_findings
from app.loans.links import is_closed, loan_path, loan_token
from app.loans.operations.waiting import is_trusted
from app.loans.queries import LoanRow
from app.loans.rules import Party, moves_for
from app.loans.standing import standings
from app.loans.things import lent_words
from app.loans.words import (
    BORROWERS_STATE_WORDS,
    PURPOSE_WORDS,
    day_words,
    half_day_words,
    period_words,
    reason_words,
)
from app.resources.calendars import lending_zone
from app.resources.settings import get_settings
from app.training.queries import find_training
from app.web.i18n import current_locale

STATE_KINDS = {
    LoanState.ASKED: ("waiting", "hourglass"),
    LoanState.APPROVED: ("waiting", "file-text"),
    LoanState.AGREED: ("ok", "check"),
    LoanState.HANDED_OVER: ("info", "package-export"),
    LoanState.RETURNED: ("info", "package-import"),
    LoanState.CHECKED: ("waiting", "hourglass"),
    LoanState.CLOSED: ("neutral", "check"),
    LoanState.REFUSED: ("danger", "ban"),
    LoanState.CANCELLED: ("neutral", "ban"),
    LoanState.NOT_COLLECTED: ("neutral", "ban"),
}
CHECKED = frozenset({LoanState.CHECKED, LoanState.CLOSED})
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
    return kind, icon, translate(current_locale(), BORROWERS_STATE_WORDS[loan.state])


def loan_context(loan: LoanRow) -> dict[str, Any]:
    """What the template `my/loans/_loan.html` reads, but for its forms."""
    locale, settings = current_locale(), get_settings(loan.organiser_id)
    moves = moves_for(loan.state, Party.BORROWER)
    coded = loan.cancel_reason or loan.refusal
    findings = find_findings(loan, locale) if loan.state in CHECKED else Findings()
    agreement = None if is_closed(loan.ended_at, loan.names_removed_at, clock.now()) else find_agreement(loan.id)
    if agreement is not None and agreement.number <= loan.outdated_agreements:
        agreement = None
    is_out = loan.state is LoanState.HANDED_OVER
    purpose = translate(locale, PURPOSE_WORDS[loan.purpose])
    hours = settings.hours_en if locale == "en" and settings.hours_en else settings.hours_fr
    return {
        "loan": loan,
        "badge_of": state_badge(loan),
        "link": link_of(loan),
        "days": period_words(loan.period, locale),
        "from_words": half_day_words(loan.period.first, locale),
        "to_words": half_day_words(loan.period.last, locale),
        "hours": hours,
        "said": partial(lent_words, locale, game=loan.is_game),
        "reason": reason_words(coded, locale, game=loan.is_game) if coded else "",
        "agreement": agreement,
        "in_making": agreement is None and loan.state is LoanState.APPROVED,
        "names_go": names_go_words(settings.keep_names_days),
        "may_agree": LoanMove.AGREE in moves,
        "may_cancel": LoanMove.CANCEL in moves,
        "stands": standings([loan], clock.now()).get(loan.id),
        "trusted": loan.waits_for_event_id is not None and is_trusted(loan),
        "training": find_training(loan.waits_for_event_id) if loan.state is LoanState.ASKED else None,
        "is_out": is_out,
        "is_late": is_out and loan.period.ends_at(lending_zone()) <= clock.now(),
        "promised": day_words(loan.promised_on, locale) if is_out and loan.promised_on else "",
        "purpose": f"{purpose} – {loan.purpose_note}" if loan.purpose_note else purpose,
        "codes": [box.code for box in loan.loan_boxes if box.is_away or not is_out],
        "not_fetched": [box.code for box in loan.loan_boxes if is_out and box.handed_over_at is None],
        "findings": findings,
        "faults": [fault_words(one, locale, game=loan.is_game) for one in findings.faulty],
        "box_views": box_views(loan) if loan.state in GETS_BOXES else [],
        "has_guide": loan.state in GETS_BOXES and bool(list_guides([loan.scenario_id])),
    }


def names_go_words(days: int) -> str:
    """When a borrower's name goes: in years where they are whole."""
    if days and days % 365 == 0:
        words = ngettext(
            "Your name and addresses are used for this loan only and are erased %(num)d year after its end.",
            "Your name and addresses are used for this loan only and are erased %(num)d years after its end.",
            days // 365,
        )
    else:
        words = ngettext(
            "Your name and addresses are used for this loan only and are erased %(num)d day after its end.",
            "Your name and addresses are used for this loan only and are erased %(num)d days after its end.",
            days,
        )
    return str(words)


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
