"""What the demo says of the things that it lends: of the five games, and of the forum's signage, which is no game."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """Texts of a scenario, French then English."""

    title_en: str
    universe: tuple[str, str]
    public: tuple[str, str]
    skills: tuple[str, str]
    summary: tuple[str, str]
    value_cents: int


HEALTH = "Industries de santé", "Health industries"
PUPILS = "Collégiens dès la 4e, lycéens, demandeurs d’emploi", "Pupils from 13, students, job seekers"
GAMES = {
    "SANTE-1": Said(
        "Fine chemistry, pharmacy and cosmetics",
        HEALTH,
        PUPILS,
        (
            "Lire une procédure, doser, travailler en salle propre",
            "Reading a procedure, measuring, working in a clean room",
        ),
        (
            "Un lot de crème est bloqué au contrôle : l’équipe a 45 minutes pour trouver ce qui manque au dossier et le libérer.",
            "A batch of cream is held at quality control: the team has 45 minutes to find what its file lacks and release it.",
        ),
        85_000,
    ),
    "SANTE-2": Said(
        "Medical technologies",
        HEALTH,
        PUPILS,
        ("Observer, mesurer, assembler, rendre compte", "Observing, measuring, assembling, reporting"),
        (
            "Une prothèse part au bloc dans l’heure. Il faut retrouver les réglages que le technicien a laissés dans l’atelier.",
            "An implant leaves for the operating theatre within the hour. Find the settings that the technician left behind.",
        ),
        92_000,
    ),
    "SANTE-3": Said(
        "Services and innovation in life sciences",
        HEALTH,
        PUPILS,
        ("Chercher, comparer, décider à plusieurs", "Searching, comparing, deciding together"),
        (
            "Trois jeunes entreprises demandent le même financement. L’équipe lit leurs dossiers et défend son choix.",
            "Three young companies ask for the same grant. The team reads their files and argues for its choice.",
        ),
        78_000,
    ),
    "SOFT": Said(
        "Soft skills",
        ("Tous les métiers", "All jobs"),
        ("Demandeurs d’emploi, salariés, élèves dès la 3e", "Job seekers, employees, pupils from 14"),
        ("Écouter, s’organiser, gérer un imprévu", "Listening, getting organised, dealing with the unexpected"),
        (
            "Premier jour dans l’entreprise, et tout va de travers : un jeu pour voir comment chacun écoute, aide et s’organise.",
            "A first day at work where everything goes wrong: a game that shows how people listen, help and get organised.",
        ),
        60_000,
    ),
    "MAINT": Said(
        "Basic skills in maintenance",
        ("Industrie et maintenance", "Industry and maintenance"),
        ("Demandeurs d’emploi, stagiaires, lycéens professionnels", "Job seekers, trainees, vocational pupils"),
        ("Lire un plan, compter, suivre une consigne", "Reading a drawing, counting, following an instruction"),
        (
            "La ligne 4 est arrêtée. Avec un plan, une clé et un carnet de pannes, l’équipe la remet en route avant la relève.",
            "Line 4 has stopped. With a drawing, a key and a logbook, the team gets it going again before the next shift.",
        ),
        74_000,
    ),
}
SIGNAGE = Said(
    "Signage of the forum",
    ("Le forum chez vous", "The forum at your place"),
    ("Ceux qui organisent un forum à leur tour", "Those who run a forum of their own"),
    ("", ""),
    (
        "Six totems, douze flèches et la bâche d’accueil de La Voie des Talents, à poser tels quels ou avec vos affiches.",
        "Six totems, twelve arrows and the welcome banner of La Voie des Talents, ready to use or with posters of your own.",
    ),
    140_000,
)
