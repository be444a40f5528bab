"""Files attached to an application, and files that are not what they say."""

import pytest
from sqlalchemy import select

from grants.applications.models import Document
from grants.core.db import db
from tests.applications.ground import draft, ground
from tests.applications.samples import pdf
from tests.factories import PersonFactory
from tests.web.drafts import base, send


def test_documents_are_downloaded_never_shown(client):
    on = ground()
    application = draft(on, documents=0)
    client.login(on.lead)
    content = pdf("Une proposition")
    assert send(client, application, content, "Étude – مشروع.pdf").status_code == 303
    assert send(client, application, content, "again.pdf").status_code == 303
    document = db.session.scalars(select(Document)).one()
    answer = client.get(f"/applicant/documents/{document.id}")
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    client.login(PersonFactory())
    assert client.get(f"/applicant/documents/{document.id}").status_code == 404
    assert client.post(f"/applicant/documents/{document.id}/remove").status_code == 404
    client.login(on.lead)
    assert client.post(f"/applicant/documents/{document.id}/remove").status_code == 303
    assert db.session.scalars(select(Document)).all() == []


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "proposal.pdf", "empty"),
        (b"MZ\x90\x00" + b"\x00" * 2000, "proposal.pdf", "PDF"),
        (pdf(), "proposal.exe", "PDF"),
        (pdf()[:-200], "proposal.pdf", "damaged"),
        (b"%PDF-1.4\n" + b"0" * 10_200_000 + b"%%EOF", "proposal.pdf", "larger than 10"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_with_the_reason(client, content, name, sentence):
    on = ground()
    application = draft(on, documents=0)
    client.login(on.lead)
    page = send(client, application, content, name)
    assert page.status_code == 200 and sentence in page.text and 'class="errsum"' in page.text
    assert db.session.scalars(select(Document)).all() == []


def test_a_huge_file_is_refused_before_it_is_read(client):
    on = ground()
    application = draft(on, documents=0)
    client.login(on.lead)
    page = send(client, application, b"%PDF-1.4\n" + b"0" * 13_000_000)
    assert page.status_code == 413


def test_no_file_at_all(client):
    on = ground()
    application = draft(on, documents=0)
    client.login(on.lead)
    page = client.post(f"{base(application)}/documents", data={})
    assert page.status_code == 200 and 'class="errsum"' in page.text
