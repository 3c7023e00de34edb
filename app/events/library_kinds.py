"""The designs of the built-in kinds. Texts as the public reads them, in both languages; minutes add up to the usual hours."""

from app.events import library_questions as ask
from app.events.drafts import AllotmentDraft, StopDraft
from app.events.enums import EventKind
from app.events.library import KindDesign, SpaceShare

SMALL_MEETING = 12
"""Up to so many people an information meeting is one round of talk; more, and it is held in two halves."""

_ONE_CLASS = (AllotmentDraft("school", max_groups=1),)
_ROOM = (SpaceShare("Salle"),)

_FORUM = KindDesign(
    "Essayez des métiers, parlez avec ceux qui les font et ceux qui les enseignent. Deux heures, à votre rythme.",
    "Try jobs, talk with those who do them and those who teach them. Two hours, at your own pace.",
    "Vous arrivez à l’heure choisie et suivez un parcours, étape par étape. "
    "Venez comme vous êtes : il n’y a rien à préparer ni à apporter.",
    "You arrive at the time you chose and follow a route, stop by stop. "
    "Come as you are: there is nothing to prepare or to bring.",
    spaces=(
        SpaceShare("Construire", 1.4), SpaceShare("Stands métiers", 3), SpaceShare("Orientation", 1.5),
        SpaceShare("Offres", 1.5), SpaceShare("Dégustation", 1.5),
    ),
    stops=(
        StopDraft(
            "Construire", 20, "Build", "Je découvre mes points forts et ce qui me plaît.",
            "I find out what I am good at and what I like.", space="Construire",
        ),
        StopDraft(
            "Stands métiers", 40, "Job stands", "J’essaie les gestes d’un métier, puis je parle avec ceux qui le font.",
            "I try the gestures of a job, then talk with those who do it.", space="Stands métiers", largest_team=15,
        ),
        StopDraft(
            "Orientation", 15, "Training", "Je trouve où me former.", "I find where to train.", space="Orientation"
        ),
        StopDraft(
            "Offres", 15, "Offers", "Je repars avec une idée de stage ou d’immersion.",
            "I leave with an idea for an internship or some days in a company.", optional=True, space="Offres",
        ),
        StopDraft(
            "Dégustation", 10, "Tasting", "Je goûte ce que les élèves ont préparé.",
            "I taste what the pupils have prepared.", optional=True, space="Dégustation", any_order=True,
        ),
    ),
    limits=(AllotmentDraft("school", max_groups=2),),
    questions=(ask.TRADES_WANTED, ask.LOOKING_FOR),
    closes_days=1,
    asks_statistics=True,
    transfer_minutes=5,
    absent_minutes=30,
)  # fmt: skip

_MEETING_TEXTS = (
    "Comprenez ce qui est proposé, posez vos questions, décidez ensuite.",
    "Understand what is offered, ask your questions, decide afterwards.",
    "La réunion ne vous engage à rien. Vous repartez avec une date et un nom à appeler. "
    "Si vous venez avec quelqu’un qui vous accompagne, c’est très bien.",
    "The meeting commits you to nothing. You leave with a date and a name to call. "
    "You are welcome to come with somebody who helps you.",
)
_SMALL_MEETING = KindDesign(
    *_MEETING_TEXTS,
    spaces=_ROOM,
    stops=(
        StopDraft("Accueil", 5, "Welcome", space="Salle"),
        StopDraft(
            "Présentation", 20, "Presentation", "Le programme, pour qui, quand.", "What it is, for whom, when.", space="Salle"
        ),
        StopDraft(
            "Tour de table", 35, "Round of talk", "Chacun dit ce qu’il cherche.", "Each says what they look for.",
            space="Salle",
        ),
    ),
    questions=(ask.HEARD_FROM,),
    closes_days=1,
    asks_statistics=True,
)  # fmt: skip
_LARGE_MEETING = KindDesign(
    *_MEETING_TEXTS,
    spaces=(SpaceShare("Grande salle"), SpaceShare("Tables d’échange", 0.5)),
    stops=(
        StopDraft("Accueil", 10, "Welcome", space="Grande salle"),
        StopDraft(
            "Présentation", 30, "Presentation", "Le programme, pour qui, quand.", "What it is, for whom, when.",
            space="Grande salle",
        ),
        StopDraft(
            "Échanges par tables", 35, "Talks at tables",
            "Une moitié aux tables pendant que l’autre écoute un témoignage, puis l’inverse.",
            "One half at the tables while the other listens to somebody who did it, then the other way round.",
            space="Tables d’échange",
        ),
        StopDraft("Questions et rendez-vous", 15, "Questions and appointments", space="Grande salle"),
    ),
    questions=(ask.HEARD_FROM,),
    closes_days=1,
    asks_statistics=True,
)  # fmt: skip

