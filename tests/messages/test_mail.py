"""What leaves the house by mail, and how."""

import pytest

from grants.core.mail import Sender, compose, deliver
from tests.messages.postbox import postbox


def message(sender: Sender, **changes):
    said = {
        "to": "amina@example.org",
        "name": "Amina El Fassi",
        "subject": "Bonjour",
        "text": "Un texte.\n",
        "html": "<p>Un texte.</p>",
        "message_id": "0190",
    }
    return compose(sender, **{**said, **changes})


SENDER = Sender("smtp://127.0.0.1:1", "Tamwil <no-reply@fonds.example>", "aide@fonds.example")


def test_a_message_says_who_what_and_in_which_language():
    made = message(SENDER, language="ar")
    assert made["From"] == "Tamwil <no-reply@fonds.example>"
    assert made["Reply-To"] == "aide@fonds.example"
    assert made["To"] == "Amina El Fassi <amina@example.org>"
    assert made["Message-ID"] == "<0190@fonds.example>"
    assert made["Content-Language"] == "ar"
    assert made["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in made.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x00"])
def test_nobody_writes_a_header_through_a_title_or_a_name(end):
    made = message(SENDER, subject=f"Call{end}Bcc: all@example.org", name=f"Amina{end}Bcc: all@example.org")
    raw = made.as_bytes()
    assert b"\nBcc" not in raw and b"\rBcc" not in raw
    assert "Bcc" not in made


@pytest.mark.parametrize(
    "to", ["a@b.example\nBcc: c@d.example", "a b@c.example", "a@b.example,c@d.example", "", "plain"]
)
def test_an_address_that_is_none_is_refused(to):
    with pytest.raises((ValueError, IndexError)):
        message(SENDER, to=to)


def test_arabic_arrives_whole():
    with postbox() as box:
        sender = Sender(box.url, "Tamwil <no-reply@fonds.example>")
        deliver(message(sender, subject="الصحة الرقمية", name="آمنة", text="مرحبا\n"), sender)
    arrived = box.messages[0]
    assert arrived["Subject"] == "الصحة الرقمية"
    assert arrived.get_body(("plain",)).get_content().strip() == "مرحبا"


def test_the_password_in_the_address_is_used_on_this_machine():
    with postbox() as box:
        sender = Sender(box.url.replace("//", "//fund%40example.org:s%2Fecret@"), "a <a@fonds.example>")
        deliver(message(sender), sender)
    assert box.logins == [b"fund@example.org:s/ecret"]


def test_a_password_never_travels_unencrypted_to_another_machine(monkeypatch):
    monkeypatch.setattr("grants.core.mail._is_here", lambda host: False)
    with postbox() as box:
        sender = Sender(box.url.replace("//", "//fund:secret@"), "a <a@fonds.example>")
        with pytest.raises(OSError, match="offers no encryption"):
            deliver(message(sender), sender)
    assert (box.logins, box.messages) == ([], [])


def test_a_server_that_does_not_answer_is_given_up_in_time():
    with postbox() as box:
        box.pause = 5
        sender = Sender(box.url, "a <a@fonds.example>", timeout=0.3)
        with pytest.raises(OSError, match="timed out"):
            deliver(message(sender), sender)
