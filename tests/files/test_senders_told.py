"""A virus found later in a file beside the documents of an application: whoever sent the file is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from grants.appeals.models import Against, Appeal
from grants.applications.models import ApplicationState, Clarification, ClarificationFile
from grants.awards.models import Milestone, MilestoneFile
from grants.calls.models import RequiredDocument
from grants.core import scans
from grants.core.audit import Event, record
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import Words
from grants.core.scans import Verdict
from grants.core.types import new_id
from grants.people.models import Right
from grants.profiles.models import BankAccount, KeptDocument, KeptKind
from tests.applications.ground import colleague, draft, ground
from tests.factories import AgreementFactory, ClaimFactory, submitted
from tests.people.test_letters import letters
from workflows.quarantine import KINDS, tell_senders

DIGEST = "a" * 64
FILE = {"filename": "evidence.pdf", "media_type": "application/pdf", "size": 5, "sha256": DIGEST}


@pytest.fixture
def on(app):
    return ground()


@pytest.fixture
def application(on):
    return draft(on, state=ApplicationState.SUBMITTED, **submitted())


@pytest.fixture
def sender(on):
    return colleague(on, Right.EDITOR)


def appeal(on, application, sender):
    refused = {"against": Against.ADMISSIBILITY, "refusal": "Late.", "refused_at": now()}
    said = {"refused_by_id": on.officer.id, "grounds": "It was in time.", "filed_by_id": sender.id}
    return Appeal(application_id=application.id, **refused, **said, **FILE)


def clarification(on, application, sender):
    asked = {"question": "How?", "asked_by_id": on.officer.id, "due_at": now() + timedelta(days=3)}
    made = Clarification(application_id=application.id, **asked)
    db.session.add(made)
    db.session.flush()
    return ClarificationFile(clarification_id=made.id, uploaded_by_id=sender.id, **FILE)


def claim(on, application, sender):
    made = ClaimFactory(instalment__agreement__award__application=application, **FILE)
    record("claim.written", made, sender)
    return made


def milestone(on, application, sender):
    agreement = AgreementFactory(award__application=application)
    made = Milestone(agreement_id=agreement.id, position=1, title="Pilot", due_on=now().date())
    db.session.add(made)
    db.session.flush()
    return MilestoneFile(milestone_id=made.id, uploaded_by_id=sender.id, **FILE)


def kept(on, application, sender):
    said = {"series_id": new_id(), "kind": KeptKind.TAX, "kept_by_id": sender.id}
    return KeptDocument(organisation_id=on.organisation.id, **said, **FILE)


def account(on, application, sender):
    said = {"holder": "X", "bank": "Y", "country": "MA", "currency": "MAD", "number": "1" * 24, "ending": "1111"}
    return BankAccount(organisation_id=on.organisation.id, given_by_id=sender.id, **said, **FILE)


def template(on, application, sender):
    record("call.document_required", on.call, sender)
    asked = {"name": Words(fr="Plan"), "guidance": Words(), "mandatory": True, "most": 1, "kinds": ["pdf"]}
    return RequiredDocument(call_id=on.call.id, position=1, **asked, **FILE)


@pytest.mark.parametrize("make", [appeal, clarification, claim, milestone, kept, account, template])
def test_whoever_sent_it_is_told_once(on, application, sender, make):
    file = make(on, application, sender)
    db.session.add(file)
    db.session.commit()
    letters()
    for _ in range(2):
        with transaction():
            scans.write(db.session(), DIGEST, Verdict.INFECTED, "Eicar")
            tell_senders(DIGEST, "Eicar")
    found = [text for to, _, text in letters() if sender.email in to]
    assert len(found) == 1 and "evidence.pdf" in found[0] and "Eicar" in found[0] and "http" in found[0]
    noted = select(Event.subject_id).where(Event.name == "application.quarantine")
    belongs = KINDS[make.__name__].application(file) is not None
    assert set(db.session.scalars(noted)) == ({application.id} if belongs else set())
    assert belongs == (make in {appeal, clarification, claim, milestone})


def test_nobody_is_told_of_a_version_that_was_replaced(on, application, sender):
    old = kept(on, application, sender)
    old.ended_at = now()
    db.session.add(old)
    db.session.commit()
    letters()
    with transaction():
        tell_senders(DIGEST, "Eicar")
    assert [one for one in letters() if sender.email in one[0]] == []
