from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.actor import SYSTEM
from app.core.transaction import transaction
from app.events.drafts import SpaceDraft, StopDraft, WaveDraft
from app.events.queries import EventRow
from app.flows.operations import publish_plan, start_plan
from app.flows.queries import WholePlan, get_plan_by_id
from app.registrations.drafts import Contact, Organisation
from app.registrations.operations import Registered
from tests.factories import DAY_ONE, NOW, class_draft, forum, make_event, make_organiser, make_registration
from tests.integration.mails.conftest import drain

HALF_HOUR = timedelta(minutes=30)


def led_forum(**changes: Any) -> Any:
    """Two waves of 120 at 9:00 and 9:40, three spaces of 60, 40 and 60 people; the last stop is a choice."""
    values: dict[str, Any] = {
        "waves": (
            WaveDraft(DAY_ONE, DAY_ONE + timedelta(minutes=40), 120),
            WaveDraft(DAY_ONE + timedelta(minutes=40), DAY_ONE + timedelta(minutes=80), 120),
        ),
        "spaces": (SpaceDraft("Grande salle", 60), SpaceDraft("Orientation", 40), SpaceDraft("Offres", 60)),
        "stops": (
            StopDraft("Stands métiers", 30, space="Grande salle"),
            StopDraft("Orientation", 20, space="Orientation"),
            StopDraft("Offres", 15, optional=True, space="Offres"),
        ),
        "transfer_minutes": 5,
    }
    return forum(**(values | changes))


def add_class(event: EventRow, label: str, *, wave: int = 0, participants: int = 28, **changes: Any) -> Registered:
    """A class with its own name and teacher, two adults with it."""
    draft = class_draft(
        event,
        participants=participants,
        waves=(event.waves[wave].id,),
        contact=Contact(f"Manon Lambert {label}", f"manon.{label.replace(' ', '').lower()}@example.org"),
        organisation=Organisation("Collège des Trois-Rivières", "0219100C", label, "Dijon"),
    )
    return make_registration(event, replace(draft, **changes))


def plan_now(event: EventRow, **options: Any) -> WholePlan:
    """A draft, made by a worker."""
    with transaction():
        plan_id = start_plan(event.id, by=SYSTEM, now=NOW, **options)
    drain()
    return get_plan_by_id(plan_id)


def publish(plan: WholePlan, **options: Any) -> tuple[int, ...]:
    with transaction():
        return publish_plan(plan.id, by=SYSTEM, now=NOW, revision=get_plan_by_id(plan.id).revision, **options)


@pytest.fixture
def event(whole_app: Flask) -> EventRow:
    """A published event with three classes of 30: two at 9:00, one at 9:40."""
    made = make_event(make_organiser(), led_forum())
    add_class(made, "3e A")
    add_class(made, "3e B")
    add_class(made, "3e C", wave=1)
    return made
