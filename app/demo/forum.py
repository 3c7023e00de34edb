"""La Voie des Talents: what both editions share. Texts as the organiser writes them, in both languages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.events.drafts import AllotmentDraft, EventDraft, SpaceDraft, StopDraft, WaveDraft
from app.events.enums import EventKind

PARIS = ZoneInfo("Europe/Paris")
HOURS = ((9, 0), (9, 40), (10, 20), (11, 0), (13, 30), (14, 10), (14, 50), (15, 30))
WITHOUT_CLASSES = {(11, 0), (15, 30)}
WAVE = timedelta(minutes=40)
AUDIENCES = (
    "school", "student", "job_seeker", "family", "employment_prescriber", "guidance_prescriber", "professional",
)  # fmt: skip

SPACES = (
    SpaceDraft("Construire", 110, "Au fond du hall, à gauche", "At the back of the hall, on the left"),
    SpaceDraft("Stands métiers", 240, "Au centre du hall", "In the middle of the hall", stands=12),
    SpaceDraft("Orientation", 120, "Le long des baies vitrées", "Along the windows"),
    SpaceDraft("Offres", 120, "Sur la mezzanine, ascenseur à droite", "On the mezzanine, lift on the right"),
    SpaceDraft("Dégustation", 120, "Près de la sortie", "Near the exit"),
)
STOPS = (
    StopDraft(
        "Construire", 20, "Build", "Je découvre mes points forts et ce qui me plaît.",
        "I find out what I am good at and what I like.", space="Construire",
    ),
    StopDraft(
        "Stands métiers", 40, "Job stands",
        "J’essaie les gestes d’un métier, puis je parle avec ceux qui le font et ceux qui l’enseignent.",
        "I try the gestures of a job, then talk with those who do it and those who teach it.", space="Stands métiers",
        largest_team=15,
    ),
    StopDraft(
        "Orientation", 15, "Training", "Je trouve où me former dans la région.",
        "I find where to train in the region.", space="Orientation",
    ),
    StopDraft(
        "Offres", 15, "Offers", "Je repars avec une idée de stage ou d’immersion.",
        "I leave with an idea for an internship or a few days in a company.", optional=True, space="Offres",
    ),
    StopDraft(
        "Dégustation", 10, "Tasting", "Je goûte ce que les élèves ont préparé.",
        "I taste what the pupils have prepared.", space="Dégustation", any_order=True,
    ),
)  # fmt: skip


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment in Dijon."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


def forum_waves(days: Sequence[date], capacity: int) -> tuple[WaveDraft, ...]:
    """Eight waves a day of 40 minutes."""
    starts = [at(day, hour, minute) for day in days for hour, minute in HOURS]
    return tuple(WaveDraft(start, start + WAVE, capacity) for start in starts)


def with_classes(wave: WaveDraft) -> WaveDraft:
    """Two classes at most in a wave, and none at 11:00 and 15:30, so that others have the stands to themselves."""
    local = wave.starts_at.astimezone(PARIS)
    if (local.hour, local.minute) in WITHOUT_CLASSES:
        return replace(wave, allotments=(AllotmentDraft("school", max_people=0),))
    return replace(wave, allotments=(AllotmentDraft("school", max_groups=2),))


def forum(days: Sequence[date], waves: tuple[WaveDraft, ...], project_id: int) -> EventDraft:
    """The forum on these two days."""
    return EventDraft(
        title_fr="La Voie des Talents",
        title_en="La Voie des Talents",
        kind=EventKind.FORUM,
        starts_at=at(days[0], 9),
        ends_at=at(days[-1], 17, 30),
        audiences=AUDIENCES,
        waves=waves,
        spaces=SPACES,
        stops=STOPS,
        transfer_minutes=5,
        absent_minutes=30,
        venue_name="Le Consortium",
        venue_address="37 rue de Longvic",
        venue_commune="Dijon",
        entrance_fr="Porte A, rue de Longvic. Entrée de plain-pied.",
        entrance_en="Door A, rue de Longvic. No steps.",
        summary_fr=(
            "Essayez des métiers, parlez avec ceux qui les font et ceux qui les enseignent. "
            "Deux heures, à votre rythme."
        ),
        summary_en="Try jobs, talk with those who do them and those who teach them. Two hours, at your own pace.",
        description_fr=(
            "Plus de 90 professionnels et formateurs de toute la région sont là pour vous. "
            "Venez comme vous êtes : il n’y a rien à préparer ni à apporter."
        ),
        description_en=(
            "More than 90 professionals and trainers of the whole region are there for you. "
            "Come as you are: there is nothing to prepare or to bring."
        ),
        reference_prefix="VT",
        project_id=project_id,
    )
