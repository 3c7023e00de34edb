"""The form of a code by which phones become devices."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectMultipleField, StringField

from app.checkin.enums import DeviceMode
from app.core.i18n import Locale
from app.events.queries import EventRow
from app.web.forms.base import PageForm, choices

MODE_LABELS = {DeviceMode.DOOR.value: _l("For the team"), DeviceMode.KIOSK.value: _l("For visitors, on its own")}


class CodeForm(PageForm):
    mode = RadioField(_l("Who scans"), choices=choices(MODE_LABELS), default=DeviceMode.DOOR.value)
    checkpoints = SelectMultipleField(_l("Where"))

    def offer(self, event: EventRow, locale: Locale) -> "CodeForm":
        """With the event's checkpoints to choose from."""
        self.checkpoints.choices = choices({c.id: c.label(locale) for c in event.checkpoints})
        return self

    @property
    def checkpoint_ids(self) -> list[int]:
        return [int(chosen) for chosen in self.checkpoints.data or ()]


class PhoneNameForm(PageForm):
    name = StringField(_l("Name of this phone"))
