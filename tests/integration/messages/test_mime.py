"""What is sent parses back to what was meant, whatever people are called."""

import os
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, DictLoader, UndefinedError

from app.core.errors import NotFound
from app.messages import senders
from app.messages.mime import build_message, mail_address
from app.messages.outbox import OutboxMail, list_outbox, read_mail
from app.messages.rendering import UnknownTemplate, mail_environment, render, render_mail_templates, renderer
from app.messages.senders import PARCOURS, Sender, get_sender, sender_source
from app.messages.transport import MailDelayed, MailRefused, file_name, send
from tests.integration.messages import renderers
from tests.integration.messages.smtp_server import MailServerScript, mail_server

NOW = datetime(2027, 2, 4, 8, 40, tzinfo=UTC)
RFC_ID = "<qX3-_z9@parcours.example.org>"


def built(
    title: str = "Votre billet", name: str = "Cité des métiers", recipient: str = "ana@exämple.org"
) -> EmailMessage:
    return build_message(
        renderers.full_mail(title),
        rfc_id=RFC_ID,
        recipient=recipient,
        sender=Sender(name, email="forum@example.org"),
        mail_from="Parcours <parcours@example.org>",
        locale="fr",
        now=NOW,
    )


def parsed(message: EmailMessage) -> EmailMessage:
    return message_from_bytes(message.as_bytes(), EmailMessage, policy=default)


def test_structure_is_alternatives_then_attachments() -> None:
    message = parsed(built())
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
        "text/calendar",
    ]
    *_, picture, pdf, calendar = message.walk()
    assert picture["Content-ID"] == "<qr>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_payload(decode=True) == renderers.PICTURE
    assert (pdf.get_filename(), pdf.get_payload(decode=True)) == ("billet-élève.pdf", renderers.PDF)
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "PUBLISH"}
    assert calendar.get_payload(decode=True) == renderers.CALENDAR


def test_headers_say_what_it_is() -> None:
    message = parsed(built())
    assert message["Message-ID"] == RFC_ID
    assert message["Date"].datetime == NOW
    assert str(message["From"]) == "Cité des métiers <parcours@example.org>"
    assert str(message["To"]) == "ana@xn--exmple-cua.org"
    assert message["Reply-To"] == "forum@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "fr"
    assert message["List-Id"] == "<forum.example.org>"


@pytest.mark.parametrize(
    "name",
    [
        "Maison de l’emploi, Auxerre (89)",
        'L\'agence "Demain" <bureau>',
        "Une très longue maison de l’emploi et de la formation, du Grand Auxerrois et de la Puisaye-Forterre réunis",
        "A\r\nBcc: bo@example.org",
        "A\u2028Bcc: bo@example.org",
        "=?utf-8?q?A=0D=0ABcc:_bo@example.org?= B",
    ],
)
@pytest.mark.parametrize("recipient", ["ana@example.org", "élise@example.org"])
def test_names_and_titles_survive_and_start_no_header(name: str, recipient: str, tmp_path: Path) -> None:
    put(tmp_path, built(title=name, name=name, recipient=recipient))
    mail = read_mail(tmp_path, file_name(RFC_ID))
    expected = " ".join(name.replace("=?", "= ?").split())
    assert "Bcc" not in dict(mail.headers)
    assert (mail.title, mail.recipient) == (expected, recipient)
    shown, _, address = mail.sender.rpartition(" <")
    assert address == "parcours@example.org>"
    if recipient.isascii():
        assert shown.strip('"').replace('\\"', '"') == expected
    else:
        assert letters(shown) == letters(expected)


def letters(text: str) -> str:
    return "".join(c for c in text if c.isalpha())


