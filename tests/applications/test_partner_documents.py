"""What partners attach for themselves: asked, missing, theirs alone to give, gone when they go."""

from datetime import timedelta

import pytest
from obstore.store import MemoryStore
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.applications import partner_queries as partners
from grants.applications import queries, service
from grants.applications.blockers import blockers, is_confirmed, papers
from grants.applications.content import CONSORTIUM
from grants.applications.models import Document
from grants.applications.slots import Fill, own, slots, slots_of
from grants.applications.submitted import content_hash, content_of
from grants.calls.models import Owed, RequiredDocument
from grants.core import clock
from grants.core.db import db
from grants.core.errors import Forbidden, Refused, WrongState
from grants.core.i18n import Words
from grants.core.storage import Storage
from grants.people import queries as people
from grants.people.models import Organisation
from grants.profiles import service as profiles
from grants.profiles.models import Attachment, KeptDocument, KeptKind
from grants.profiles.service import File
from tests.applications.consortium import acceded, organisation_of, somebody, taking_part
from tests.applications.ground import draft, ground
from tests.applications.samples import pdf
from tests.people.test_letters import letters
from workflows import partnership
from workflows.reminders import occurrences


def asking(made, **names):
    for n, (name, owed) in enumerate(names.items(), 1):
        usual = {"guidance": Words(), "mandatory": True, "most": 1, "kinds": ["pdf"]}
        db.session.add(
            RequiredDocument(call_id=made.call.id, position=n, name=Words(en=name, fr=name), owed_by=owed, **usual)
        )
    db.session.commit()
    return made


@pytest.fixture
def on(app):
    return asking(ground(), Plan=Owed.LEAD, Letter=Owed.PARTNERS, Statutes=Owed.MEMBERS)


@pytest.fixture
def mine(on):
    made = draft(on, documents=0)
    db.session.commit()
    id = made.id
    return lambda: queries.own_application(on.lead, id)


def fill(slot, actor, content=None):
    kept_in = Storage(MemoryStore())
    made = service.fill(slot, "a.pdf", content or pdf(), None, storage=kept_in, limit_mb=10, actor=actor)
    db.session.expire_all()
    return made


def kept_of(kept):
    whole = select(KeptDocument).options(joinedload(KeptDocument.organisation).selectinload(Organisation.memberships))
    return db.session.scalars(whole.where(KeptDocument.id == kept.id)).one()


def names(found):
    return [str(one.required.name) for one in found]


def awaited(application):
    return [str(one.message) for one in blockers(application) if one.section == CONSORTIUM]


def test_each_owes_its_own(on, mine):
    person = somebody()
    partner = acceded(on.lead, mine(), person)
    assert names(slots(mine())) == ["Plan", "Statutes"]
    assert names(slots_of(partner)) == ["Letter", "Statutes"]
    who = organisation_of(person).name
    assert awaited(mine()) == [f"{who} must attach “Letter”.", f"{who} must attach “Statutes”."]

    for one in slots(mine()):
        fill(one, on.lead)
    assert not [one for one in blockers(mine()) if one.section == "documents"]
    assert len(awaited(mine())) == 2, "what the lead attaches is the lead’s"
    before = content_of(mine())["documents"]
    assert all("by" not in one for one in before)

    again = partners.partner(person, partner.id)
    for one in slots_of(again):
        fill(one, person)
    again = partners.partner(person, partner.id)
    assert [one.fill for one in slots_of(again)] == [Fill.FILLED, Fill.FILLED]
    assert awaited(mine()) == [] and is_confirmed(again), "a document asks nobody to sign again"
    given = [one for one in content_of(mine())["documents"] if "by" in one]
    assert {one["by"] for one in given} == {str(organisation_of(person).id)} and len(given) == 2
    assert len(own(mine())) == 2 and len(own(mine(), again)) == 2


def test_who_owes_documents_is_asked_and_reminded(on, mine):
    with clock.stopped(on.call.closes_at - timedelta(days=9)):
        person = somebody()
        partner = acceded(on.lead, mine(), person)
    letters()
    with clock.stopped(on.call.closes_at - timedelta(days=7)):
        due = [one.owed for one in occurrences(clock.now()) if one.rule.name == "accession_due"]
        assert [one.recipient_id for one in due] == [person.id]
        partnership.remind_partner(partners.partner(on.lead, partner.id), actor=on.lead)
        (to, subject, text) = letters()[-1]
        assert person.email in to and "Your documents are awaited" in subject
        assert "must attach “Letter”" in text and "must attach “Statutes”" in text and "accede." not in text
        for one in slots_of(partners.partner(person, partner.id)):
            fill(one, person)
        assert [one for one in occurrences(clock.now()) if one.rule.name == "accession_due"] == []
    with clock.stopped(on.call.closes_at - timedelta(days=6)), pytest.raises(WrongState):
        partnership.remind_partner(partners.partner(on.lead, partner.id), actor=on.lead)


