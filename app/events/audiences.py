"""Names of the built-in audiences, in both languages and in a class's or a person's words."""

from dataclasses import dataclass

from app.core.i18n import Locale
from app.events.enums import BuiltinAudience


@dataclass(frozen=True)
class AudienceRow:
    """An audience as people read it. `groups`: whether it may come as a group; `school`: its groups have a UAI and a class."""

    code: str
    label_fr: str
    label_en: str
    groups: bool
    individuals: bool = True

    @property
    def school(self) -> bool:
        return self.code == BuiltinAudience.SCHOOL

    def label(self, locale: Locale) -> str:
        return self.label_fr if locale == "fr" else self.label_en or self.label_fr


BUILTIN: dict[str, AudienceRow] = {
    row.code: row
    for row in (
        AudienceRow("school", "Scolaires", "Schools", groups=True),
        AudienceRow("student", "Étudiants", "Students", groups=True),
        AudienceRow("job_seeker", "Demandeurs d’emploi", "Job seekers", groups=True),
        AudienceRow("employment_prescriber", "Prescripteurs de l’emploi", "Employment advisers", groups=True),
        AudienceRow("guidance_prescriber", "Prescripteurs de l’orientation", "Careers advisers", groups=True),
        AudienceRow("family", "Familles", "Families", groups=True),
        AudienceRow("professional", "Professionnels", "Professionals", groups=True),
    )
}
