"""The only HTTP: pages for visitors, organisers and doors, and the API. Each view declares its guard."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from app.web.api import register_api
from app.web.context import init_app as init_context
from app.web.door.api import blueprint as door_api
from app.web.door.enrol import blueprint as door_enrol
from app.web.door.pages import blueprint as door
from app.web.door.practice import blueprint as door_practice
from app.web.door.shell import blueprint as door_shell
from app.web.door.sync import blueprint as door_sync
from app.web.errors import init_app as init_errors
from app.web.feeds.organisers import blueprint as feeds
from app.web.filters import init_app as init_filters
from app.web.guards import init_app as init_guards
from app.web.headers import init_app as init_headers
from app.web.i18n import init_app as init_i18n
from app.web.manage.account import blueprint as manage_account
from app.web.manage.bin import blueprint as manage_bin
from app.web.manage.boxes_all import blueprint as manage_boxes_all
from app.web.manage.boxes_board import blueprint as manage_boxes_board
from app.web.manage.boxes_board_move import blueprint as manage_boxes_board_move
from app.web.manage.boxes_calendars import blueprint as manage_boxes_calendars
from app.web.manage.boxes_closures import blueprint as manage_boxes_closures
from app.web.manage.boxes_contents import blueprint as manage_boxes_contents
from app.web.manage.boxes_facilitators import blueprint as manage_boxes_facilitators
from app.web.manage.boxes_figures import blueprint as manage_boxes_figures
from app.web.manage.boxes_files import blueprint as manage_boxes_files
from app.web.manage.boxes_import import blueprint as manage_boxes_import
from app.web.manage.boxes_labels import blueprint as manage_boxes_labels
from app.web.manage.boxes_returns import blueprint as manage_boxes_returns
from app.web.manage.boxes_scenarios import blueprint as manage_boxes_scenarios
from app.web.manage.boxes_trouble import blueprint as manage_boxes_trouble
from app.web.manage.bulk import blueprint as manage_bulk
from app.web.manage.calls import blueprint as manage_calls
from app.web.manage.calls_hours import blueprint as manage_calls_hours
from app.web.manage.calls_offers import blueprint as manage_calls_offers
from app.web.manage.clone import blueprint as manage_clone
from app.web.manage.correcting import blueprint as manage_correcting
from app.web.manage.dashboard import blueprint as manage_dashboard
from app.web.manage.day import blueprint as manage_day
from app.web.manage.devices import blueprint as manage_devices
from app.web.manage.event_boxes import blueprint as manage_event_boxes
from app.web.manage.event_form import blueprint as manage_event_form
from app.web.manage.event_limits import blueprint as manage_event_limits
from app.web.manage.event_walks import blueprint as manage_event_walks
from app.web.manage.events import blueprint as manage_events
from app.web.manage.exports import blueprint as manage_exports
from app.web.manage.figures import blueprint as manage_figures
from app.web.manage.guide import blueprint as manage_guide
from app.web.manage.imports import blueprint as manage_imports
from app.web.manage.jobs import blueprint as manage_jobs
from app.web.manage.journal import blueprint as manage_journal
from app.web.manage.live_board import blueprint as manage_live_board
from app.web.manage.live_counts import blueprint as manage_live_counts
from app.web.manage.loans import blueprint as manage_loans
from app.web.manage.loans_agreement import blueprint as manage_loans_agreement
from app.web.manage.loans_changes import blueprint as manage_loans_changes
from app.web.manage.loans_one import blueprint as manage_loans_one
from app.web.manage.loans_people import blueprint as manage_loans_people
from app.web.manage.loans_players import blueprint as manage_loans_players
from app.web.manage.look import blueprint as manage_look
from app.web.manage.messages import blueprint as manage_messages
from app.web.manage.new_event_pages import blueprint as manage_new_event
from app.web.manage.no_shows import blueprint as manage_no_shows
from app.web.manage.palette import blueprint as manage_palette
from app.web.manage.papers import blueprint as manage_papers
from app.web.manage.partners import blueprint as manage_partners
from app.web.manage.people import blueprint as manage_people
from app.web.manage.plan import blueprint as manage_plan
from app.web.manage.plan_hand import blueprint as manage_plan_hand
from app.web.manage.plan_publishing import blueprint as manage_plan_publishing
from app.web.manage.postponing import blueprint as manage_postponing
from app.web.manage.preview import blueprint as manage_preview
from app.web.manage.prints import blueprint as manage_prints
from app.web.manage.projects import blueprint as manage_projects
from app.web.manage.publishing import blueprint as manage_publishing
from app.web.manage.questions import blueprint as manage_questions
from app.web.manage.reasons import blueprint as manage_reasons
from app.web.manage.registration import blueprint as manage_registration
from app.web.manage.registrations import blueprint as manage_registrations
from app.web.manage.reinstating import blueprint as manage_reinstating
from app.web.manage.reopening import blueprint as manage_reopening
from app.web.manage.staff_registration import blueprint as manage_staff_registration
from app.web.manage.structures import blueprint as manage_structures
from app.web.manage.structures_contacts import blueprint as manage_structures_contacts
from app.web.manage.structures_import import blueprint as manage_structures_import
from app.web.manage.structures_merge import blueprint as manage_structures_merge
from app.web.manage.targets import blueprint as manage_targets
from app.web.manage.templates import blueprint as manage_templates
from app.web.manage.tokens import blueprint as manage_tokens
from app.web.manage.training import blueprint as manage_training
from app.web.manage.views import blueprint as manage_views
from app.web.manage.waiting import blueprint as manage_waiting
from app.web.my.data import blueprint as my_data
from app.web.my.entrance import blueprint as my_entrance
from app.web.my.erasing import blueprint as my_erasing
from app.web.my.loans import blueprint as my_loans
from app.web.my.structure import blueprint as my_structure
from app.web.nul import take_out
from app.web.public.agenda import blueprint as agenda
from app.web.public.board import blueprint as board
from app.web.public.boxes import blueprint as public_boxes
from app.web.public.events import blueprint as events
from app.web.public.health import blueprint as health
from app.web.public.invitations import blueprint as invitations
from app.web.public.loan_link import blueprint as loan_link
from app.web.public.login import blueprint as login
from app.web.public.look import blueprint as look
from app.web.public.outbox import blueprint as outbox
from app.web.public.own_answers import blueprint as own_answers
from app.web.public.own_contact import blueprint as own_contact
from app.web.public.own_offer import blueprint as own_offer
from app.web.public.own_page import blueprint as own_page
from app.web.public.own_route import blueprint as own_route
from app.web.public.own_sheet import blueprint as own_sheet
from app.web.public.own_stay import blueprint as own_stay
from app.web.public.registration import blueprint as registration
from app.web.public.stands import blueprint as stands
from app.web.public.tickets import blueprint as tickets

BLUEPRINTS = (
    door,
    door_api,
    door_enrol,
    door_practice,
    door_shell,
    door_sync,
    feeds,
    manage_account,
    manage_boxes_all,
    manage_boxes_board,
    manage_boxes_calendars,
    manage_boxes_board_move,
    manage_boxes_closures,
    manage_boxes_contents,
    manage_boxes_facilitators,
    manage_boxes_figures,
    manage_boxes_files,
    manage_boxes_import,
    manage_boxes_labels,
    manage_boxes_returns,
    manage_boxes_scenarios,
    manage_boxes_trouble,
    manage_bulk,
    manage_bin,
    manage_calls,
    manage_calls_hours,
    manage_calls_offers,
    manage_clone,
    manage_correcting,
    manage_dashboard,
    manage_day,
    manage_devices,
    manage_event_form,
    manage_event_limits,
    manage_event_walks,
    manage_questions,
    manage_events,
    manage_figures,
    manage_exports,
    manage_guide,
    manage_imports,
    manage_jobs,
    manage_journal,
    manage_live_board,
    manage_live_counts,
    manage_loans,
    manage_loans_one,
    manage_loans_agreement,
    manage_loans_changes,
    manage_loans_people,
    manage_loans_players,
    manage_look,
    manage_messages,
    manage_new_event,
    manage_no_shows,
    manage_palette,
    manage_papers,
    manage_partners,
    manage_plan,
    manage_plan_hand,
    manage_plan_publishing,
    manage_postponing,
    manage_people,
    manage_preview,
    manage_prints,
    manage_projects,
    manage_publishing,
    manage_reasons,
    manage_registration,
    manage_registrations,
    manage_reinstating,
    manage_reopening,
    manage_staff_registration,
    manage_structures,
    manage_structures_contacts,
    manage_structures_import,
    manage_structures_merge,
    manage_targets,
    manage_templates,
    manage_tokens,
    manage_training,
    manage_event_boxes,
    manage_views,
    manage_waiting,
    my_data,
    my_entrance,
    my_erasing,
    my_loans,
    my_structure,
    agenda,
    board,
    events,
    health,
    invitations,
    loan_link,
    login,
    look,
    outbox,
    public_boxes,
    own_answers,
    own_offer,
    own_contact,
    own_page,
    own_route,
    own_sheet,
    own_stay,
    registration,
    stands,
    tickets,
)


class Id(IntegerConverter):
    """An id in an address. None is larger than what PostgreSQL's integers hold: such an address is nowhere."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=0, max=2**31 - 1)


def register_web(app: Flask) -> None:
    """Everything that answers a request: language, guards, headers, errors, filters, pages."""
    app.url_map.converters["int"] = Id
    for init in (init_i18n, init_guards, init_headers, init_errors, init_filters, init_context):
        init(app)
    app.before_request(take_out)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    register_api(app)
