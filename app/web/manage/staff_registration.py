"""Registering somebody who has no mailbox: by telephone or at a desk, with a ticket to print."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts.rules import Ability, is_within, row_limit
from app.core import clock
from app.core.errors import DatabaseBusy, FieldError, WriteConflict
from app.core.transaction import in_transaction
from app.events.enums import Enrolment, EventState, QuestionKind
from app.events.errors import AudienceFull, WaveFull
from app.events.queries import EventRow
from app.events.questions import missing_answers
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft
from app.registrations.enums import RegistrationKind, Source
from app.registrations.errors import AlreadyRegistered, RegistrationClosed
from app.registrations.itinerary import visits_by_wave
from app.registrations.operations import Registered, register
from app.registrations.queries import get_by_reference, get_registration
from app.registrations.queue import get_open_places
from app.web.answer_uploads import sent_answers, wants_removal
from app.web.forms.answers import (
    AnswerField,
    answer_problems,
    filled_fields,
    kept_answers_of,
    show_refused_answers,
)
from app.web.forms.base import choices
from app.web.forms.staff_registration import StaffRegistrationForm
from app.web.guards import current_access, current_actor, current_organiser_id, event_staff
from app.web.i18n import current_locale
from app.web.manage.event_page import event_context, get_own_event
from app.web.manage.wave_choices import full_words, party_words, wave_rows

blueprint = Blueprint("manage_staff_registration", __name__, url_prefix="/manage/events/<slug>/registrations")

Answer = str | tuple[str, int] | Response


@blueprint.get("/new")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def new(slug: str) -> str:
    event = get_own_event(slug)
    form: Any = StaffRegistrationForm(formdata=None, locale=current_locale(), **_preset(event))
    form.headcount.form.participants.data = form.headcount.form.participants.data or 1
    return _page(event, form)


def _preset(event: EventRow) -> dict[str, object]:
    """What the address proposes: the audience and wave of the registration made just before."""
    args = request.args
    waves = [w for w in args.getlist("wave") if w.isdecimal()]
    return {
        "audience": args.get("audience"),
        "waves": waves,
        "kind": args.get("kind") or RegistrationKind.INDIVIDUAL.value,
    }


@blueprint.post("/new")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def create(slug: str) -> Answer:
    """Register; with `refresh`, show the places for who is chosen now, and all that was typed."""
    event = get_own_event(slug)
    form: Any = StaffRegistrationForm()
    _offer_choices(form, event)
    if form.kind.data == RegistrationKind.INDIVIDUAL.value:
        form.forget_group()
    fields = sent_answers(event, form.audience.data or "")
    if request.form.get("refresh") or wants_removal(request.form):
        form.forget_errors()
        return _page(event, form, fields)
    right = [form.validate_on_submit(), *(field.validate() for field in fields)]
    if not all(right):
        return _page(event, form, fields), 422
    try:
        made = _register(event, form, fields)
    except (DatabaseBusy, WriteConflict):
        form.form_errors.append(_("Many people register at the moment. Your answers are kept: press the button again."))
        return _page(event, form, fields), 503
    if made is None:
        return _page(event, form, fields), 422
    return redirect(f"/manage/events/{slug}/registrations/{made.reference}/ticket")


def _register(event: EventRow, form: Any, fields: list[AnswerField]) -> Registered | None:
    """Register, or put each problem where it belongs and return None. Raises DatabaseBusy, WriteConflict."""
    draft = replace(_draft(event, form), answers=dict(kept_answers_of(fields)))
    if not is_within(row_limit(current_access()), group=draft.kind is RegistrationKind.GROUP, audience=draft.audience):
        form.audience.errors = [_("You register classes and groups. Choose a group, or the school audience.")]
        return None
    group = draft.kind is RegistrationKind.GROUP
    try:
        return in_transaction(lambda: register(event, draft, by=current_actor(), now=clock.now()))
    except (WaveFull, AudienceFull) as error:
        form.waves.errors = [full_words(event, error, draft.audience, draft.headcount.people, group=group)]
    except AlreadyRegistered as error:
        other = get_registration(error.registration_id)
        form.contact.form.email.errors = [
            _("This address is registered already, number %(number)s.", number=other.reference)
        ]
    except RegistrationClosed:
        form.form_errors.append(_("This event takes no registrations: it is a draft, archived or called off."))
    except FieldError as error:
        form.show_refusal(show_refused_answers(fields, error))
    return None


def _draft(event: EventRow, form: Any) -> RegistrationDraft:
    contact, structure, count = form.contact.form, form.organisation.form, form.headcount.form
    group = form.kind.data == RegistrationKind.GROUP.value
    return RegistrationDraft(
        kind=RegistrationKind(form.kind.data),
        audience=form.audience.data,
        waves=() if event.enrolment is Enrolment.ALL else tuple(int(w) for w in form.waves.data or ()),
        contact=Contact(contact.name.data, contact.email.data or "", contact.phone.data or ""),
        headcount=Headcount(count.participants.data or 0, count.companions.data or 0) if group else Headcount(),
        organisation=Organisation(
            structure.name.data, structure.uai.data, structure.class_label.data, structure.commune.data
        ),
        waitlist=form.waitlist.data,
        locale=form.locale.data,
        is_15_or_older={"yes": True, "no": False}.get(form.is_15_or_older.data or ""),
        oriented_by=form.oriented_by.data,
        source=Source.STAFF,
    )


@blueprint.get("/<reference>/ticket")
@event_staff(Ability.REGISTRATIONS_CHANGE)
def ticket(slug: str, reference: str) -> str | Response:
    """What to do after registering somebody: print, or go on with the next person."""
    event = get_own_event(slug)
    registration = get_by_reference(reference, organiser_id=current_organiser_id())
    limit = row_limit(current_access())
    its_rows = is_within(limit, group=registration.is_group, audience=registration.audience)
    if registration.event_id != event.id or not its_rows:
        return redirect(f"/manage/events/{slug}/registrations")
    if not registration.alive:  # cancelled since: there is nothing to print
        return redirect(f"/manage/events/{slug}/registrations/{registration.reference}")
    unanswered = missing_answers(event.questions, registration.audience, registration.answers)
    return render_template(
        "manage/registrations/ticket.html",
        registration=registration,
        waves=[w for w in event.waves if w.id in registration.waves],
        visits=visits_by_wave(event, registration),
        missing=[q.label(current_locale()) for q in unanswered],
        **event_context(event, "registrations"),
    )


def _offer_choices(form: StaffRegistrationForm, event: EventRow) -> None:
    form.audience.choices = choices({a.code: a.label(current_locale()) for a in event.audiences})
    form.waves.choices = choices({str(w.id): "" for w in event.waves})


def _page(event: EventRow, form: Any, fields: list[AnswerField] | None = None) -> str:
    _offer_choices(form, event)
    known = [a.code for a in event.audiences]
    audience = form.audience.data if form.audience.data in known else (known or [""])[0]
    if fields is None:
        fields = filled_fields(event.questions, audience, {}, complete=False)
    group = form.kind.data == RegistrationKind.GROUP.value
    count = form.headcount.form
    people = max(1, (count.participants.data or 0) + (count.companions.data or 0)) if group else 1
    return render_template(
        "manage/registrations/new.html",
        form=form,
        problems=form.list_problems() + answer_problems(fields),
        answer_fields=fields,
        asks_files=any(q.kind is QuestionKind.FILE and not q.retired for q in event.questions),
        rows=wave_rows(event, get_open_places(event, now=clock.now()), audience, group=group, people=people),
        places_for=party_words(event, audience, group=group, people=people),
        several=event.enrolment is Enrolment.SEVERAL,
        all_waves=event.enrolment is Enrolment.ALL,
        open=event.state in {EventState.PUBLISHED, EventState.CLOSED},
        **event_context(event, "registrations"),
    )
