"""Registrations as they are sent and answered, between JSON and drafts."""

from typing import Any
from zoneinfo import ZoneInfo

from app.core.errors import FieldError
from app.core.i18n import LOCALES, as_locale
from app.core.urls import absolute, own_page_path
from app.events.queries import EventRow
from app.registrations.drafts import Contact, Headcount, Organisation, RegistrationDraft, Statistics
from app.registrations.enums import (
    AgeBand,
    Gender,
    RegistrationKind,
    RegistrationMove,
    RegistrationStatus,
    Source,
)
from app.registrations.queries import RegistrationRow
from app.web.api.fields import Answers, Body, Choice, Flag, Many, One, Text, as_id
from app.web.api.schemas import ID, HeadcountIn, HeadcountOut, Told, instant, many, one, text


class ContactIn(Body):
    name = Text(120, least=1, required=True)
    email = Text(254, metadata={"description": "An e-mail address or a telephone number is needed."})
    phone = Text(40)


class OrganisationIn(Body):
    name = Text(160, least=1, required=True)
    uai = Text(12, metadata={"description": "A school's number: 7 figures and a letter."})
    class_label = Text(60)
    commune = Text(120)


class StatisticsIn(Body):
    gender = Choice(Gender)
    age_band = Choice(AgeBand)
    priority_neighbourhood = Flag()
    rural_zone = Flag()
    recognised_disability = Flag()
    commune = Text(120)


class RegistrationIn(Body):
    kind = Choice(RegistrationKind, required=True)
    audience = Text(40, least=1, required=True)
    waves = Many(
        Text(40),
        most=2000,
        required=True,
        metadata={"description": "Ids. Empty is all waves where `enrolment` is `all`."},
    )
    contact = One(ContactIn, required=True, metadata={"description": "The person, or the group's responsible person."})
    headcount = One(HeadcountIn, metadata={"description": "For a group, and only for a group."})
    organisation = One(OrganisationIn)
    waitlist = Flag(metadata={"description": "When it is full, wait for a place instead of being refused."})
    locale = Text(35, metadata={"description": "Language of the mails: `fr` (without it) or `en`."})
    answers = Answers(
        metadata={
            "description": "Answers to the event's own questions, by question key. "
            "Questions of kind `file` are answered on the page only."
        }
    )
    oriented_by = Text(160, metadata={"description": "The structure or person who sent the visitor."})
    is_15_or_older = Flag()
    statistics = One(StatisticsIn, metadata={"description": "Optional; kept apart from the name. For individuals."})


class RegistrationMoveIn(Body):
    move = Choice(
        (RegistrationMove.CANCEL, RegistrationMove.CHANGE, RegistrationMove.ACCEPT, RegistrationMove.DECLINE),
        required=True,
        metadata={"description": "`accept` and `decline` answer places that are offered from the waiting list."},
    )
    waves = Many(Text(40), most=2000, metadata={"description": "For `change`: the new waves."})
    headcount = One(HeadcountIn, metadata={"description": "For `change`: the new headcount."})
    reason = Text(300, metadata={"description": "For `cancel`: the code of one of the organiser's reasons, or words."})


class TicketOut(Told):
    code = text("What the QR code holds, at the end of its address.")
    label = text()


class RegisteredOut(Told):
    reference = text("To read aloud and to type at the door, such as VT-7K3Q-9F. It opens nothing by itself.")
    status = text(enum=[s.value for s in RegistrationStatus])
    self_service_url = text("The person's own page: whoever has this address may change the registration.")
    tickets = many(TicketOut)


class ContactOut(Told):
    name = text()
    email = text()
    phone = text()


class OrganisationOut(Told):
    name = text()
    uai = text()
    class_label = text()
    commune = text()


class RegistrationOut(RegisteredOut):
    event = text("Slug.")
    kind = text(enum=[k.value for k in RegistrationKind])
    audience = text()
    waves = many(text(**ID))
    headcount = one(HeadcountOut)
    contact = one(ContactOut)
    organisation = one(OrganisationOut)
    oriented_by = text()
    locale = text(enum=list(LOCALES))
    registered_at = instant()
    changed_at = instant()
    cancel_code = text("The coded reason; `other` when it was told in words alone, empty when none was told.")
    cancel_reason = text("The reason in words.")
    offer_expires_at = instant(
        "Until when places are offered to it; null for a registration that has no offer.", null=True
    )


