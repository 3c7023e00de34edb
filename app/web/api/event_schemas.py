"""What is sent and answered of events. Between these and drafts: event_bodies.py."""

from app.events.enums import Enrolment, EventKind, EventState, QuestionKind, Span, WaitingPolicy
from app.events.flow_rules import LARGEST_TEAM, LONGEST_WALK, MOST_ABSENT, MOST_STANDS, OFFER_HOURS
from app.events.rules import MOST_EXPECTED
from app.web.api.fields import Body, Choice, Count, Flag, Id, Instant, Many, One, Text
from app.web.api.schemas import (
    ID,
    PageQuery,
    Told,
    TwoLanguages,
    TwoLanguagesOut,
    flag,
    instant,
    many,
    number,
    one,
    text,
)


class AllotmentIn(Body):
    audience = Text(40, least=1, required=True)
    max_people = Count(metadata={"description": "0: this audience is not admitted in this wave."})
    max_groups = Count()


class WaveIn(Body):
    id = Id(metadata={"description": "When editing: the wave that is kept. Without, a new one is made."})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    capacity = Count(least=1, required=True, metadata={"description": "People."})
    place = Text(160)
    host = Text(160, metadata={"description": "In an open week: the company of this wave."})
    forecast = Count(
        most=MOST_EXPECTED, metadata={"description": "Individuals expected; without, as many as are registered."}
    )
    allotments = Many(One(AllotmentIn), most=50)


class LongTwoLanguages(Body):
    fr = Text(20_000)
    en = Text(20_000)


class LineTwoLanguages(Body):
    fr = Text(200)
    en = Text(200)


class ShortTwoLanguages(Body):
    fr = Text(300)
    en = Text(300)


class StopName(Body):
    fr = Text(80, least=1, required=True)
    en = Text(80)


class SpaceIn(Body):
    id = Id(metadata={"description": "When editing: the space that is kept."})
    name = Text(120, least=1, required=True)
    capacity = Count(least=1, required=True, metadata={"description": "People at a time."})
    directions = One(LineTwoLanguages)
    stands = Count(
        least=1, most=MOST_STANDS, metadata={"description": "So many teams at once; without, only people count."}
    )


class StopIn(Body):
    id = Id(metadata={"description": "When editing: the stop that is kept. Without, the one of the same name is."})
    name = One(StopName, required=True)
    text = One(ShortTwoLanguages)
    minutes = Count(most=1440, required=True)
    optional = Flag(load_default=False)
    space = Text(120, metadata={"description": "Name of one of `spaces`."})
    any_order = Flag(metadata={"description": "It and the stop before it may be walked in either order."})
    audiences = Many(Text(40, least=1), most=50, metadata={"description": "Only these go there; empty: all do."})
    largest_team = Count(
        least=1, most=LARGEST_TEAM, metadata={"description": "People at once: a larger group goes round in teams."}
    )
    box = Text(120, metadata={"description": "The escape-game box used there, by its scenario's name."})


class TransferIn(Body):
    spaces = Many(Text(120, least=1), most=2, required=True, metadata={"description": "Names of two of `spaces`."})
    minutes = Count(most=LONGEST_WALK, required=True)


class ApartIn(Body):
    audiences = Many(Text(40, least=1), most=2, required=True, metadata={"description": "Two of the event's."})
    span = Choice(Span, required=True, metadata={"description": "Within it only one of them holds places."})


class VenueIn(Body):
    name = Text(160, least=1, required=True)
    address = Text(200)
    commune = Text(120)


class EventIn(Body):
    title = One(TwoLanguages, required=True)
    kind = Choice(EventKind, required=True)
    venue = One(VenueIn, metadata={"description": "An online event has a `join_url` instead."})
    timezone = Text(60, metadata={"description": "IANA name; the installation's without it."})
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)
    audiences = Many(Text(40, least=1), most=50, required=True)
    enrolment = Choice(Enrolment, metadata={"description": "Waves of one registration; `one` without it."})
    waves = Many(One(WaveIn), most=2000, required=True)
    spaces = Many(One(SpaceIn), most=200)
    stops = Many(One(StopIn), most=100, metadata={"description": "The route, in its order."})
    transfer_minutes = Count(most=LONGEST_WALK, metadata={"description": "To walk between two spaces."})
    transfers = Many(One(TransferIn), most=200, metadata={"description": "Spaces that are nearer or farther."})
    slug = Text(80)
    reference_prefix = Text(4, metadata={"description": "2 to 4 capitals that begin the registrations' numbers."})
    summary = One(ShortTwoLanguages)
    description = One(LongTwoLanguages)
    entrance = One(LineTwoLanguages, metadata={"description": "How to find the door."})
    capacity = Count(least=1, metadata={"description": "People in the whole event, whatever the waves hold."})
    largest_group = Count(
        least=2,
        most=5000,
        metadata={"description": "People of one group, companions included, that registers by itself or by a program."},
    )
    registration_opens_at = Instant()
    registration_closes_at = Instant()
    asks_statistics = Flag()
    waiting_list = Flag()
    waiting_policy = Choice(
        WaitingPolicy,
        metadata={"description": "When the first who wait do not fit: `hold` (without it), or `skip` them."},
    )
    offer_hours = Count(least=OFFER_HOURS[0], most=OFFER_HOURS[1], metadata={"description": "24 without it."})
    apart = Many(One(ApartIn), most=50, metadata={"description": "Audiences that do not meet."})
    absent_minutes = Count(
        least=1, most=MOST_ABSENT, metadata={"description": "After which an absent group gives its places back."}
    )
    keep_names_days = Count(least=1, most=3650)
    join_url = Text(500)
    project = Id()


