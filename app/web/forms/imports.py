"""Forms of an import: the file, what each column says, and the last word."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField

from app.web.forms.base import PageForm


class UploadForm(PageForm):
    file = FileField(
        _l("The file"),
        description=_l("CSV, Excel (.xlsx) or LibreOffice (.ods). A class is one line, with its headcount."),
    )


class WritingForm(PageForm):
    send_mails = BooleanField(
        _l("Send each person their ticket by mail"),
        description=_l("Leave it out when people know already, or when the event is over."),
    )
