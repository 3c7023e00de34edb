"""Questions that the library's kinds ask, each under a key of its own."""

from app.events.enums import QuestionKind
from app.events.questions import Choice, QuestionRow

YES_NO = (Choice("yes", "Oui", "Yes"), Choice("no", "Non", "No"))

TRADES_WANTED = QuestionRow(
    "trades_wanted", QuestionKind.TEXT, "Quels métiers la classe veut-elle découvrir ?",
    "Which jobs would the class like to discover?", "Deux ou trois suffisent.", "Two or three are enough.",
    audiences=("school",), maximum=300,
)  # fmt: skip
LOOKING_FOR = QuestionRow(
    "looking_for", QuestionKind.SEVERAL, "Que cherchez-vous ?", "What are you looking for?",
    audiences=("job_seeker", "student", "family"),
    choices=(
        Choice("job_to_discover", "Un métier à découvrir", "A job to discover"),
        Choice("training", "Une formation", "A training"),
        Choice("internship", "Un stage ou une immersion", "An internship or some days in a company"),
        Choice("work", "Un emploi ou un apprentissage", "A job or an apprenticeship"),
    ),
)  # fmt: skip
HEARD_FROM = QuestionRow(
    "heard_from", QuestionKind.CHOICE, "Comment avez-vous connu cette réunion ?", "How did you hear of this meeting?",
    choices=(
        Choice("adviser", "Par mon conseiller ou ma conseillère", "From my adviser"),
        Choice("centre", "Par la mairie, un centre social ou une association", "From the town hall, a centre or an association"),
        Choice("friend", "Par un proche", "From somebody I know"),
        Choice("poster", "Par une affiche ou sur internet", "From a poster or online"),
    ),
)  # fmt: skip
SHOE_SIZE = QuestionRow(
    "shoe_size", QuestionKind.NUMBER, "Quelle est votre pointure ?", "What is your shoe size?",
    "Pour les chaussures de sécurité prêtées sur place.", "For the safety shoes that are lent on site.",
    audiences=("job_seeker", "student", "family", "employment_prescriber", "guidance_prescriber", "professional"),
    minimum=30, maximum=52,
)  # fmt: skip
SAFETY = QuestionRow(
    "safety", QuestionKind.CONSENT, "Je viens avec des chaussures fermées et les cheveux attachés.",
    "I come with closed shoes and my hair tied back.", required=True,
)  # fmt: skip
SECTORS = QuestionRow(
    "sectors", QuestionKind.SEVERAL, "Quels secteurs vous attirent ?", "Which sectors interest you?",
    choices=(
        Choice("industry", "Industrie", "Industry"),
        Choice("building", "Bâtiment et travaux publics", "Building and public works"),
        Choice("food", "Agroalimentaire", "Food"),
        Choice("care", "Santé et aide à la personne", "Health and care"),
        Choice("digital", "Numérique", "Digital"),
        Choice("trade", "Commerce", "Trade"),
        Choice("transport", "Transport et logistique", "Transport and logistics"),
    ),
)  # fmt: skip
SHOWN_NAME = QuestionRow(
    "shown_name", QuestionKind.TEXT, "Sous quel nom serez-vous connecté ?", "Under which name will you connect?",
    "Pour noter votre présence, si ce n’est pas le nom donné à l’inscription.",
    "To note your presence, if it is not the name given here.", maximum=80,
)  # fmt: skip
QUESTION_FOR_SPEAKERS = QuestionRow(
    "question_for_speakers", QuestionKind.TEXT, "Quelle question voulez-vous poser ?", "What would you like to ask?",
    "Les intervenants la reçoivent avant.", "The speakers receive it beforehand.", maximum=500,
)  # fmt: skip
FIRST_TIME = QuestionRow(
    "first_time", QuestionKind.CHOICE, "Est-ce la première fois que vous venez à un tel atelier ?",
    "Is it the first time that you come to such a workshop?", choices=YES_NO,
)  # fmt: skip
SOUGHT_POST = QuestionRow(
    "sought_post", QuestionKind.TEXT, "Quel poste ou quelle formation cherchez-vous ?",
    "Which post or training are you looking for?", required=True, maximum=200,
)  # fmt: skip
CV = QuestionRow(
    "cv", QuestionKind.CHOICE, "Viendrez-vous avec un CV ?", "Will you bring a CV?",
    choices=(*YES_NO, Choice("help", "J’ai besoin d’aide pour le faire", "I need help to write it")),
)  # fmt: skip
HAS_TEAM = QuestionRow(
    "has_team", QuestionKind.CHOICE, "Avez-vous déjà une équipe ?", "Do you have a team already?",
    choices=(*YES_NO, Choice("alone", "Je préfère être placé dans une équipe", "I would rather be put in a team")),
)  # fmt: skip
TEAM = QuestionRow(
    "team", QuestionKind.TEXT, "Si oui, quel est son nom ?", "If so, what is its name?", maximum=80
)  # fmt: skip
MEAL = QuestionRow(
    "meal", QuestionKind.CHOICE, "Déjeunez-vous sur place ?", "Will you have lunch on site?", choices=YES_NO
)  # fmt: skip
ROLE = QuestionRow(
    "role", QuestionKind.CHOICE, "Que ferez-vous le jour de l’événement ?", "What will you do on the day?",
    choices=(
        Choice("stand", "Tenir un stand", "Run a stand"),
        Choice("groups", "Accompagner des groupes", "Go along with groups"),
        Choice("stop", "Animer une étape du parcours", "Run a stop of the route"),
        Choice("other", "Autre chose", "Something else"),
    ),
)  # fmt: skip
ON_SITE = QuestionRow(
    "on_site", QuestionKind.CHOICE, "Comment participez-vous ?", "How will you take part?", required=True,
    choices=(Choice("on_site", "Sur place", "On site"), Choice("online", "À distance", "Online")),
)  # fmt: skip
AGENDA_POINT = QuestionRow(
    "agenda_point", QuestionKind.TEXT, "Un point à ajouter à l’ordre du jour ?", "A point to add to the agenda?",
    maximum=500,
)  # fmt: skip
