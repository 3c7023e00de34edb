"""Hand-over, return and check on a phone: contents ticked or counted, photos, both parties named; what waits for either."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.boxes.enums import BoxCondition, LentKind, OutReason
from app.boxes.errors import BoxNotFound
from app.boxes.operations.files import Upload, keep_photo
from app.boxes.queries import find_labelled, get_box, get_scenario_by_id, list_contents
from app.boxes.rows import BoxRow
from app.core import clock
from app.core.errors import Conflict, FieldError
from app.core.transaction import transaction
from app.loans.drafts import CheckDraft
from app.loans.enums import CountMoment, LoanState
from app.loans.operations import check_box, give_up_rest, hand_over, take_back
from app.loans.queries import LoanBoxRow, LoanFilter, LoanRow, get_loan_by_reference, list_loans
from app.resources.calendars import lending_zone
from app.resources.halfdays import half_day_at
from app.web.forms.base import text_of
from app.web.forms.loan_counts import REST_LABELS, CheckForm, CountForm, HandForm, ReturnForm
from app.web.guards import current_account, current_actor, current_organiser_id, staff
from app.web.loan_labels import conflict_words, half_words, period_words, short_period
from app.web.manage.boxes_closed import closed_turns
from app.web.manage.boxes_counting import CountLine, counts_of, first_lines, problems_words, read_lines
from app.web.manage.boxes_done import is_due, undue_words
from app.web.manage.boxes_due import SOON, due_address, in_the_way
from app.web.manage.boxes_photos import MOST_PHOTOS, ROOM_BYTES, again_words, photo_problem, read_photos
from app.web.manage.boxes_tabs import LENDS, boxes_context

blueprint = Blueprint("manage_boxes_returns", __name__, url_prefix="/manage/boxes")

Answer = str | tuple[str, int] | Response
BASE = "/manage/boxes/returns"
FORMS: dict[str, type[CountForm]] = {"hand-over": HandForm, "return": ReturnForm, "check": CheckForm}
MOMENTS = {"hand-over": CountMoment.HAND_OVER, "return": CountMoment.RETURN, "check": CountMoment.CHECK}


class Leaving(NamedTuple):
    """A box to hand over. `begun`: its loan's first half-day has; `over`: so has its last, and nobody came."""

    loan: LoanRow
    box: LoanBoxRow
    begun: bool
    over: bool


