"""Hand-over, return and check on a phone: contents ticked or counted, photos, both parties named; what waits for either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.enums import BoxCondition, FileUse, OutReason
from app.boxes.operations.files import Upload, keep_photo, read_upload
from app.boxes.queries import get_box, list_contents
from app.boxes.rows import BoxRow, ContentRow
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft, CountDraft
from app.loans.enums import CountMoment, LoanState
from app.loans.operations import check_box, hand_over, take_back
from app.loans.queries import LoanBoxRow, LoanFilter, LoanRow, get_loan_by_reference, list_loans
from app.resources.calendars import lending_zone
from app.resources.halfdays import half_day_at
from app.web.forms.base import text_of
from app.web.forms.loan_counts import CheckForm, CountForm, HandForm
from app.web.guards import current_account, current_actor, current_organiser_id, staff
from app.web.i18n import current_locale
from app.web.loan_labels import half_words, period_words, refusal_words
from app.web.manage.boxes_files import READ_BYTES
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_returns", __name__, url_prefix="/manage/boxes")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/returns"
SOON = timedelta(days=7)
MOST_PHOTOS = 4
MOMENTS = {"hand-over": CountMoment.HAND_OVER, "return": CountMoment.RETURN, "check": CountMoment.CHECK}


@dataclass(frozen=True)
class CountLine:
    """A thing to count: `key` names it in the form, `typed` is the number that stands there, `problem` what is wrong."""

    key: str
    content: ContentRow
    name: str
    ticked: bool
    typed: str
    problem: str = ""


@blueprint.get("/returns")
@staff(LENDS)
def index() -> str:
    """What goes out in the coming days, what is awaited (late first), what waits for its check."""
    now, zone = clock.now(), lending_zone()
    today = half_day_at(now, zone).date
    agreed = _all(LoanFilter(frozenset({LoanState.AGREED}), to_day=today + SOON))
    out = _all(LoanFilter(frozenset({LoanState.HANDED_OVER})))
    back = _all(LoanFilter(frozenset({LoanState.HANDED_OVER, LoanState.RETURNED})))
    awaited = [(loan, box) for loan in out for box in loan.loan_boxes if box.is_away]
    awaited.sort(key=lambda found: (found[0].period.last, found[1].code))
    return render_template(
        "manage/boxes/returns/list.html",
        to_check=[(loan, box) for loan in back for box in loan.loan_boxes if box.returned_at and not box.checked_at],
        awaited=[(loan, box, loan.period.ends_at(zone) <= now) for loan, box in awaited],
        to_hand_over=[(loan, box) for loan in agreed for box in loan.loan_boxes if not box.handed_over_at],
        half_words=half_words,
        **boxes_context(BASE),
    )


@blueprint.get("/loans/<reference>/boxes/<code>/<any('hand-over', 'return', 'check'):moment>")
@staff(LENDS)
def show(reference: str, code: str, moment: str) -> Answer:
    loan, held, box = _find(reference, code)
    if held is None or not _is_due(held, MOMENTS[moment]):
        flash(refusal_words("box_away"), "waiting")
        return redirect(_address(loan))
    lines = _lines(list_contents(box), MOMENTS[moment])
    return _page(loan, box, moment, _form(loan, moment, lines), lines)


@blueprint.post("/loans/<reference>/boxes/<code>/<any('hand-over', 'return', 'check'):moment>")
@staff(LENDS)
def save(reference: str, code: str, moment: str) -> Answer:
    loan, held, box = _find(reference, code)
    if held is None or not _is_due(held, MOMENTS[moment]):
        flash(refusal_words("box_away"), "waiting")
        return redirect(_address(loan))
    form: CountForm = CheckForm() if moment == "check" else HandForm()
    lines = _read_lines(list_contents(box))
    if not form.validate_on_submit() or any(line.problem for line in lines):
        return _page(loan, box, moment, form, lines), 422
    try:
        photos = _photos()
        with transaction():
            _write(loan, held, MOMENTS[moment], form, _counts(lines))
            for photo in photos:
                keep_photo(
                    box.id, photo, organiser_id=loan.organiser_id, by=current_actor(), now=clock.now(),
                    note=text_of(form.note), loan_box_id=held.id,
                )  # fmt: skip
    except FieldError as error:
        form.show_refusal(
            FieldError({"photos" if key == "file" else key: code for key, code in error.problems.items()})
        )
        return _page(loan, box, moment, form, lines), 422
    except Conflict as error:
        flash(refusal_words(error.code), "waiting")
        return redirect(_address(loan))
    said = {"hand-over": _("%(code)s is handed over.", code=box.code), "return": _("%(code)s is back.", code=box.code)}
    flash(said.get(moment) or _("%(code)s is checked.", code=box.code), "ok")
    return redirect(_address(loan))


def _write(loan: LoanRow, held: LoanBoxRow, moment: CountMoment, form: CountForm, counts: Sequence[CountDraft]) -> None:
    by, now, note = current_actor(), clock.now(), text_of(form.note)
    if isinstance(form, CheckForm):
        out = form.condition.data == BoxCondition.OUT_OF_SERVICE.value
        found = CheckDraft(
            BoxCondition(form.condition.data), tuple(counts), note,
            OutReason(form.out_reason.data) if out and form.out_reason.data else None,
            form.out_until.data if out else None,
        )  # fmt: skip
        check_box(loan.id, held.box_id, found, by=by, now=now)
        return
    assert isinstance(form, HandForm)
    write = hand_over if moment is CountMoment.HAND_OVER else take_back
    write(
        loan.id, held.box_id, given_by=text_of(form.given_by), given_to=text_of(form.given_to), counts=counts,
        note=note, by=by, now=now,
    )  # fmt: skip


def _form(loan: LoanRow, moment: str, lines: Sequence[CountLine]) -> CountForm:
    """Who gives and who takes are proposed; so is the condition that the last count speaks for."""
    ours, theirs = current_account().name, loan.contact_name
    if moment == "check":
        short = any(line.content.missing and not line.content.consumable for line in lines)
        return CheckForm(formdata=None, condition="incomplete" if short else "ready")
    if moment == "return":
        ours, theirs = theirs, ours
    return HandForm(formdata=None, given_by=ours, given_to=theirs)


def _lines(contents: Sequence[ContentRow], moment: CountMoment) -> list[CountLine]:
    """Nothing is ticked before somebody looked; at the check stands what was counted at the return."""
    known = moment is CountMoment.CHECK
    return [
        CountLine(
            _key(c), c, c.name(current_locale()), known and c.present == c.expected,
            str(c.present) if known and c.present is not None and c.present != c.expected else "",
        )
        for c in contents
    ]  # fmt: skip


def _read_lines(contents: Sequence[ContentRow]) -> list[CountLine]:
    found = []
    for content in contents:
        key = _key(content)
        ticked, typed = f"ok-{key}" in request.form, request.form.get(f"count-{key}", "").strip()[:9]
        problem = ""
        if typed and not (typed.isdecimal() and int(typed) <= 9999):
            problem = _("Write a whole number, for example 28.")
        elif not typed and not ticked:
            problem = _("Tick it when all are there, or write how many there are.")
        found.append(CountLine(key, content, content.name(current_locale()), ticked, typed, problem))
    return found


def _counts(lines: Sequence[CountLine]) -> list[CountDraft]:
    """A number that is typed counts more than a tick."""
    return [
        CountDraft(
            int(line.typed) if line.typed else line.content.expected,
            item_id=line.content.item_id,
            box_item_id=None if line.content.item_id else line.content.box_item_id,
        )
        for line in lines
    ]


def _key(content: ContentRow) -> str:
    return f"i{content.item_id}" if content.item_id else f"b{content.box_item_id}"


def _photos() -> list[Upload]:
    sent = [file for file in request.files.getlist("photos") if file.filename][:MOST_PHOTOS]
    return [read_upload(file.filename or "", file.stream.read(READ_BYTES), FileUse.DAMAGE) for file in sent]


def _page(loan: LoanRow, box: BoxRow, moment: str, form: CountForm, lines: Sequence[CountLine]) -> str:
    titles = {
        "hand-over": _("Hand over %(code)s", code=box.code),
        "return": _("Take %(code)s back", code=box.code),
        "check": _("Check %(code)s", code=box.code),
    }
    values: dict[str, Any] = boxes_context(BASE)
    return render_template(
        "manage/boxes/returns/count.html",
        loan=loan, box=box, moment=moment, form=form, lines=lines, title=titles[moment], here=_address(loan),
        period=period_words(loan.period), **values,
    )  # fmt: skip


def _is_due(held: LoanBoxRow, moment: CountMoment) -> bool:
    if moment is CountMoment.HAND_OVER:
        return held.handed_over_at is None
    return held.is_away if moment is CountMoment.RETURN else bool(held.returned_at and not held.checked_at)


def _find(reference: str, code: str) -> tuple[LoanRow, LoanBoxRow | None, BoxRow]:
    """Raises LoanNotFound, BoxNotFound."""
    organiser_id = current_organiser_id()
    loan = get_loan_by_reference(reference.replace("\x00", ""), organiser_id=organiser_id)
    box = get_box(organiser_id, code.replace("\x00", ""))
    return loan, next((held for held in loan.loan_boxes if held.box_id == box.id), None), box


def _all(wanted: LoanFilter) -> list[LoanRow]:
    """Every page of them: boxes that are out are few."""
    organiser_id = current_organiser_id()
    page = list_loans(organiser_id, wanted)
    found = list(page.loans)
    for number in range(2, page.pages + 1):
        found += list_loans(organiser_id, wanted, number).loans
    return found


def _address(loan: LoanRow) -> str:
    return f"/manage/boxes/loans/{loan.reference}"