_MORNING = KindDesign(
    "Une matinée chez {host} : ses métiers, ses postes à pourvoir, ce qui fait une bonne candidature.",
    "A morning at {host}: its jobs, its vacancies, what makes a good application.",
    "Vous découvrez {host} avec ceux qui y travaillent, pour mieux orienter les personnes que vous accompagnez. "
    "Le café est offert à l’arrivée.",
    "You discover {host} with those who work there, so as to advise people better. Coffee is offered on arrival.",
    spaces=(SpaceShare("Salle d’accueil"), SpaceShare("Ateliers")),
    stops=(
        StopDraft("Café d’accueil", 30, "Welcome coffee", space="Salle d’accueil"),
        StopDraft("L’entreprise et ses métiers", 45, "The company and its jobs", space="Salle d’accueil"),
        StopDraft("Visite", 75, "Visit", "En deux groupes.", "In two groups.", space="Ateliers"),
        StopDraft("Échanges", 30, "Talk", "Recrutement, immersions, alternance.", "Hiring, days in the company, apprenticeship.",
                  space="Salle d’accueil"),
    ),
    questions=(ask.SHOE_SIZE, ask.QUESTION_FOR_SPEAKERS),
    closes_days=2,
)  # fmt: skip

_VISIT = KindDesign(
    "Entrez dans {host}, voyez le travail se faire, parlez avec celles et ceux qui le font.",
    "Come into {host}, see the work being done, talk with those who do it.",
    "La visite se fait à pied, en groupe, avec quelqu’un de l’entreprise. L’équipement de sécurité est prêté sur place.",
    "The visit is on foot, in a group, with somebody of the company. Safety equipment is lent on site.",
    spaces=(SpaceShare("Accueil"), SpaceShare("Circuit de visite")),
    stops=(
        StopDraft("Accueil et consignes", 15, "Welcome and safety", space="Accueil"),
        StopDraft("Visite", 75, "Visit", space="Circuit de visite"),
        StopDraft("Questions", 30, "Questions", space="Accueil"),
    ),
    limits=_ONE_CLASS,
    questions=(ask.SAFETY, ask.SHOE_SIZE),
    closes_days=2,
)  # fmt: skip

_OPEN_WEEK = KindDesign(
    "Des entreprises ouvrent leurs portes toute la semaine. Choisissez celles que vous voulez voir.",
    "Companies open their doors all week. Choose those you want to see.",
    "Chaque créneau a lieu dans une entreprise : l’adresse est à côté de l’heure. Vous pouvez en choisir plusieurs.",
    "Each time is in one company: its address stands beside the hour. You may choose several.",
    limits=_ONE_CLASS,
    questions=(ask.SECTORS,),
    asks_statistics=True,
)  # fmt: skip

