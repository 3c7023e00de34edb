"""The rows of the list of registrations, ready for the template: with 200 of them, what it works out for each would show."""

from collections.abc import Sequence

from flask_babel import gettext as _

from app.core.text import shown_phone
from app.events.queries import EventRow
from app.reports.lists import Column
from app.reports.queries.registration_list import RegistrationLine, RegistrationPage
from app.web.i18n import current_locale
from app.web.manage.list_words import Cell, make_cells, short_title

ListRow = tuple[RegistrationLine, int, Cell, str, list[tuple[str, str, bool, Cell]]]
"""A line, which row of the list it is, its first cell, what stands beneath that one, and the other cells: of each the column's
key and title, whether it is a number, and its value.
"""


def make_rows(page: RegistrationPage, columns: Sequence[Column], event: EventRow, *, named: bool) -> list[ListRow]:
    """`named`: the person sees names, mails and telephones."""
    locale = current_locale()
    heads = [(column.key, short_title(column, event, locale), column.numeric) for column in columns[1:]]
    cells, group = make_cells(columns, event, locale), _("group")
    rows = []
    for position, line in enumerate(page.lines, page.first):
        first, *others = cells(line)
        told = [(*head, value) for head, value in zip(heads, others, strict=True)]
        rows.append((line, position, first, _beneath(line, group, named=named), told))
    return rows


def _beneath(line: RegistrationLine, group: str, *, named: bool) -> str:
    """Class and school, and how to reach who has no mail; else the town; else that it is a group."""
    said = [part for part in (line.class_label, line.organisation_name) if part]
    if named and line.contact_phone and not line.contact_email:
        said.append(_("no mail, %(phone)s", phone=shown_phone(line.contact_phone)))
    return " · ".join(said) or line.commune or (group if line.is_group else "")
