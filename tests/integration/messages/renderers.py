"""Renderers for tests, for the test's process and for the workers that it starts."""

from app.messages.rendering import Attachment, Mail, RenderContext, renderer

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PDF = b"%PDF-1.7\n" + bytes(range(256))


@renderer("tests.note")
def note(context: RenderContext) -> Mail:
    number = context.params["n"]
    return Mail(f"Mail {number}", f"Number {number}, {context.locale}\n", f"<p>Number {number}</p>")


@renderer("tests.stale")
def stale(context: RenderContext) -> None:
    return None


@renderer("tests.broken")
def broken(context: RenderContext) -> Mail:
    raise KeyError("event")


@renderer("tests.full")
def full(context: RenderContext) -> Mail:
    return full_mail(context.params.get("title", "Votre billet"))


def full_mail(title: str) -> Mail:
    return Mail(
        title,
        "Jeudi 4 février à 9 h 40\n.\nÀ bientôt\n",
        '<p>Jeudi 4 février à 9 h 40</p><img src="cid:qr" alt="VT-7K3Q-9F">',
        (
            Attachment("qr.png", "image/png", PICTURE, content_id="qr"),
            Attachment("billet-élève.pdf", "application/pdf", PDF),
            Attachment("inscription.ics", "text/calendar", CALENDAR, parameters=(("method", "PUBLISH"),)),
        ),
        headers=(("List-Id", "<forum.example.org>"),),
    )
