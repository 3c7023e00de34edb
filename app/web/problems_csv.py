"""The problems of an import as a table for a spreadsheet."""

import csv
import io
from collections.abc import Callable, Iterable

from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.sheets.cells import as_text
from app.sheets.problems import Problem


def problems_csv(found: Iterable[Problem], say: Callable[[Problem], str], file_name: str) -> Response:
    """One line a problem, semicolons between, UTF-8 with a byte order mark; no cell of it is ever a formula."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Line"), _("Column"), _("Problem"), _("Value")])
    for problem in found:
        writer.writerow([problem.line, *map(as_text, (problem.column, say(problem), problem.value))])
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response("\ufeff" + target.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