@pytest.mark.parametrize(
    "address", ["", "nobody", "@example.org", "a@", "a\n@example.org", "=?utf-8?q?a?=@x.org", f"a@{'x' * 70}.org"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no mail address"):
        mail_address(address)


def put(folder: Path, message: EmailMessage) -> None:
    send(f"file:{folder}", message, sender="parcours@example.org", recipient="ana@example.org", instance=folder)


def test_outbox_keeps_one_whole_file_a_mail(tmp_path: Path) -> None:
    put(tmp_path, built())
    put(tmp_path, built())
    assert [path.name for path in tmp_path.iterdir()] == ["qX3-_z9@parcours.example.org.eml"]
    (line,) = list_outbox(tmp_path)
    mail: OutboxMail = read_mail(tmp_path, line.name)
    assert (mail.title, mail.recipient, line.sender) == (line.title, line.recipient, mail.sender)
    assert mail.text == "Jeudi 4 février à 9 h 40\n.\nÀ bientôt\n"
    assert mail.html.startswith("<p>Jeudi 4 février")
    assert [(a.filename, a.content_type, a.content_id) for a in mail.attachments] == [
        ("qr.png", "image/png", "qr"),
        ("billet-élève.pdf", "application/pdf", None),
        ("inscription.ics", "text/calendar", None),
    ]
    assert mail.attachments[2].content == renderers.CALENDAR


def test_outbox_that_cannot_be_written_makes_the_mail_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MailDelayed, match="cannot be written"):
        put(tmp_path / "file", built())


def test_outbox_shows_mails_only(tmp_path: Path) -> None:
    secret = tmp_path / "secret.eml"
    secret.write_text("Subject: secret\n\nsecret")
    folder = tmp_path / "outbox"
    assert list_outbox(folder) == []
    put(folder, built())
    (folder / "link.eml").symlink_to(secret)
    (folder / ".hidden.eml").write_text("draft")
    (folder / "folder.eml").mkdir()
    (folder / "notes.txt").write_text("notes")
    assert [line.name for line in list_outbox(folder)] == [file_name(RFC_ID)]
    names = [
        "../secret.eml",
        "link.eml",
        ".hidden.eml",
        "folder.eml",
        "notes.txt",
        "",
        str(secret),
        "none.eml",
        "a\0.eml",
    ]
    for name in names:
        with pytest.raises(NotFound):
            read_mail(folder, name)


def test_outbox_lists_the_newest_first(tmp_path: Path) -> None:
    for n in range(5):
        message = built(title=f"Mail {n}")
        message.replace_header("Message-ID", f"<{n}@example.org>")
        put(tmp_path, message)
        os.utime(tmp_path / f"{n}@example.org.eml", (n, n))
    assert [line.title for line in list_outbox(tmp_path, limit=3)] == ["Mail 4", "Mail 3", "Mail 2"]


def test_a_file_name_is_never_a_path() -> None:
    assert file_name("<../../etc/passwd@x>") == "_.._etc_passwd@x.eml"


def test_a_server_that_fails_to_encrypt_gets_nothing() -> None:
    with mail_server(MailServerScript(extensions=("STARTTLS", "AUTH PLAIN"))) as script:
        url = f"smtp://me:secret@127.0.0.1:{script.port}"
        with pytest.raises(MailDelayed):
            send(url, built(), sender="parcours@example.org", recipient="a@example.org", instance=Path(), timeout=5)
    assert (script.logins, script.received) == ([], [])
    assert "MAIL" not in script.verbs


def test_a_password_never_travels_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.messages.transport._is_this_machine", lambda host: False)
    with mail_server(MailServerScript(extensions=("AUTH PLAIN",))) as script:
        url = f"smtp://me:secret@127.0.0.1:{script.port}"
        with pytest.raises(MailDelayed, match="no encryption"):
            send(url, built(), sender="parcours@example.org", recipient="a@example.org", instance=Path(), timeout=5)
    assert script.logins == []


def test_dots_and_accents_arrive_over_smtp() -> None:
    with mail_server() as script:
        mail = built(recipient="élise@example.org")
        send(script.url, mail, sender="parcours@example.org", recipient="élise@example.org", instance=Path())
    (received,) = script.received
    body = message_from_bytes(received.content, EmailMessage, policy=default).get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Jeudi 4 février à 9 h 40", ".", "À bientôt"]
    assert received.recipients == ["élise@example.org"]


def test_a_server_without_smtputf8_refuses_such_an_address_for_good() -> None:
    mail = built(recipient="élise@example.org")
    with mail_server(MailServerScript(extensions=())) as script, pytest.raises(MailRefused):
        send(script.url, mail, sender="parcours@example.org", recipient="élise@example.org", instance=Path())


TEMPLATES = {
    "tests/hello.txt": "{% extends 'base.txt' %}{% block title %}Bonjour\n {{ name }} & Co{% endblock %}"
    "{% block content %}Bonjour {{ name }}\n\n\n\n{{ url }}\n{% endblock %}",
    "tests/hello.html": "{% extends 'base.html' %}{% from 'base.macros.html' import button, facts, notice, picture "
    "with context %}{% block content %}<p>{{ name }}</p>{{ button(url, 'Voir') }}"
    "{{ facts([('Heure', name), ('x', '')]) }}"
    "{% call notice() %}Attention{% endcall %}{{ picture('qr', 'VT-7K3Q-9F') }}{% endblock %}",
    "tests/untitled.txt": "{% extends 'base.txt' %}",
}


@pytest.fixture
def templates(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = mail_environment("fr")
    assert environment.loader is not None
    monkeypatch.setattr(environment, "loader", ChoiceLoader([DictLoader(TEMPLATES), environment.loader]))
    monkeypatch.setattr(senders, "_sources", [lambda organiser_id: Sender("Forum", "#F2B632", phone="06 39 98 00 00")])


@pytest.mark.usefixtures("templates")
def test_templates_give_title_text_and_html() -> None:
    title, text, html = render_mail_templates(
        "tests/hello", "fr", organiser_id=1, name="<Ana>", url="https://example.org/r/x?a=1&b=2"
    )
    assert title == "Bonjour <Ana> & Co"
    assert text.startswith("Bonjour <Ana>\n\nhttps://example.org/r/x?a=1&b=2\n\n-- \nForum\n")
    assert "06 39 98 00 00" in text
    assert "<title>Bonjour &lt;Ana&gt; &amp; Co</title>" in html
    assert html.count('href="https://example.org/r/x?a=1&amp;b=2"') == 2
    assert "background-color:#F2B632;color:#231D1A" in html
    assert 'src="cid:qr"' in html
    assert "<Ana>" not in html
    assert html.count('scope="row"') == 1
    assert 'lang="fr"' in html


@pytest.mark.usefixtures("templates")
def test_a_template_without_its_values_or_title_is_a_fault() -> None:
    with pytest.raises(UndefinedError, match="name"):
        render_mail_templates("tests/hello", "fr", organiser_id=None, url="https://example.org")
    with pytest.raises(ValueError, match="title"):
        render_mail_templates("tests/untitled", "fr", organiser_id=None)


def test_names_of_renderers_and_senders_are_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "_sources", [])
    assert get_sender(None) == get_sender(3) == PARCOURS
    sender_source(lambda organiser_id: Sender(f"Organiser {organiser_id}"))
    assert get_sender(3) == Sender("Organiser 3")
    with pytest.raises(ValueError, match="already"):
        sender_source(lambda organiser_id: PARCOURS)
    with pytest.raises(ValueError, match="already"):
        renderer("tests.note")(renderers.note)
    with pytest.raises(UnknownTemplate):
        render("tests.unheard_of", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("brand", "text"), [("#5E1A49", "#FFFFFF"), ("#F2B632", "#231D1A"), ("#FFFFFF", "#231D1A")])
def test_text_on_the_brand_colour_is_readable(brand: str, text: str) -> None:
    assert Sender("Forum", brand).on_brand == text
