"""One's own answers to the event's questions, from the page of the registration: seen, changed, files fetched again."""

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import DatabaseBusy, FieldError, NotFound
from app.core.transaction import transaction
from app.core.urls import own_page_path
from app.events.queries import EventRow
from app.events.questions import QuestionRow, asked_again
from app.registrations.errors import ChangeClosed, RegistrationNotFound
from app.registrations.operations import change_answers
from app.registrations.queries import RegistrationRow
from app.registrations.rules import may_answer
from app.web.answer_responses import send_file
from app.web.answer_uploads import take_files, wants_removal
from app.web.forms.answers import (
    AnswerField,
    answer_fields,
    filled_fields,
    find_their_files,
    kept_answers_of,
    show_refused_answers,
)
from app.web.guards import current_actor, own_link
from app.web.problems import RETRY_AFTER_BUSY
from app.web.public.found import registration_of_link
from app.web.public.tickets import unknown_link

blueprint = Blueprint("public_own_answers", __name__)
blueprint.register_error_handler(RegistrationNotFound, unknown_link)

Answer = str | tuple[str, int] | Response


@blueprint.get("/r/<token>/answers")
@own_link
def show(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if not may_change_answers(event, registration):
        return _too_late(event, registration)
    fields = filled_fields(_questions(event, registration), registration.audience, registration.answers)
    find_their_files(fields, event, registration_id=registration.id)
    return _page(event, registration, fields)


@blueprint.post("/r/<token>/answers")
@own_link
def save(token: str) -> Answer:
    registration, event = registration_of_link(token)
    if not may_change_answers(event, registration):
        return _too_late(event, registration)
    sent: MultiDict[str, str] = MultiDict(request.form)
    refused = take_files(event, registration.audience, sent)
    fields = answer_fields(_questions(event, registration), registration.audience, sent)
    find_their_files(fields, event, registration_id=registration.id, refused=refused)
    if wants_removal(sent):
        return _page(event, registration, fields)
    right = [field.validate() for field in fields]
    if not all(right):
        return _page(event, registration, fields), 422
    return _save(event, registration, fields)


def _save(event: EventRow, registration: RegistrationRow, fields: list[AnswerField]) -> Answer:
    try:
        with transaction():
            change_answers(registration.id, kept_answers_of(fields), by=current_actor(), now=clock.now())
    except FieldError as error:
        show_refused_answers(fields, error)
        return _page(event, registration, fields), 422
    except ChangeClosed:
        return _too_late(event, registration)
    except DatabaseBusy:
        page = make_response(_page(event, registration, fields, busy=True), 503)
        page.headers["Retry-After"] = str(RETRY_AFTER_BUSY)
        return page
    flash(_("Your answers are noted."), "ok")
    return redirect(own_page_path(registration.token), 303)


@blueprint.get("/r/<token>/files/<key>")
@own_link
def file(token: str, key: str) -> Response:
    """The file that the person gave to a question."""
    registration, event = registration_of_link(token)
    try:
        return send_file(event, registration, key)
    except NotFound as error:
        raise RegistrationNotFound from error


def may_change_answers(event: EventRow, registration: RegistrationRow) -> bool:
    """Whether the person is asked something that they may still answer."""
    asked = any(question.is_asked_of(registration.audience) for question in event.questions)
    return asked and registration.alive and may_answer(event, registration.waves, staff=False, now=clock.now())


def _questions(event: EventRow, registration: RegistrationRow) -> list[QuestionRow]:
    return asked_again(event.questions, registration.audience, registration.answers)


def _too_late(event: EventRow, registration: RegistrationRow) -> Answer:
    page = render_template("public/own_page/too_late.html", event=event, base=own_page_path(registration.token))
    return page, 409


def _page(event: EventRow, registration: RegistrationRow, fields: list[AnswerField], *, busy: bool = False) -> str:
    return render_template(
        "public/own_page/answers.html",
        event=event,
        registration=registration,
        base=own_page_path(registration.token),
        fields=fields,
        problems=[field for field in fields if field.errors],
        asks_files=any(field.is_file for field in fields),
        busy=busy,
        school=event.audience(registration.audience).school,
    )