def draft_from(sent: dict[str, Any]) -> RegistrationDraft:
    """The draft that a body says. Raises FieldError."""
    kind = RegistrationKind(sent["kind"])
    organisation = sent.get("organisation") or {}
    statistics = sent.get("statistics") or {}
    contact = sent["contact"]
    return RegistrationDraft(
        kind=kind,
        audience=sent["audience"],
        waves=wave_ids(sent["waves"]),
        contact=Contact(contact["name"], contact.get("email") or "", contact.get("phone") or ""),
        headcount=_headcount(kind, sent.get("headcount")),
        organisation=Organisation(**{name: value or "" for name, value in organisation.items()}),
        waitlist=bool(sent.get("waitlist")),
        locale=as_locale(sent.get("locale")),
        is_15_or_older=sent.get("is_15_or_older"),
        statistics=_statistics(statistics),
        oriented_by=sent.get("oriented_by") or "",
        source=Source.API,
        answers=sent.get("answers") or {},
    )


def wave_ids(sent: list[str]) -> tuple[int, ...]:
    """Raises FieldError, with the place of the first one that is none of ours."""
    found = [as_id(item) for item in sent]
    problems = {f"waves/{index}": "unknown_wave" for index, wave_id in enumerate(found) if wave_id is None}
    if problems:
        raise FieldError(problems)
    return tuple(wave_id for wave_id in found if wave_id is not None)


def headcount_from(sent: dict[str, Any] | None) -> Headcount | None:
    return None if sent is None else Headcount(sent["participants"], sent.get("companions") or 0)


def _headcount(kind: RegistrationKind, sent: dict[str, Any] | None) -> Headcount:
    headcount = headcount_from(sent)
    if kind is RegistrationKind.GROUP:
        if headcount is None:
            raise FieldError({"headcount": "required"})
        return headcount
    if headcount not in {None, Headcount()}:
        raise FieldError({"headcount": "individual_is_one"})
    return Headcount()


def _statistics(sent: dict[str, Any]) -> Statistics:
    gender, band = sent.get("gender"), sent.get("age_band")
    return Statistics(
        gender=None if gender is None else Gender(gender),
        age_band=None if band is None else AgeBand(band),
        priority_neighbourhood=sent.get("priority_neighbourhood"),
        rural_zone=sent.get("rural_zone"),
        recognised_disability=sent.get("recognised_disability"),
        commune=sent.get("commune") or "",
    )


def registration_body(registration: RegistrationRow, event: EventRow) -> dict[str, Any]:
    """A registration's state."""
    zone = ZoneInfo(event.timezone)
    holder = registration.holder
    until, offered = registration.offer_expires_at, registration.status is RegistrationStatus.OFFERED
    tickets = [(registration.ticket.code, registration.ticket.label or holder)]
    tickets += [(card.code, card.label) for card in registration.cards]
    return {
        "reference": registration.reference,
        "status": registration.status.value,
        "self_service_url": absolute(own_page_path(registration.token)),
        "tickets": [{"code": code, "label": label} for code, label in tickets],
        "event": event.slug,
        "kind": registration.kind.value,
        "audience": registration.audience,
        "waves": [str(wave_id) for wave_id in registration.waves],
        "headcount": {"participants": registration.participants, "companions": registration.companions},
        "contact": {
            "name": registration.contact_name, "email": registration.contact_email, "phone": registration.contact_phone,
        },
        "organisation": {
            "name": registration.organisation_name, "uai": registration.uai, "class_label": registration.class_label,
            "commune": registration.commune,
        },
        "oriented_by": registration.oriented_by,
        "locale": registration.locale,
        "registered_at": registration.created_at.astimezone(zone).isoformat(),
        "changed_at": registration.updated_at.astimezone(zone).isoformat(),
        "cancel_code": registration.cancel_code,
        "cancel_reason": registration.cancel_reason,
        "offer_expires_at": until.astimezone(zone).isoformat() if until is not None and offered else None,
    }  # fmt: skip
