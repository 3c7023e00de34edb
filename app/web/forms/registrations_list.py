"""The form of a view that somebody keeps of a list."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField

from app.reports.operations.views import LONGEST_NAME, MOST_VIEWS
from app.web.forms.base import Length, PageForm, Required
from app.web.wording import register_messages


class ViewForm(PageForm):
    """Whether the name is taken is checked by the operation."""

    name = StringField(
        _l("Name of the view"),
        [Required(), Length(LONGEST_NAME)],
        description=_l("For example: classes to call back."),
        render_kw={"required": True, "maxlength": LONGEST_NAME},
    )
    shared = BooleanField(
        _l("Share it with everybody who sees this list"),
        description=_l("Each of them finds in it the rows and columns that they may see."),
    )
    opens = BooleanField(_l("Open my list with this view"))


register_messages(
    {
        "view_taken": _l("You have a view of that name already. Choose another name."),
        "too_many_views": _l("You keep %(most)s views of this list already. Delete one first.", most=MOST_VIEWS),
    }
)