_WEBINAR = KindDesign(
    "Une heure en ligne : l’essentiel, puis vos questions.",
    "An hour online: the essentials, then your questions.",
    "Le lien est dans votre confirmation. Connectez-vous cinq minutes avant, sous le nom donné à l’inscription : "
    "votre présence est notée d’après la liste des personnes connectées.",
    "The link is in your confirmation. Connect five minutes before, under the name given when registering: "
    "your presence is noted from the list of people connected.",
    stops=(
        StopDraft("Connexion", 5, "Connecting", "Je vérifie mon nom et mon son.", "I check my name and my sound."),
        StopDraft("Présentation", 35, "Presentation"),
        StopDraft("Questions", 20, "Questions"),
    ),
    questions=(ask.SHOWN_NAME, ask.QUESTION_FOR_SPEAKERS),
)  # fmt: skip

_ROUND_TABLE = KindDesign(
    "Des professionnels racontent, comparent et répondent à vos questions.",
    "Professionals tell, compare and answer your questions.",
    "La table ronde dure une heure, les questions vingt minutes. On continue ensuite autour d’un verre, si l’on veut.",
    "The round table lasts an hour, the questions twenty minutes. Who wants goes on talking over a drink.",
    spaces=_ROOM,
    stops=(
        StopDraft("Accueil", 15, "Welcome", space="Salle"),
        StopDraft("Table ronde", 60, "Round table", space="Salle"),
        StopDraft("Questions", 20, "Questions", space="Salle"),
        StopDraft("Verre partagé", 25, "A drink together", optional=True, space="Salle"),
    ),
    questions=(ask.QUESTION_FOR_SPEAKERS,),
)  # fmt: skip

_WORKSHOP = KindDesign(
    "Une demi-journée en petit groupe pour faire, pas pour écouter.",
    "Half a day in a small group, to do rather than to listen.",
    "Tout le matériel est sur place. Le groupe est petit : si vous ne pouvez plus venir, rendez votre place à temps.",
    "Everything needed is on site. The group is small: if you cannot come, give your place back in time.",
    spaces=(SpaceShare("Atelier"),),
    stops=(
        StopDraft("Accueil", 10, "Welcome", space="Atelier"),
        StopDraft("Atelier", 120, "Workshop", space="Atelier"),
        StopDraft("Ce que j’en retiens", 20, "What I keep of it", space="Atelier"),
    ),
    questions=(ask.FIRST_TIME,),
    closes_days=1,
)  # fmt: skip

_SPEED_DATING = KindDesign(
    "Des rencontres de quelques minutes avec des personnes qui recrutent ou qui forment.",
    "Meetings of a few minutes with people who hire or who train.",
    "Vous passez d’une table à l’autre, sept minutes chacune. Apportez votre CV si vous en avez un.",
    "You go from table to table, seven minutes each. Bring your CV if you have one.",
    spaces=(SpaceShare("Accueil"), SpaceShare("Tables de rencontre", 1.5)),
    stops=(
        StopDraft("Accueil", 5, "Welcome", "On me donne mes tables.", "I am told my tables.", space="Accueil"),
        StopDraft("Rencontres", 25, "Meetings", space="Tables de rencontre"),
    ),
    questions=(ask.SOUGHT_POST, ask.CV),
    closes_days=1,
    asks_statistics=True,
)  # fmt: skip

_IDEATHON = KindDesign(
    "En équipe, une journée pour proposer une idée à une entreprise qui l’attend.",
    "A day, in a team, to bring an idea to a company that waits for it.",
    "Les équipes mêlent écoles et entreprises. À la fin, chaque équipe a cinq minutes pour présenter son idée.",
    "Teams mix schools and companies. At the end each has five minutes to present its idea.",
    spaces=(SpaceShare("Plénière"), SpaceShare("Tables des équipes")),
    stops=(
        StopDraft("Accueil et équipes", 30, "Welcome and teams", space="Plénière"),
        StopDraft("Le défi", 30, "The challenge", space="Plénière"),
        StopDraft("Idées", 180, "Ideas", space="Tables des équipes"),
        StopDraft("Déjeuner", 60, "Lunch", optional=True),
        StopDraft("Préparation", 60, "Getting ready", space="Tables des équipes"),
        StopDraft("Présentations", 90, "Presentations", space="Plénière"),
        StopDraft("Prix", 30, "Prizes", space="Plénière"),
    ),
    questions=(ask.HAS_TEAM, ask.TEAM, ask.MEAL),
    closes_days=7,
)  # fmt: skip

