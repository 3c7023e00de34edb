"""What happened, in words: one sentence for each verb that operations record, and the groups in which people look for them."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

VERBS: Mapping[str, tuple[str, object]] = {
    # events
    "event.created": ("calendar-plus", _l("Event made")),
    "event.cloned": ("copy", _l("Made as a copy of another event")),
    "event.from_template": ("layout-grid", _l("Made from a template")),
    "event.edited": ("edit", _l("Settings changed")),
    "event.publish": ("world", _l("Event published")),
    "event.close": ("lock", _l("Registration closed")),
    "event.archive": ("archive", _l("Event archived")),
    "event.cancel": ("calendar-off", _l("Event called off")),
    "event.postpone": ("calendar-event", _l("Event postponed")),
    "event.deleted": ("trash", _l("Event put in the bin")),
    "event.restored": ("arrow-back-up", _l("Event taken out of the bin")),
    "event.removed": ("trash", _l("Event removed for good")),
    "event.names_forgotten": ("eye-off", _l("Names erased at the end of the time they are kept")),
    "targets.set": ("target", _l("Targets changed")),
    # questions
    "question.asked": ("help-circle", _l("Question added")),
    "question.changed": ("edit", _l("Question changed")),
    "question.retired": ("eye-off", _l("Question no longer asked")),
    "question.asked_again": ("repeat", _l("Question asked again")),
    "question.ordered": ("arrows-sort", _l("Order of the questions changed")),
    # registrations
    "registration.made": ("user-plus", _l("Registration made")),
    "registration.changed": ("edit", _l("Registration changed")),
    "registration.cancelled": ("ban", _l("Registration cancelled")),
    "registration.reinstated": ("arrow-back-up", _l("Registration taken up again")),
    "registration.answered": ("forms", _l("Answers changed")),
    "registration.cards_made": ("id", _l("Route cards made")),
    "registration.no_show_told": ("user-question", _l("Reason told for not coming")),
    "registration.erased": ("eye-off", _l("Names erased")),
    "registration.deleted": ("trash", _l("Registration put in the bin")),
    "registration.restored": ("arrow-back-up", _l("Registration taken out of the bin")),
    "registrations.removed": ("trash", _l("Registrations removed for good")),
    "registrations.imported": ("file-import", _l("File imported")),
    "registrations.bulk_started": ("checks", _l("Action on several registrations")),
    "registrations.bulk_undo_started": ("arrow-back-up", _l("Action on several registrations undone")),
    "import.sent": ("file-import", _l("File sent for import")),
    "import.given_up": ("x", _l("Import given up")),
    "message.sent_again": ("mail-forward", _l("Mail sent again")),
    # structures
    "structure.created": ("building", _l("Structure added to the directory")),
    "structure.changed": ("edit", _l("Structure changed")),
    "structure.archived": ("archive", _l("Structure archived")),
    "structure.restored": ("archive-off", _l("Structure back in the directory")),
    "structure.contact_added": ("user-plus", _l("Contact added")),
    "structure.contact_changed": ("user-check", _l("Contact changed")),
    "structure.contact_ended": ("user-off", _l("A contact has left")),
    "structure.contact_returned": ("user-plus", _l("A contact is back")),
    "structure.link_sent": ("mail-forward", _l("Link sent to a contact")),
    "structure.contact_entered": ("login", _l("A contact came in by their link")),
    "structure.contact_left_everywhere": ("logout", _l("A contact logged out everywhere")),
    "structure.correction_proposed": ("message", _l("Correction proposed by a contact")),
    "structure.correction_taken": ("check", _l("Correction taken over")),
    "structure.correction_left": ("x", _l("Correction left aside")),
    "structure.merged": ("arrow-merge", _l("Another structure merged into this one")),
    "structure.merged_away": ("arrow-merge", _l("Merged into another structure")),
    "structure.unmerged": ("arrow-fork", _l("Merge of structures undone")),
    "structure.kept_apart": ("arrows-left-right", _l("Said to be another than one that looks like it")),
    "structures.import_sent": ("file-import", _l("File of structures sent for import")),
    "structures.imported": ("file-import", _l("File of structures imported")),
    "structures.import_given_up": ("x", _l("Import of structures given up")),
    # people
    "member.added": ("user-plus", _l("Joined the team")),
    "member.role_changed": ("user-check", _l("Role changed")),
    "member.end_set": ("calendar", _l("Last day changed")),
    "member.removed": ("user-off", _l("Left the team")),
    "account.created": ("user-plus", _l("Account made")),
    "account.logged_in": ("login", _l("Logged in")),
    "account.logged_out_everywhere": ("logout", _l("Logged out on every device")),
    "account.password_changed": ("lock", _l("Password changed")),
    "account.password_reset": ("lock-open", _l("New password chosen by a link")),
    "account.reset_asked": ("mail", _l("Link asked for a forgotten password")),
    "invitation.sent": ("send", _l("Invitation sent")),
    "invitation.sent_again": ("mail-forward", _l("Invitation sent again")),
    "invitation.revoked": ("x", _l("Invitation withdrawn")),
    "invitation.accepted": ("check", _l("Invitation accepted")),
    "partner.added": ("heart-handshake", _l("Functions entrusted to a partner")),
    "partner.changed": ("heart-handshake", _l("Functions of a partner changed")),
    "partner.removed": ("user-off", _l("Functions taken back from a partner")),
    "door_token.made": ("device-mobile", _l("Telephone opened for a door")),
    # what an organiser keeps
    "project.created": ("tag", _l("Project made")),
    "project.changed": ("edit", _l("Project changed")),
    "project.saved": ("tag", _l("Project saved")),
    "audience.added": ("users-plus", _l("Audience added")),
    "template.saved": ("layout-grid", _l("Template kept")),
    "template.replaced": ("refresh", _l("Template replaced")),
    "template.renamed": ("edit", _l("Template renamed")),
    "template.deleted": ("trash", _l("Template deleted")),
    "view.saved": ("filter", _l("List view kept")),
    "view.changed": ("edit", _l("List view changed")),
    "view.deleted": ("trash", _l("List view deleted")),
    "reason.added": ("plus", _l("Reason added")),
    "reason.reworded": ("edit", _l("Reason reworded")),
    "reason.retired": ("eye-off", _l("Reason no longer offered")),
    "reason.brought_back": ("eye", _l("Reason offered again")),
    "reason.ordered": ("arrows-sort", _l("Order of the reasons changed")),
    "organiser.created": ("building", _l("Organiser made")),
    "organiser.look_set": ("palette", _l("Name, contact or colours changed")),
    "organiser.logo_set": ("photo", _l("Logo changed")),
    "organiser.logo_removed": ("photo", _l("Logo taken away")),
    # machines
    "token.made": ("key", _l("Key made")),
    "token.revoked": ("key", _l("Key withdrawn")),
    "export.made": ("file-export", _l("Rows exported")),
    "export.fetched": ("download", _l("Exported file fetched")),
    "job.retried": ("refresh", _l("Background work started again")),
    "job.cancelled": ("player-stop", _l("Background work stopped")),
}
"""Every verb that is ever recorded: its icon and its words. A test proves that none is missing."""

GROUPS: Mapping[str, tuple[object, tuple[str, ...]]] = {
    "events": (_l("Events"), ("event.", "targets.")),
    "questions": (_l("Questions"), ("question.",)),
    "registrations": (_l("Registrations"), ("registration.", "registrations.", "import.", "message.")),
    "structures": (_l("Structures"), ("structure.", "structures.")),
    "people": (_l("People and partners"), ("member.", "account.", "invitation.", "partner.", "door_token.")),
    "projects": (_l("Projects and audiences"), ("project.", "audience.")),
    "templates": (_l("Templates"), ("template.",)),
    "views": (_l("List views"), ("view.",)),
    "reasons": (_l("Reasons"), ("reason.",)),
    "look": (_l("Look"), ("organiser.",)),
    "keys": (_l("Keys"), ("token.",)),
    "exports": (_l("Exports"), ("export.",)),
    "work": (_l("Background work"), ("job.",)),
}
"""What people look for: {key: (words, the verbs' beginnings)}. Every verb is in one."""
EVENT_GROUPS = ("events", "questions", "registrations", "people", "exports")
"""Those in which something of one event may stand."""
OUTSIDER_GROUPS = ("events", "questions", "registrations")
"""Of these, what is everybody's business who reads an event's history; exports of one's own stand among all lines."""


def verb_words(verb: str) -> tuple[str, str]:
    """Icon and sentence of a verb."""
    icon, words = VERBS.get(verb, ("history", verb))
    return icon, str(words)