@blueprint.url_value_preprocessor
def make_room_for_photos(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Photos as large as phones take them fit, so that a file too many is answered on the page and the counts stay."""
    if endpoint == f"{blueprint.name}.save":
        request.max_content_length = max(ROOM_BYTES, current_app.config["MAX_CONTENT_LENGTH"])


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
    leaving = sorted((loan for loan in [*agreed, *out] if loan.rest), key=lambda loan: (loan.period.first, loan.id))
    return render_template(
        "manage/boxes/returns/list.html",
        to_check=[(loan, box) for loan in back for box in loan.loan_boxes if box.returned_at and not box.checked_at],
        awaited=[(loan, box, loan.period.ends_at(zone) <= now) for loan, box in awaited],
        to_hand_over=[
            Leaving(loan, box, loan.period.starts_at(zone) <= now, loan.period.ends_at(zone) <= now)
            for loan in leaving
            for box in loan.rest
        ],
        closed_turns=closed_turns([*out, *leaving], now=now),
        half_words=half_words,
        period_words=period_words,
        **boxes_context(BASE),
    )


@blueprint.get("/scan")
@staff(LENDS)
def scan() -> Response:
    """Where a code that somebody typed, or a label's address, leads: to what is to be done with that box now."""
    typed = request.args.get("code", "").replace("\x00", "").strip()[:200]
    labelled = find_labelled(typed.rpartition("/b/")[2]) if "/b/" in typed else None
    if labelled is not None and labelled.organiser_id == current_organiser_id():
        return redirect(due_address(labelled))
    try:
        return redirect(due_address(get_box(current_organiser_id(), typed.upper())))
    except BoxNotFound:
        flash(_("No box has the code “%(code)s”.", code=typed) if typed else _("Type the code of a box."), "waiting")
        return redirect(BASE)


@blueprint.get("/loans/<reference>/boxes/<code>/<any('hand-over', 'return', 'check'):moment>")
@staff(LENDS)
def show(reference: str, code: str, moment: str) -> Answer:
    loan, held, box = _find(reference, code)
    if held is None or not is_due(held, MOMENTS[moment]):
        return _not_due(loan, held, box, moment)
    lines = first_lines(list_contents(box), MOMENTS[moment])
    return _page(loan, box, moment, _form(loan, moment, lines), lines)


@blueprint.post("/loans/<reference>/boxes/<code>/<any('hand-over', 'return', 'check'):moment>")
@staff(LENDS)
def save(reference: str, code: str, moment: str) -> Answer:
    loan, held, box = _find(reference, code)
    if held is None or not is_due(held, MOMENTS[moment]):
        return _not_due(loan, held, box, moment)
    form, all_there = FORMS[moment](), "all_there" in request.form
    lines = read_lines(list_contents(box), all_there=all_there)
    if all_there:
        form.photos.errors = again_words([])
        return _page(loan, box, moment, form, lines)
    if _stopped_by(loan, box, moment):
        form.photos.errors = again_words([])
        return _page(loan, box, moment, form, lines), 422
    is_valid = form.validate_on_submit() and not any(line.problem for line in lines)
    photos, problems = read_photos()
    rest = _rest(loan, box) if moment == "return" else []
    if isinstance(form, ReturnForm) and rest and form.rest.data not in REST_LABELS:
        form.rest.errors = [_("Choose one.")]
        is_valid = False
    if not is_valid or problems:
        form.photos.errors = again_words(problems)
        return _page(loan, box, moment, form, lines), 422
    try:
        with transaction():
            _write(loan, held, MOMENTS[moment], form, lines, photos)
    except FieldError as error:
        form.photos.errors = again_words([photo_problem(c) for key, c in error.problems.items() if key == "file"])
        form.show_refusal(FieldError({key: c for key, c in error.problems.items() if key != "file"}))
        return _page(loan, box, moment, form, lines), 422
    except Conflict as error:
        loan, held, box = _find(reference, code)  # somebody else may have counted it meanwhile
        if held is None or not is_due(held, MOMENTS[moment]):
            return _not_due(loan, held, box, moment)
        if _stopped_by(loan, box, moment):
            form.photos.errors = again_words([])
            return _page(loan, box, moment, form, lines), 422
        flash(conflict_words(error), "waiting")
        return redirect(_address(loan))
    said = {"hand-over": _("%(code)s is handed over.", code=box.code), "return": _("%(code)s is back.", code=box.code)}
    flash(said.get(moment) or _("%(code)s is checked.", code=box.code), "ok")
    return redirect(_address(loan))


@blueprint.post("/loans/<reference>/rest")
@staff(LENDS)
def give_up(reference: str) -> Response:
    """The boxes that nobody came for, once all others are back, are free for others."""
    loan = get_loan_by_reference(reference.replace("\x00", ""), organiser_id=current_organiser_id())
    codes = ", ".join(box.code for box in loan.rest)
    if not codes:
        flash(_("All boxes of this loan were fetched or given up already."), "waiting")
        return redirect(_address(loan))
    try:
        with transaction():
            give_up_rest(loan.id, by=current_actor(), now=clock.now())
    except Conflict as error:
        flash(conflict_words(error), "waiting")
    else:
        flash(_("Free for others: %(codes)s.", codes=codes), "ok")
    return redirect(_address(loan))


def _not_due(loan: LoanRow, held: LoanBoxRow | None, box: BoxRow, moment: str) -> Response:
    """Nothing is counted: what was done with the box already, or comes first, is said on the loan's page."""
    flash(undue_words(box.code, held, MOMENTS[moment], sent=request.method == "POST"), "waiting")
    return redirect(_address(loan))


def _write(
    loan: LoanRow,
    held: LoanBoxRow,
    moment: CountMoment,
    form: CountForm,
    lines: Sequence[CountLine],
    photos: Sequence[Upload],
) -> None:
    """The count with its photos, which are of the same instant."""
    by, now, note = current_actor(), clock.now(), text_of(form.note)
    if isinstance(form, CheckForm):
        out = form.condition.data == BoxCondition.OUT_OF_SERVICE.value
        found = CheckDraft(
            BoxCondition(form.condition.data), tuple(counts_of(lines)), note,
            OutReason(form.out_reason.data) if out and form.out_reason.data else None,
            form.out_until.data if out else None,
        )  # fmt: skip
        check_box(loan.id, held.box_id, found, by=by, now=now)
    else:
        assert isinstance(form, HandForm)
        common: dict[str, Any] = {
            "given_by": text_of(form.given_by), "given_to": text_of(form.given_to), "counts": counts_of(lines),
            "note": note, "by": by, "now": now,
        }  # fmt: skip
        if isinstance(form, ReturnForm):
            keeps, players = form.rest.data == "keep", form.players_counted.data
            take_back(loan.id, held.box_id, **common, players_counted=players, keep_rest=keeps)
        else:
            hand_over(loan.id, held.box_id, **common)
    for photo in photos:
        keep_photo(
            held.box_id, photo, organiser_id=loan.organiser_id, by=by, now=now, note=note, loan_box_id=held.id
        )  # fmt: skip


def _form(loan: LoanRow, moment: str, lines: Sequence[CountLine]) -> CountForm:
    """Who gives and who takes are proposed; so is the condition that the last count speaks for."""
    ours, theirs = current_account().name, loan.contact_name
    if moment == "check":
        short = any(line.content.missing and not line.content.consumable for line in lines)
        return CheckForm(formdata=None, condition="incomplete" if short else "ready")
    if moment == "return":
        return ReturnForm(formdata=None, given_by=theirs, given_to=ours, players_counted=loan.players_counted)
    return HandForm(formdata=None, given_by=ours, given_to=theirs)


def _page(loan: LoanRow, box: BoxRow, moment: str, form: CountForm, lines: Sequence[CountLine]) -> str:
    titles = {
        "hand-over": _("Hand over %(code)s", code=box.code),
        "return": _("Take %(code)s back", code=box.code),
        "check": _("Check %(code)s", code=box.code),
    }
    is_early = moment == "hand-over" and clock.now() < loan.period.starts_at(lending_zone())
    return render_template(
        "manage/boxes/returns/count.html",
        loan=loan,
        box=box,
        moment=moment,
        form=form,
        lines=lines,
        title=titles[moment],
        here=_address(loan),
        period=short_period(loan.period),
        is_game=get_scenario_by_id(loan.scenario_id).kind is LentKind.GAME,
        begins=half_words(loan.period.first) if is_early else "",
        in_the_way=_stopped_by(loan, box, moment),
        sent=request.method == "POST",
        problems=problems_words(lines),
        rest=_rest(loan, box) if moment == "return" else [],
        most_photos=MOST_PHOTOS,
        **boxes_context(BASE),
    )


def _stopped_by(loan: LoanRow, box: BoxRow, moment: str) -> tuple[str, str, str, str] | None:
    """What stands in the way of a hand-over: said before anybody counts, and above what was counted meanwhile."""
    return in_the_way(loan, box) if moment == "hand-over" else None


def _rest(loan: LoanRow, box: BoxRow) -> list[str]:
    """Codes of the boxes that nobody came for, when this one is the last that is out: somebody is asked what becomes of them."""
    if any(held.is_away and held.box_id != box.id for held in loan.loan_boxes):
        return []
    return [held.code for held in loan.rest]


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