_TRAINING = KindDesign(
    "Une formation à suivre en entier, avec le même groupe à chaque date.",
    "A training to follow as a whole, with the same group on each date.",
    "Votre présence est notée à chaque date. Une attestation vous est remise à la fin.",
    "Your presence is noted on each date. You receive a certificate at the end.",
    spaces=(SpaceShare("Salle de formation"),),
    stops=(
        StopDraft("Accueil", 15, "Welcome", space="Salle de formation"),
        StopDraft("Matin", 180, "Morning", space="Salle de formation"),
        StopDraft("Déjeuner", 60, "Lunch", optional=True),
        StopDraft("Après-midi", 210, "Afternoon", space="Salle de formation"),
        StopDraft("Bilan", 15, "Looking back", space="Salle de formation"),
    ),
    questions=(ask.MEAL,),
    closes_days=3,
    keep_names_days=1095,
)  # fmt: skip

_BRIEFING = KindDesign(
    "Une heure pour préparer l’événement ensemble : qui fait quoi, où et quand.",
    "An hour to prepare the event together: who does what, where and when.",
    "Nous expliquons le parcours, ce que le public attend et comment lui parler. Posez toutes vos questions.",
    "We explain the route, what the public expects and how to speak to it. Ask all your questions.",
    spaces=_ROOM,
    stops=(
        StopDraft("Accueil", 10, "Welcome", space="Salle"),
        StopDraft("Le déroulé", 30, "How it goes", space="Salle"),
        StopDraft("Questions", 20, "Questions", space="Salle"),
    ),
    questions=(ask.ROLE,),
)  # fmt: skip

_COMMITTEE = KindDesign(
    "Les partenaires du projet font le point et décident de la suite.",
    "The project’s partners take stock and decide what comes next.",
    "L’ordre du jour et les chiffres sont envoyés une semaine avant.",
    "The agenda and the figures are sent a week before.",
    spaces=_ROOM,
    stops=(
        StopDraft("Où en est le projet", 45, "Where the project stands", space="Salle"),
        StopDraft("Discussion", 45, "Discussion", space="Salle"),
        StopDraft("Décisions", 30, "Decisions", space="Salle"),
    ),
    questions=(ask.ON_SITE, ask.AGENDA_POINT),
    waiting_list=False,
)  # fmt: skip

DESIGNS: dict[EventKind, KindDesign] = {
    EventKind.FORUM: _FORUM,
    EventKind.INFORMATION_MEETING: _LARGE_MEETING,
    EventKind.PRESCRIBERS_MORNING: _MORNING,
    EventKind.VISIT: _VISIT,
    EventKind.OPEN_WEEK: _OPEN_WEEK,
    EventKind.WEBINAR: _WEBINAR,
    EventKind.ROUND_TABLE: _ROUND_TABLE,
    EventKind.WORKSHOP: _WORKSHOP,
    EventKind.SPEED_DATING: _SPEED_DATING,
    EventKind.IDEATHON: _IDEATHON,
    EventKind.TRAINING: _TRAINING,
    EventKind.BRIEFING: _BRIEFING,
    EventKind.COMMITTEE: _COMMITTEE,
}


def kind_design(kind: EventKind, people: int | None = None) -> KindDesign:
    """The design of a kind; an information meeting has another one for up to 12 people."""
    if kind is EventKind.INFORMATION_MEETING and people is not None and people <= SMALL_MEETING:
        return _SMALL_MEETING
    return DESIGNS[kind]
