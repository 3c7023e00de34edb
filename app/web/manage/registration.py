"""One registration: all that is known of it, its history, and what its status allows."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask import Response as FlaskResponse
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts.queries import get_organiser
from app.accounts.rules import Ability
from app.checkin.operations.counting_out import count_out, may_count_out
from app.checkin.queries import get_whereabouts
from app.core import clock
from app.core.errors import FieldError, MoveNotAllowed, NotFound
from app.core.i18n import as_locale
from app.core.transaction import in_transaction, transaction
from app.events.enums import EDITABLE, Enrolment, ReasonUse
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow
from app.registrations.drafts import Headcount
from app.registrations.enums import REGISTRATION_MOVES, RegistrationMove, RegistrationStatus
from app.registrations.errors import ChangeClosed
from app.registrations.itinerary import visits_by_wave
from app.registrations.operations import (
    cancel_registration,
    change_answers,
    change_registration,
    issue_route_cards,
    send_links_again,
)
from app.registrations.papers import admits, route_cards_pdf_of
from app.registrations.queries import FORGOTTEN, RegistrationRow, waiting_before
from app.registrations.queue import get_open_places
from app.web.answer_responses import answer_lines, send_file
from app.web.answer_uploads import kept_answers, sent_answers, wants_removal
from app.web.forms.answers import AnswerField, answer_problems, kept_answers_of, show_refused_answers
from app.web.forms.base import choices
from app.web.forms.reasons import StaffCancelForm, reason_choices, reasons_told
from app.web.forms.staff_registration import ChangeForm
from app.web.guards import allows, current_actor, current_organiser_id, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import TAKES_PEOPLE, event_context, get_own_registration
from app.web.manage.history import list_timeline
from app.web.manage.registrations import way_back
from app.web.manage.waiting_words import until_words
from app.web.manage.wave_choices import full_words, wave_rows

blueprint = Blueprint("manage_registration", __name__, url_prefix="/manage/events/<slug>/registrations/<reference>")

Answer = str | tuple[str, int] | Response
_REFUSED = _l("This registration can no longer be changed.")


@blueprint.get("")
@event_staff(Ability.LIST_SEE)
def show(slug: str, reference: str) -> str:
    event, registration = get_own_registration(slug, reference)
    inside, came = get_whereabouts(event, registration.id, now=clock.now())
    waiting = registration.status.value == "waitlisted"
    return render_template(
        "manage/registrations/show.html",
        inside=inside,
        came=came,
        visits=visits_by_wave(event, registration),
        ahead=waiting_before(registration) if waiting else None,
        offered_until=until_words(event, registration.offer_expires_at) if registration.offer_expires_at else "",
        may_correct=allows(Ability.REGISTRATIONS_CHANGE) and may_correct(event, registration),
        timeline=list_timeline(event, registration),
        answers=answer_lines(event, registration, missing=registration.alive) if allows(Ability.PEOPLE_SEE) else [],
        **reasons_told(registration),
        **way_back(event, registration.id),
        **page_context(event, registration),
    )


@blueprint.get("/change")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask_change(slug: str, reference: str) -> str:
    event, registration = get_own_registration(slug, reference)
    _require(event, registration, RegistrationMove.CHANGE)
    form: Any = ChangeForm(formdata=None)
    form.waves.data = [str(w) for w in registration.waves]
    form.headcount.form.participants.data = registration.participants
    form.headcount.form.companions.data = registration.companions
    return _change_page(event, registration, form, kept_answers(event, registration))


@blueprint.post("/change")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def change(slug: str, reference: str) -> Answer:
    event, registration = get_own_registration(slug, reference)
    _require(event, registration, RegistrationMove.CHANGE)
    form: Any = ChangeForm()
    form.waves.choices = choices({str(w.id): "" for w in event.waves})
    if not registration.is_group:
        count = form.headcount.form
        count.participants.data, count.companions.data = 1, 0
    fields = sent_answers(event, registration.audience, registration)
    if wants_removal(request.form):
        return _change_page(event, registration, form, fields)
    right = [form.validate_on_submit(), *(field.validate() for field in fields)]
    if not all(right) or not _change(event, registration, form, fields):
        return _change_page(event, registration, form, fields), 422
    flash(_("Changed. The new ticket takes the place of the old one."), "ok")
    return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")


def _change(event: EventRow, registration: RegistrationRow, form: Any, fields: list[AnswerField]) -> bool:
    """Places and answers in one step, or neither; False when it is refused, told at the form."""
    count = form.headcount.form
    waves = tuple(int(w) for w in form.waves.data or ())

    def work() -> None:
        by, now = current_actor(), clock.now()
        change_registration(
            registration.id,
            waves=waves if set(waves) != set(registration.waves) else None,
            headcount=Headcount(count.participants.data, count.companions.data or 0),
            by=by,
            now=now,
        )
        if fields:
            change_answers(registration.id, kept_answers_of(fields), by=by, now=now)

    try:
        in_transaction(work)
    except (WaveFull, AudienceFull) as error:
        form.waves.errors = [full_words(event, error, registration.audience, group=registration.is_group)]
    except FieldError as error:
        form.show_refusal(show_refused_answers(fields, error))
    except (ChangeClosed, MoveNotAllowed):
        form.form_errors.append(str(_REFUSED))
    else:
        return True
    return False


@blueprint.get("/cancel")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ask_cancel(slug: str, reference: str) -> str:
    event, registration = get_own_registration(slug, reference)
    _require(event, registration, RegistrationMove.CANCEL)
    return _cancel_page(event, registration, _cancel_form(registration, formdata=None))


@blueprint.post("/cancel")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def cancel(slug: str, reference: str) -> Answer:
    event, registration = get_own_registration(slug, reference)
    if RegistrationMove.CANCEL not in allowed_moves(event, registration):
        cancelled = registration.status is RegistrationStatus.CANCELLED
        refused = _("It was cancelled already: nothing changed.") if cancelled else _REFUSED
        flash(str(refused), "waiting")
        return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")
    form: Any = _cancel_form(registration)
    if not form.validate_on_submit():
        return _cancel_page(event, registration, form), 422
    reason, code = form.reason.data or "", form.code.data
    try:
        with transaction():
            if form.count_out.data:
                count_out(event, registration.id, by=current_actor(), now=clock.now())
            cancel_registration(registration.id, reason=reason, code=code, by=current_actor(), now=clock.now())
    except FieldError as error:
        form.show_refusal(error)
        return _cancel_page(event, registration, form), 422
    except (MoveNotAllowed, ChangeClosed):
        flash(str(_REFUSED), "waiting")
    else:
        people = registration.people
        text = ngettext("Cancelled: %(num)d place is free.", "Cancelled: %(num)d places are free.", people)
        flash(text if registration.status.value == "confirmed" else _("Cancelled."), "ok")
    return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")


@blueprint.post("/mail")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def send_again(slug: str, reference: str) -> Response:
    event, registration = get_own_registration(slug, reference)
    sent = 0
    if registration.contact_email and registration.alive:
        with transaction():
            sent = send_links_again(event, registration.contact_email, now=clock.now())
    if sent:
        flash(_("The link leaves for %(mail)s.", mail=registration.contact_email), "ok")
    else:
        flash(_("There is no mail address, or the registration no longer stands."), "waiting")
    return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")


@blueprint.post("/cards")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def make_cards(slug: str, reference: str) -> Response:
    _event, registration = get_own_registration(slug, reference)
    if not registration.is_group:
        raise NotFound("route cards are for groups")
    with transaction():
        count = issue_route_cards(registration.id, by=current_actor(), now=clock.now())
    flash(ngettext("%(num)d card is ready to print.", "%(num)d cards are ready to print.", count), "ok")
    return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")


@blueprint.get("/cards.pdf")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def print_cards(slug: str, reference: str) -> Response:
    event, registration = get_own_registration(slug, reference)
    if not registration.cards or not admits(event, registration):
        raise NotFound("no cards yet")
    organiser = get_organiser(current_organiser_id())
    content = route_cards_pdf_of(event, registration, as_locale(registration.locale), organiser=organiser)
    answer = FlaskResponse(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{registration.reference}-cards.pdf"'
    return answer


@blueprint.get("/files/<key>")
@event_staff(Ability.PEOPLE_SEE)
def file(slug: str, reference: str, key: str) -> Response:
    """A file that answers a question of the event."""
    event, registration = get_own_registration(slug, reference)
    return send_file(event, registration, key)


def may_correct(event: EventRow, registration: RegistrationRow) -> bool:
    """Whether who is registered can be put right: while the event takes changes, unless the name was erased."""
    return event.state in TAKES_PEOPLE and registration.contact_name != FORGOTTEN


def allowed_moves(event: EventRow, registration: RegistrationRow) -> frozenset[RegistrationMove]:
    """What its status allows while the event takes changes."""
    return REGISTRATION_MOVES[registration.status] if event.state in EDITABLE else frozenset()


def _require(event: EventRow, registration: RegistrationRow, move: RegistrationMove) -> None:
    if move not in allowed_moves(event, registration):
        raise MoveNotAllowed(move, registration.status)


def page_context(event: EventRow, registration: RegistrationRow) -> dict[str, Any]:
    """What every page of one registration reads."""
    return {
        "registration": registration,
        "waves": [w for w in event.waves if w.id in registration.waves],
        "moves": {m.value for m in allowed_moves(event, registration)},
        "here": f"/manage/events/{event.slug}/registrations/{registration.reference}",
        **event_context(event, "registrations"),
    }


def _change_page(event: EventRow, registration: RegistrationRow, form: Any, fields: list[AnswerField]) -> str:
    form.waves.choices = choices({str(w.id): "" for w in event.waves})
    held = dict.fromkeys(registration.waves, registration.people) if registration.status.value == "confirmed" else {}
    return render_template(
        "manage/registrations/change.html",
        form=form,
        problems=form.list_problems() + answer_problems(fields),
        answer_fields=fields,
        asks_files=any(field.is_file for field in fields),
        rows=wave_rows(
            event,
            get_open_places(event, now=clock.now()),
            registration.audience,
            group=registration.is_group,
            held=held,
        ),
        several=event.enrolment is Enrolment.SEVERAL,
        all_waves=event.enrolment is Enrolment.ALL,
        **page_context(event, registration),
    )


def _cancel_form(registration: RegistrationRow, **kwargs: Any) -> StaffCancelForm:
    """Who waits is refused a place; who has one loses it."""
    held = registration.status is RegistrationStatus.CONFIRMED
    use = ReasonUse.REGISTRATION_CANCELLED if held else ReasonUse.REFUSED
    return StaffCancelForm(reason_choices(current_organiser_id(), use, current_locale()), **kwargs)


def _cancel_page(event: EventRow, registration: RegistrationRow, form: StaffCancelForm) -> str:
    inside, came = get_whereabouts(event, registration.id, now=clock.now())
    people = {"came": came.people, "inside": inside.people if may_count_out(event) else 0}
    return render_template("manage/registrations/cancel.html", form=form, **people, **page_context(event, registration))
