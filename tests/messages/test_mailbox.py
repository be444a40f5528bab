"""The demo's mailbox page."""

from dataclasses import replace

import pytest

from grants.core.mail import Sender, compose

SENDER = Sender("smtp://127.0.0.1:1", "Tamwil <no-reply@fonds.example>")


def put(directory, name, **changes):
    said = {
        "to": "amina@example.org",
        "name": "Amina",
        "subject": f"Mail {name}",
        "html": "<p>x</p>",
        "message_id": name,
    }
    said |= {
        "text": "Confirm:\nhttp://localhost:8000/confirm/abc.d-e\nNot http://localhost:8000.evil.example/ nor <b>.\n"
    }
    (directory / f"{name}.eml").write_bytes(compose(SENDER, **{**said, **changes}).as_bytes())


@pytest.fixture
def mailbox(app, tmp_path, monkeypatch):
    settings = replace(app.extensions["settings"], mailbox=str(tmp_path), base_url="http://localhost:8000")
    monkeypatch.setitem(app.extensions, "settings", settings)
    return tmp_path


def test_there_is_no_mailbox_unless_the_setting_names_one(client):
    assert client.get("/mailbox").status_code == 404
    assert client.get("/mailbox/1").status_code == 404


def test_the_newest_mail_comes_first(client, mailbox):
    for name in ("00001-a", "00003-c", "00002-b"):
        put(mailbox, name)
    page = client.get("/mailbox").text
    assert page.index("Mail 00003-c") < page.index("Mail 00002-b") < page.index("Mail 00001-a")
    assert "amina@example.org" in page and "3 mails" in page


def test_an_empty_mailbox_says_what_to_do(client, mailbox):
    assert "Nothing has been sent yet" in client.get("/mailbox").text


def test_only_links_to_our_own_pages_can_be_clicked(client, mailbox):
    put(mailbox, "00001-a")
    page = client.get("/mailbox/00001-a").text
    assert '<a href="http://localhost:8000/confirm/abc.d-e">' in page
    assert 'href="http://localhost:8000.evil' not in page and "&lt;b&gt;" in page


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a%00b", "é", "a.eml"])
def test_nothing_else_can_be_read_through_it(client, mailbox, name):
    (mailbox.parent / "secret.eml").write_text("Subject: secret\n\nsecret")
    assert client.get(f"/mailbox/{name}").status_code == 404
    assert client.get("/mailbox/../secret").status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"Subject: =?utf-8?b?!?=\nDate: never\n\nhello", b"To: @@\n\n"]
)
def test_a_mail_that_is_none_does_not_take_the_page_down(client, mailbox, content):
    (mailbox / "00001-a.eml").write_bytes(content)
    assert client.get("/mailbox").status_code == 200
    assert client.get("/mailbox/00001-a").status_code == 200


def test_a_mail_in_arabic_reads_from_right_to_left(client, mailbox):
    put(mailbox, "00001-a", subject="الصحة", text="مرحبا\n", language="ar")
    assert 'lang="ar"' in client.get("/mailbox/00001-a").text