class EventsQuery(PageQuery):
    """Filters of the list."""


class AllotmentOut(Told):
    audience = text()
    max_people = number(null=True)
    max_groups = number(null=True)
    places_left = number("People of this audience who can still come.")
    groups_left = number("Null: the number of groups is not limited.", null=True)


class WaveOut(Told):
    id = text(**ID)
    starts_at = instant()
    ends_at = instant()
    capacity = number()
    places_left = number("Counted now.")
    waiting = number(
        "Registrations on the waiting list that ask for this wave. While there are any, places that are left may be theirs."
    )
    place = text()
    host = text()
    forecast = number(null=True)
    allotments = many(AllotmentOut)


class SpaceOut(Told):
    id = text(**ID)
    name = text()
    capacity = number()
    directions = one(TwoLanguagesOut)
    stands = number(null=True)


class CheckpointOut(Told):
    id = text(**ID)
    name = text()
    space = text("Id of its space; null for the entrance.", null=True)


class StopOut(Told):
    id = text(**ID)
    name = one(TwoLanguagesOut)
    minutes = number()
    optional = flag()
    space = text("Name of its space.", null=True)
    any_order = flag()
    audiences = many(text())
    largest_team = number(null=True)
    box = text()
    text = one(TwoLanguagesOut)


class TransferOut(Told):
    spaces = many(text())
    minutes = number()


class ApartOut(Told):
    audiences = many(text())
    span = text(enum=[s.value for s in Span])


class ChoiceOut(Told):
    code = text("What an answer says.")
    label = one(TwoLanguagesOut)


class QuestionOut(Told):
    key = text("The name of the answer in a registration's `answers`.")
    kind = text(enum=[k.value for k in QuestionKind])
    label = one(TwoLanguagesOut)
    required = flag()
    audiences = many(text())
    minimum = number("Of a number, of a text in characters, or of how many choices.", null=True)
    maximum = number("As `minimum`; of a file in kilobytes.", null=True)
    choices = many(ChoiceOut)


class VenueOut(Told):
    name = text()
    address = text()
    commune = text()


class EventOut(Told):
    slug = text()
    title = one(TwoLanguagesOut)
    kind = text(enum=[k.value for k in EventKind])
    state = text(enum=[s.value for s in EventState])
    timezone = text()
    starts_at = instant()
    ends_at = instant()
    venue = one(VenueOut, null=True)
    join_url = text()
    audiences = many(text())
    enrolment = text(enum=[e.value for e in Enrolment])
    capacity = number(null=True)
    largest_group = number("People of the largest group that may register by itself.", null=True)
    waves = many(WaveOut)
    spaces = many(SpaceOut)
    checkpoints = many(CheckpointOut)
    stops = many(StopOut)
    transfer_minutes = number()
    transfers = many(TransferOut)
    questions = many(QuestionOut)
    summary = one(TwoLanguagesOut)
    description = one(TwoLanguagesOut)
    entrance = one(TwoLanguagesOut)
    registration_opens_at = instant(null=True)
    registration_closes_at = instant(null=True)
    asks_statistics = flag()
    waiting_list = flag()
    waiting_policy = text(enum=[p.value for p in WaitingPolicy])
    offer_hours = number("Hours that an offered place is kept.")
    apart = many(ApartOut)
    absent_minutes = number(null=True)
    keep_names_days = number()
    reference_prefix = text()
    project = text(null=True, **ID)
    cancel_code = text("The coded reason; `other` when it was told in words alone, empty when none was told.")
    cancel_reason = text("The reason in words.")
    date_to_come = flag("Postponed, and no new date is known: the dates here are the old ones.")
    postponed_at = instant(null=True)


class EventsOut(Told):
    cursor = text("For the next page; null on the last one.", null=True)
    events = many(EventOut)
