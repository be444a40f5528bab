"""The documents a call asks for, as applicants give them: mandatory ones block, recent ones are recent."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from obstore.store import MemoryStore
from sqlalchemy import select

from grants.applications import queries, service
from grants.applications.blockers import blockers
from grants.applications.models import Document
from grants.applications.slots import Fill, slots, today
from grants.applications.submitted import content_hash, content_of
from grants.calls.models import FileKind, RequiredDocument
from grants.core.db import db
from grants.core.errors import Refused
from grants.core.i18n import Words
from grants.core.storage import Storage
from grants.people import queries as people
from grants.people.models import Right
from grants.profiles import service as profiles
from grants.profiles.models import KeptKind
from grants.profiles.service import File
from tests.applications.ground import colleague, draft, ground
from tests.applications.samples import pdf
from tests.applications.test_attachments import workbook
from tests.factories import PersonFactory


@pytest.fixture
def on(app):
    made = ground()
    listed = [
        ("Business plan", {"kinds": ["pdf"], "most": 2}),
        ("Tax certificate", {"kinds": ["pdf"], "valid_months": 3}),
        ("Detailed budget", {"kinds": ["xlsx"], "mandatory": False}),
    ]
    for n, (name, more) in enumerate(listed, 1):
        usual = {"guidance": Words(), "mandatory": True, "most": 1}
        db.session.add(
            RequiredDocument(call_id=made.call.id, position=n, name=Words(en=name, fr=name), **(usual | more))
        )
    db.session.commit()
    return made


@pytest.fixture
def mine(on):
    """The draft as a page loads it, anew at each call."""
    made = draft(on, documents=0)
    db.session.commit()
    id = made.id
    return lambda: queries.own_application(on.lead, id)


def fill(on, slot, content=None, name="a.pdf", issued_on=None):
    kept_in = Storage(MemoryStore())
    content = pdf() if content is None else content
    return service.fill(slot, name, content, issued_on, storage=kept_in, limit_mb=10, actor=on.lead)


def missing(application):
    return [str(one.message) for one in blockers(application) if one.section == "documents"]


def test_what_is_mandatory_is_named_until_it_is_there(on, mine):
    assert missing(mine()) == ["Attach “Business plan”.", "Attach “Tax certificate”."]
    assert [one.fill for one in slots(mine())] == [Fill.MISSING, Fill.MISSING, Fill.OPEN]
    fill(on, slots(mine())[0])
    assert missing(mine()) == ["Attach “Tax certificate”."]
    fill(on, slots(mine())[1], issued_on=today(mine().call) - timedelta(days=10))
    assert missing(mine()) == []
    assert [one.fill for one in slots(mine())] == [Fill.FILLED, Fill.FILLED, Fill.OPEN]


def test_a_call_without_a_list_asks_for_the_proposal(app):
    on = ground()
    db.session.commit()
    made = draft(on, documents=0)
    assert missing(queries.own_application(on.lead, made.id)) == ["Attach the full proposal as a PDF file."]


def test_how_old_it_may_be(on, mine):
    day = today(mine().call)
    slot = slots(mine())[1]
    for wrong, why in (
        (None, "on which day"),
        (day + timedelta(days=1), "still to come"),
        (day - timedelta(days=120), "within 3 months"),
    ):
        with pytest.raises(Refused, match=why):
            fill(on, slot, issued_on=wrong)
    made = fill(on, slot, issued_on=day)
    assert made.expires_on > day + timedelta(days=80)
    db.session.get_one(Document, made.id).expires_on = day - timedelta(days=1)
    db.session.commit()
    assert len(missing(mine())) == 2 and "attach a newer one" in missing(mine())[1]
    assert slots(mine())[1].fill == Fill.WRONG


def test_kinds_and_counts(on, mine):
    plan, _, budget = slots(mine())
    with pytest.raises(Refused, match="not of a kind"):
        fill(on, budget)
    fill(on, budget, workbook(), "budget.xlsx")
    first = fill(on, plan, pdf("1"))
    assert fill(on, plan, pdf("1")).id == first.id, "sent twice it is one"
    fill(on, plan, pdf("2"))
    with pytest.raises(Refused, match="takes 2 files"):
        fill(on, plan, pdf("3"))


def test_one_file_may_answer_two_demands(on, mine):
    day = today(mine().call)
    one, other = fill(on, slots(mine())[0]), fill(on, slots(mine())[1], issued_on=day)
    assert one.id != other.id and one.sha256 == other.sha256
    said = content_of(mine())["documents"]
    assert [set(one) for one in said] == [{"sha256", "filename", "size", "for"}, {*said[0], "expires_on"}] or [
        set(one) for one in said
    ] == [{"sha256", "filename", "size", "for", "expires_on"}, {"sha256", "filename", "size", "for"}]
    before = content_hash(mine())
    db.session.get_one(Document, other.id).expires_on = day
    db.session.commit()
    assert content_hash(mine()) != before, "its last day is part of what is submitted"


# --- the pages ------------------------------------------------------------------------------------------------


def keep(on, expires_on, letter="a"):
    organisation = people.organisation(on.lead, on.organisation.id)
    file = File(f"{letter}.pdf", "application/pdf", 1000, letter * 64)
    return profiles.keep_document(organisation, KeptKind.TAX, file, expires_on, actor=on.lead)


def test_the_list_and_each_page(client, on, mine):
    client.login(on.lead)
    base, day = f"/applicant/applications/{mine().id}/documents", today(mine().call)
    text = client.get(base).text
    for one in slots(mine()):
        assert f"{base}/{one.required.id}" in text and f'id="{one.field}"' in text
    plan, tax, _ = (f"{base}/{one.required.id}" for one in slots(mine()))
    assert "Day of issue" in client.get(tax).text and "Day of issue" not in client.get(plan).text
    answer = client.post(plan, data={})
    assert answer.status_code == 200 and 'class="errsum"' in answer.text
    answer = client.post(plan, data={"file": (BytesIO(b"MZ"), "plan.pdf")})
    assert answer.status_code == 200 and 'class="errsum"' in answer.text
    sent = client.post(plan, data={"file": (BytesIO(pdf()), "خطة العمل.pdf")})
    assert (sent.status_code, sent.location) == (303, plan), "it takes a second file"
    assert "خطة العمل.pdf" in client.get(base).text
    for wrong in ("", "soon", f"{day + timedelta(days=2)}", "2020-01-01"):
        answer = client.post(tax, data={"file": (BytesIO(pdf()), "a.pdf"), "issued_on": wrong})
        assert answer.status_code == 200 and 'class="errsum"' in answer.text, wrong
    sent = client.post(tax, data={"file": (BytesIO(pdf()), "a.pdf"), "issued_on": f"{day}"})
    assert sent.status_code == 303 and sent.location.startswith(f"{base}#document-")
    assert "takes 1 file here" in re.sub(r"</?bdi>", "", client.get(tax).text)


def test_the_missing_one_is_named_where_it_is_put_right(client, on, mine):
    client.login(on.lead)
    text = client.get(f"/applicant/applications/{mine().id}/check").text
    field = slots(mine())[0].field
    assert "Attach “Business plan”." in re.sub(r"<[^>]+>", "", text) and f"/documents?check=1#{field}" in text


def test_from_the_shelf_in_one_press(client, on, mine):
    day = today(mine().call)
    client.login(on.lead)
    good, undated, old = keep(on, day + timedelta(days=30)), keep(on, None, "b"), keep(on, day - timedelta(days=1), "c")
    base = f"/applicant/applications/{mine().id}/documents"
    _, tax, budget = (f"{base}/{one.required.id}" for one in slots(mine()))
    assert f"{tax}/kept/{good.id}" in client.get(tax).text
    assert f"{tax}/kept/{old.id}" not in client.get(tax).text, "the call wants a newer one"
    assert "/kept/" not in client.get(budget).text, "the call wants a workbook"
    assert client.post(f"{tax}/kept/{undated.id}").status_code == 422
    assert client.post(f"{tax}/kept/{old.id}", data={"expired": "accepted"}).status_code == 422
    assert client.post(f"{budget}/kept/{good.id}").status_code == 422
    assert client.post(f"{tax}/kept/{good.id}").status_code == 303
    made = db.session.scalars(select(Document)).one()
    assert (made.sha256, made.expires_on) == (good.sha256, good.expires_on)


def test_who_may(client, on, mine):
    base = f"/applicant/applications/{mine().id}/documents"
    page = f"{base}/{slots(mine())[0].required.id}"
    for person, status in ((colleague(on, Right.READER), 403), (PersonFactory(), 404)):
        client.login(person)
        assert client.get(page).status_code == client.post(page).status_code == status
    client.login(on.lead)
    assert client.get(f"{base}/{on.call.id}").status_code == 404


def test_the_same_queries_however_many(client, on, mine, queries):
    client.login(on.lead)
    page, counted = f"/applicant/applications/{mine().id}/documents", []
    for n in range(2):
        for letter in (["1"], ["2", "3", "4", "5"])[n]:
            db.session.add(
                RequiredDocument(
                    call_id=on.call.id,
                    position=10 + int(letter),
                    name=Words(fr=letter),
                    guidance=Words(),
                    mandatory=True,
                    kinds=[FileKind.PDF],
                    most=5,
                )
            )
            db.session.commit()
            fill(on, slots(mine())[-1], pdf(letter))
        client.get(page)
        with queries() as seen:
            assert client.get(page).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1]
