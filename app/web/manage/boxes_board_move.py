"""Moving a loan on the planning board: another box, or other dates. First what it would change, in words; then it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.drafts import OtherLoan
from app.loans.operations import change_dates, swap_box
from app.loans.queries import get_loan
from app.resources.calendars import lending_zone
from app.resources.enums import Half
from app.resources.halfdays import HalfDay, half_day_at
from app.web.forms.loan_desk import other_text, read_other
from app.web.guards import current_actor, current_organiser_id, staff
from app.web.loan_labels import refusal_words
from app.web.manage.boxes_board_days import BACK_LENGTH, back_url, span_of
from app.web.manage.boxes_board_offers import Hand, find_hand
from app.web.manage.boxes_board_questions import Question, dates_question, moved_period, swap_question
from app.web.manage.boxes_board_undo import keep_undo, put_back, take_undo
from app.web.manage.boxes_tabs import LENDS, boxes_context
from app.web.wording import message_for

blueprint = Blueprint("manage_boxes_board_move", __name__, url_prefix="/manage/boxes/move")

BASE = "/manage/boxes"
Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Asked:
    """What is to change: `box` is the id of another box, `first` another first half-day. `back`: the board as it was left.

    `other`: with whom the question said that boxes are exchanged.
    """

    hand: Hand
    box: int | None
    first: HalfDay | None
    back: str
    other: OtherLoan | None = None


@blueprint.get("")
@staff(LENDS)
def ask() -> Answer:
    """`loan`, `has` (the code of its box), and either `box` or `day` with `half`."""
    asked = _asked(request.args)
    return asked if isinstance(asked, Response) else _page(asked)


@blueprint.post("")
@staff(LENDS)
def make() -> Answer:
    asked = _asked(request.form)
    if isinstance(asked, Response):
        return asked
    text = request.form.get("revision", "")
    revision = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
    question = _question(asked)
    if question.why:
        return _page(asked), 409
    try:
        _move(asked, revision)
    except FieldError as error:
        return _page(asked, [message_for(code) for code in dict.fromkeys(error.problems.values())]), 409
    except Conflict as error:
        return _page(asked, [refusal_words(error.code)]), 409
    _flash_undo(question.done)
    return redirect(back_url(asked.back, **_seen(asked)), 303)


def _move(asked: Asked, revision: int | None) -> None:
    """What it made of the loans is read before anybody else may change them: only that can be taken back."""
    loan, other, by, now = asked.hand.loan, asked.other, current_actor(), clock.now()
    with transaction():
        if asked.box is not None:
            held = asked.hand.held.box_id
            swap_box(loan.id, held, asked.box, by=by, now=now, revision=revision, other=other)
        elif asked.first is not None:
            change_dates(loan.id, moved_period(asked.hand, asked.first), by=by, now=now, revision=revision)
        made = get_loan(loan.id).revision
        other = OtherLoan(other.id, get_loan(other.id).revision) if other is not None else None
    keep_undo(loan, made, asked.back, other)


@blueprint.post("/undo")
@staff(LENDS)
def undo() -> Response:
    """What the last move changed is put back, and people are told again."""
    kept = take_undo()
    if kept is None:
        flash(_("There is nothing to undo."), "info")
        return redirect(BASE, 303)
    try:
        with transaction():
            put_back(kept, by=current_actor(), now=clock.now())
    except FieldError as error:
        flash(" ".join(message_for(code) for code in dict.fromkeys(error.problems.values())), "waiting")
    except Conflict as error:
        flash(refusal_words(error.code), "waiting")
    else:
        flash(_("It is as it was before. The borrower is told."), "ok")
    return redirect(back_url(kept.back), 303)


def _asked(values: Mapping[str, str]) -> Asked | Response:
    """What a form or a link asks for; the board again where that cannot be read, or is no longer possible."""
    back = values.get("back", "")
    hand = find_hand(values.get("loan", ""), values.get("has", ""), current_organiser_id())
    if hand is None:
        flash(refusal_words("box_away"), "waiting")
        return redirect(back_url(back), 303)
    text = values.get("box", "")
    box = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
    first = None if box is not None else _first(values)
    if box is None and (first is None or not hand.datable):
        flash(message_for("date") if first is None else refusal_words("move_not_allowed"), "waiting")
        return redirect(back_url(back, pick=f"{hand.loan.reference}.{hand.held.code}"), 303)
    return Asked(hand, box, first, back, read_other(values.get("other", "")) if box is not None else None)


def _first(values: Mapping[str, str]) -> HalfDay | None:
    try:
        day = date.fromisoformat(values.get("day", "")[:10])
    except ValueError:
        return None
    return HalfDay(day, Half.PM if values.get("half") == Half.PM else Half.AM) if 2000 <= day.year <= 2100 else None


def _question(asked: Asked) -> Question:
    if asked.box is not None:
        return swap_question(asked.hand, asked.box)
    assert asked.first is not None
    return dates_question(asked.hand, asked.first)


def _page(asked: Asked, refused: list[str] | None = None) -> str:
    hand, question = asked.hand, _question(asked)
    reference = hand.loan.reference
    fields = {"loan": reference, "has": hand.held.code, "revision": str(hand.loan.revision), "back": asked.back}
    if asked.first is not None:
        fields |= {"day": asked.first.date.isoformat(), "half": asked.first.half.value}
    else:
        fields |= {"box": str(asked.box), "other": other_text(question.other)}
    return render_template(
        "manage/boxes/board/move.html",
        question=question,
        refused=[*(refused or []), *question.why],
        fields=fields,
        loan=hand.loan,
        back=back_url(asked.back),
        pick=back_url(asked.back, pick=f"{reference}.{hand.held.code}"),
        **boxes_context(BASE),
    )


def _seen(asked: Asked) -> dict[str, str]:
    """Other dates are looked at where they are: the board goes there when they lie outside of what was shown."""
    if asked.first is None:
        return {}
    span = span_of(dict(parse_qsl(asked.back[:BACK_LENGTH])), half_day_at(clock.now(), lending_zone()).date)
    return {} if span.first <= asked.first.date <= span.last else {"from": asked.first.date.isoformat()}


def _flash_undo(text: str) -> None:
    """A message with a button that takes it back at once; templates/layouts/base.html shows it."""
    flash({"text": text, "url": f"{BASE}/move/undo"}, "undo")  # type: ignore[arg-type]  # any JSON is kept as it is