def test_a_letter_that_asks_to_accede_names_what_is_missing(on, mine):
    partner = taking_part(on.lead, mine(), somebody())
    letters()
    with clock.stopped(clock.now() + timedelta(hours=2)):
        partnership.remind_partner(partners.partner(on.lead, partner.id), actor=on.lead)
        (_, subject, text) = letters()[-1]
    assert "Your accession is awaited" in subject and "must attach “Letter”" in text


def test_only_its_own_people_attach_and_remove(on, mine):
    person, other = somebody(), somebody()
    partner = taking_part(on.lead, mine(), person)
    taking_part(on.lead, mine(), other)
    for stranger in (on.lead, other, on.officer):
        with pytest.raises(Forbidden):
            fill(slots_of(partners.partner(person, partner.id))[0], stranger)
        db.session.expire_all()
    made = fill(slots_of(partners.partner(person, partner.id))[0], person)
    with pytest.raises(Refused, match="takes 1 file"):
        fill(slots_of(partners.partner(person, partner.id))[0], person, pdf("Another"))
    found = partners.part_document(person, made.id)
    assert {"partner", "application"} <= vars(found).keys(), "kept, whatever else the session forgets"
    service.detach(found, partner=found.partner, actor=person)
    assert db.session.scalars(select(Document)).all() == []

    fill(slots(mine())[0], on.lead)
    [plan] = mine().documents
    with pytest.raises(Forbidden):
        service.detach(plan, partner=partners.partner(person, partner.id), actor=person)


@pytest.mark.parametrize("leaves", [True, False])
def test_what_a_partner_attached_goes_with_it(on, mine, leaves):
    person = somebody()
    partner = taking_part(on.lead, mine(), person)
    with_hash = content_hash(mine())
    fill(slots_of(partner)[0], person)
    partner = partners.partner(person, partner.id)
    if leaves:
        partnership.leave_consortium(partner, "We merge.", actor=person)
    else:
        partnership.remove_partner(partners.partner(on.lead, partner.id), "", actor=on.lead)
    db.session.expire_all()
    assert mine().documents == []
    assert content_hash(mine()) != with_hash, "the partner is gone too"
    gone = [event.name for event, _ in queries.history(mine())]
    assert "application.detach" in gone


def test_a_partner_attaches_what_its_own_organisation_keeps(on, mine):
    person = somebody()
    partner = taking_part(on.lead, mine(), person)
    file = File("statutes.pdf", "application/pdf", 9, "a" * 64)
    theirs = profiles.keep_document(organisation_of(person), next(iter(KeptKind)), file, None, actor=person)
    [owner] = people.organisations_of(on.lead)
    ours = profiles.keep_document(owner, next(iter(KeptKind)), file, None, actor=on.lead)
    for kept, allowed in ((ours, False), (theirs, True)):
        db.session.expire_all()
        again = partners.partner(person, partner.id)
        statutes = slots_of(again)[1]
        attachment = Attachment(statutes.application, kept_of(kept), statutes.required, again)
        if not allowed:
            with pytest.raises(Forbidden):
                profiles.attach_kept(attachment, actor=person)
    made = profiles.attach_kept(attachment, actor=person)
    assert (made.partner_id, made.required_id) == (again.id, statutes.required.id)


def test_a_listed_call_takes_nothing_for_nothing_in_particular(on, mine):
    file = File("statutes.pdf", "application/pdf", 9, "a" * 64)
    [owner] = people.organisations_of(on.lead)
    kept = profiles.keep_document(owner, next(iter(KeptKind)), file, None, actor=on.lead)
    with pytest.raises(Refused, match="lists the documents"):
        profiles.attach_kept(Attachment(mine(), kept), actor=on.lead)
    with pytest.raises(Refused, match="lists the documents"):
        service.attach(mine(), "a.pdf", pdf(), storage=Storage(MemoryStore()), limit_mb=10, actor=on.lead)


def test_a_call_that_asks_partners_alone_takes_the_proposal_of_the_lead(app):
    on = asking(ground(), Letter=Owed.PARTNERS)
    made = draft(on, documents=0)
    db.session.commit()
    mine = queries.own_application(on.lead, made.id)
    assert [str(one.message) for one in blockers(mine)] == ["Attach the full proposal as a PDF file."]
    service.attach(mine, "a.pdf", pdf(), storage=Storage(MemoryStore()), limit_mb=10, actor=on.lead)
    db.session.expire_all()
    assert blockers(queries.own_application(on.lead, made.id)) == []


def test_papers_are_told_of_those_who_take_part(on, mine):
    person = somebody()
    partner = taking_part(on.lead, mine(), person)
    assert [str(one).partition(" must ")[2] for one in papers(partner)] == ["attach “Letter”.", "attach “Statutes”."]
