"""Documents kept once: versions and their history, expiry, and one press into a draft without a second copy."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from grants.applications import queries as applications
from grants.applications.models import Document
from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import Forbidden, Refused
from grants.people import queries as people
from grants.people.models import Right
from grants.profiles import policy, queries, service
from grants.profiles.models import Attachment, KeptDocument, KeptKind
from grants.profiles.service import File, today_of
from tests.applications.ground import colleague, draft, ground
from tests.applications.samples import pdf
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory


def file(letter: str = "a", name: str = "attestation.pdf") -> File:
    return File(name, "application/pdf", 1000, letter * 64)


@pytest.fixture
def on(app):
    made = ground()
    db.session.commit()
    return made


def keep(on, letter="a", kind=KeptKind.TAX, expires_on=None) -> KeptDocument:
    organisation = people.organisation(on.lead, on.organisation.id)
    return service.keep_document(organisation, kind, file(letter), expires_on, actor=on.lead)


def again(on, kept) -> KeptDocument:
    return queries.kept_document(on.lead, kept.id)


def test_kept_replaced_removed(on):
    first = keep(on)
    assert keep(on).id == first.id, "sent twice it is one document"
    assert keep(on, kind=KeptKind.OTHER).id != first.id
    day = today_of(on.organisation) + timedelta(days=90)
    second = service.replace_document(again(on, first), file("b"), day, actor=on.lead)
    assert service.replace_document(again(on, first), file("b"), day, actor=on.lead).id == second.id
    with pytest.raises(Refused, match="newer version"):
        service.replace_document(again(on, first), file("c"), None, actor=on.lead)
    assert [one.id for one in queries.current_documents(on.organisation.id) if one.kind == KeptKind.TAX] == [second.id]
    assert [one.id for one in queries.versions(on.organisation.id) if one.kind == KeptKind.TAX] == [second.id, first.id]
    service.remove_document(again(on, second), actor=on.lead)
    service.remove_document(again(on, second), actor=on.lead)
    assert [one.kind for one in queries.current_documents(on.organisation.id)] == [KeptKind.OTHER]
    names = db.session.scalars(select(Event.name).where(Event.subject_id.in_([first.id, second.id])))
    assert sorted(names) == ["kept_document.keep", "kept_document.keep", "kept_document.remove"]


def test_at_most_so_many(on, monkeypatch):
    monkeypatch.setattr(service, "MOST_DOCUMENTS", 2)
    keep(on, "a"), keep(on, "b")
    with pytest.raises(Refused, match="At most"):
        keep(on, "c")


def test_attached_in_one_press(on):
    kept = keep(on)
    made = draft(on, documents=0)

    def press():
        attachment = Attachment(applications.own_application(on.lead, made.id), again(on, kept))
        return service.attach_kept(attachment, actor=on.lead)

    first, second = press(), press()
    assert first.id == second.id and (first.sha256, first.filename) == (kept.sha256, kept.filename)


def test_an_expired_one_wants_the_warning(on):
    today = today_of(on.organisation)
    past, last_day = keep(on, "a", expires_on=today - timedelta(days=1)), keep(on, "b", expires_on=today)
    made = draft(on, documents=0)
    db.session.commit()
    for kept in (past, last_day):
        attachment = Attachment(applications.own_application(on.lead, made.id), again(on, kept))
        if kept is past:
            with pytest.raises(Refused, match="expired on"):
                service.attach_kept(attachment, actor=on.lead)
            attachment = Attachment(applications.own_application(on.lead, made.id), again(on, kept))
        service.attach_kept(attachment, accept_expired=True, actor=on.lead)
    assert len(db.session.scalars(select(Document)).all()) == 2


def test_who_may(on):
    kept, reader, editor = keep(on), colleague(on, Right.READER), colleague(on, Right.EDITOR)
    made = draft(on, documents=0)
    other = OrganisationFactory()
    MembershipFactory(organisation=other, person=on.lead)
    foreign = service.keep_document(people.organisation(on.lead, other.id), KeptKind.TAX, file(), None, actor=on.lead)
    db.session.commit()
    db.session.expire_all()
    loaded, theirs = again(on, kept), queries.kept_document(on.lead, foreign.id)
    application = applications.own_application(on.lead, made.id)
    for person, reads, writes in ((on.lead, 1, 1), (editor, 1, 1), (reader, 1, 0), (PersonFactory(), 0, 0)):
        assert policy.read_kept.allows(person, loaded) == bool(reads)
        assert policy.write_kept.allows(person, loaded) == bool(writes)
        assert policy.attach_kept.allows(person, Attachment(application, loaded)) == bool(writes)
        assert (loaded in set(db.session.scalars(queries.kept_visible_to(person)))) == bool(reads)
    with pytest.raises(Forbidden, match="another organisation"):
        service.attach_kept(Attachment(application, theirs), actor=on.lead)


# --- the pages ------------------------------------------------------------------------------------------------


def sent(**values):
    return {"kind": "tax", "file": (BytesIO(pdf()), "attestation fiscale.pdf"), "expires_on": "2031-05-31"} | values


def test_the_pages_from_the_shelf_to_the_draft(client, on):
    made = draft(on, documents=0)
    db.session.commit()
    base = f"/applicant/organisations/{on.organisation.id}/documents"
    client.login(on.lead)
    assert client.get(base).status_code == client.get(f"{base}/new").status_code == 200
    for wrong in ({"file": (BytesIO(b"MZ"), "a.pdf")}, {"file": (BytesIO(b""), "a.pdf")}, {"expires_on": "31 June"}):
        page = client.post(f"{base}/new", data=sent(**wrong))
        assert page.status_code == 200 and 'class="errsum"' in page.text
    assert client.post(f"{base}/new", data=sent()).status_code == 303
    kept = db.session.scalars(select(KeptDocument)).one()
    replace = f"/applicant/kept/{kept.id}/replace"
    assert client.get(replace).status_code == 200
    newer = {"file": (BytesIO(pdf("2")), "b.pdf"), "expires_on": "2020-01-01"}
    assert client.post(replace, data=newer).status_code == 303
    assert client.get(replace).status_code == 403
    page = client.get(base)
    assert "Expired" in page.text and "1 older version" in page.text.replace("\u00a0", " ")
    assert client.get(f"/applicant/organisations/{on.organisation.id}/profile").status_code == 200
    assert client.get(f"/applicant/kept/{kept.id}/file").headers["Content-Disposition"].startswith("attachment")

    current = queries.current_documents(on.organisation.id)[0]
    documents, press = f"/applicant/applications/{made.id}/documents", f"/applicant/applications/{made.id}/kept"
    assert "expired on" in client.get(documents).text
    assert client.post(f"{press}/{current.id}").status_code == 422
    done = client.post(f"{press}/{current.id}", data={"expired": "accepted"})
    assert done.status_code == 303 and done.location == documents
    assert "b.pdf" in client.get(documents).text and f"{press}/" not in client.get(documents).text
    assert client.post(f"{press}/{kept.id}").status_code == 403, "an older version"
    assert client.post(f"/applicant/kept/{current.id}/remove").status_code == 303
    assert db.session.scalars(select(Document)).one().sha256 == current.sha256, "what is attached stays"


def test_strangers_and_readers(client, on):
    kept = keep(on)
    base = f"/applicant/organisations/{on.organisation.id}/documents"
    client.login(colleague(on, Right.READER))
    assert client.get(base).status_code == 200
    assert client.get(f"{base}/new").status_code == client.post(f"/applicant/kept/{kept.id}/remove").status_code == 403
    client.login(PersonFactory())
    for path in (base, f"{base}/new", f"/applicant/kept/{kept.id}/file", f"/applicant/kept/{kept.id}/replace"):
        assert client.get(path).status_code == 404


def test_the_same_queries_however_many(client, on, queries):
    made = draft(on, documents=0)
    client.login(on.lead)
    paths = [
        f"/applicant/organisations/{on.organisation.id}/documents",
        f"/applicant/organisations/{on.organisation.id}/profile",
        f"/applicant/applications/{made.id}/documents",
    ]
    counted = []
    for letters in ("a", "bcdef0123456789"):
        for letter in letters:
            keep(on, letter)
        for path in paths:
            client.get(path)
            with queries() as seen:
                assert client.get(path).status_code == 200
            counted.append(len(seen))
    assert counted[:3] == counted[3:]
