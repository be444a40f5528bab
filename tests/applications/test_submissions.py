"""What was submitted is kept word for word; who is told; until when, and under which questions."""

import hashlib
import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from grants.applications import deadline, policy
from grants.applications import queries as reads
from grants.applications.models import Application, ApplicationState
from grants.applications.submitted import kept
from grants.calls.models import CallState, Questionnaire
from grants.calls.ties import OneApplication
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Refused
from grants.core.i18n import Words
from grants.messages.models import Promise
from grants.people.models import Membership, Right
from tests.applications.ground import colleague, draft, ground
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory, submitted
from tests.web.drafts import words_of
from workflows import application as workflow
from workflows import call as calls
from workflows import eligibility

pytestmark = pytest.mark.usefixtures("app")


def hand_in(on, application, by=None):
    return workflow.submit(reads.own_application(by or on.lead, application.id), actor=by or on.lead)


def told(kind):
    return set(db.session.scalars(select(Promise.recipient_id).where(Promise.kind == kind)))


@pytest.fixture
def grace():
    deadline.allow_grace(5)
    yield timedelta(minutes=5)
    deadline.allow_grace(0)


# --- what was submitted -----------------------------------------------------------------------------------------


def test_each_submission_is_kept_and_its_fingerprint_is_that_of_the_file(client):
    on = ground()
    application = draft(on, title="Le premier")
    first = hand_in(on, application).content_hash
    workflow.reopen(reads.own_application(on.lead, application.id), actor=on.lead)
    application.title = "Le second"
    second = hand_in(on, application).content_hash
    assert list(kept(application)) == [first, second]
    db.session.commit()
    client.login(on.lead)
    page = client.get(f"/applicant/applications/{application.id}/receipt").text
    for fingerprint, title in ((first, "Le premier"), (second, "Le second")):
        url = f"/applicant/applications/{application.id}/submitted/{fingerprint}.json"
        assert url in page
        file = client.get(url)
        assert hashlib.sha256(file.data).hexdigest() == fingerprint
        assert json.loads(file.data)["title"] == title and "attachment" in file.headers["Content-Disposition"]
    assert client.get(url.replace(second, "0" * 64)).status_code == 404
    client.login(MembershipFactory(organisation=OrganisationFactory(), person=PersonFactory()).person)
    assert client.get(url).status_code == 404


def test_what_was_submitted_is_never_edited():
    on = ground()
    hand_in(on, draft(on))
    for change in ("UPDATE submission SET content = '{}'", "DELETE FROM submission"):
        with pytest.raises(DBAPIError, match="append"), db.session.begin_nested():
            db.session.execute(text(change))


def test_the_fund_is_told_that_it_reads_what_was_not_submitted(client):
    on = ground()
    application = draft(on, title="Le premier")
    fingerprint = hand_in(on, application).content_hash
    url = f"/staff/applications/{application.id}"
    workflow.declare_incomplete(
        reads.file(on.officer, application.id), now() + timedelta(days=5), "La lettre manque.", actor=on.officer
    )
    db.session.commit()
    client.login(on.officer)
    assert "is being completed" not in client.get(url).text
    application.title = "Autre chose"
    db.session.commit()
    page = client.get(url).text
    link = f"{url}/submitted/{fingerprint}.json"
    assert "is being completed" in page and link in page
    assert json.loads(client.get(link).data)["title"] == "Le premier"


# --- who is told ------------------------------------------------------------------------------------------------


def test_whoever_left_is_told_nothing_and_the_owners_are():
    on = ground()
    editor = colleague(on, Right.EDITOR)
    reader, other = colleague(on, Right.READER), colleague(on, Right.OWNER)
    application = draft(on)
    application.lead = editor
    hand_in(on, application, on.lead)
    assert told("send_receipt") == {on.lead.id, other.id, editor.id}, "who began it, while they write for it"
    db.session.execute(delete(Membership).where(Membership.person_id == editor.id))
    file = reads.file(on.officer, application.id)
    workflow.declare_incomplete(file, now() + timedelta(days=5), "La lettre manque.", actor=on.officer)
    assert told("send_screening") == {on.lead.id, other.id}
    assert reader.id not in told("send_receipt")


def test_everybody_who_writes_a_draft_is_told_of_a_correction():
    on = ground()
    editor, reader = colleague(on, Right.EDITOR), colleague(on, Right.READER)
    db.session.add(Questionnaire(call_id=on.call.id, number=1, definition=[], published_at=now()))
    draft(on)
    correct(on)
    assert told("tell_corrected") == {on.lead.id, editor.id} and reader.id not in told("tell_corrected")


def correct(on):
    made = Questionnaire(call_id=on.call.id, number=2, definition=[{"id": "new", "title": {"fr": "Plus"}}])
    db.session.add(made)
    db.session.flush()
    calls.correct(on.call, Words(fr="Une partie de plus."), actor=on.officer)
    return made


# --- under which questions, until when --------------------------------------------------------------------------


def test_reopened_it_answers_the_questions_of_today():
    on = ground()
    first = Questionnaire(call_id=on.call.id, number=1, definition=[], published_at=now())
    db.session.add(first)
    db.session.flush()
    application = draft(on, questionnaire=first)
    hand_in(on, application)
    second = correct(on)
    assert application.questionnaire_id == first.id, "what was submitted stays as it was asked"
    workflow.reopen(reads.own_application(on.lead, application.id), actor=on.lead)
    assert db.session.get_one(Application, application.id).questionnaire_id == second.id


def test_the_files_are_handed_over_once_nothing_may_arrive(grace):
    on = ground(state=CallState.CLOSED)
    db.session.commit()
    with stopped(on.call.closes_at + grace - timedelta(seconds=1)), pytest.raises(Refused, match="still arrive"):
        calls.evaluate(on.call, actor=on.officer)
    with stopped(on.call.closes_at + grace + timedelta(seconds=1)):
        calls.evaluate(on.call, actor=on.officer)
    assert on.call.state == CallState.EVALUATING


def test_a_file_that_may_still_be_completed_is_not_refused(grace):
    on = ground()
    due = now() + timedelta(days=3)
    application = draft(on, state=ApplicationState.INCOMPLETE, completion_due_at=due, **submitted(1))
    for later, allowed in ((-1, False), (1, True)):
        with stopped(due + grace + timedelta(seconds=later)):
            file = reads.file(on.officer, application.id)
            assert policy.refuse_admission.allows(on.officer, file) is allowed
            assert deadline.in_time(file) is not allowed


def test_the_grace_is_said_where_the_closing_is(client, grace):
    on = ground()
    application = draft(on)
    db.session.commit()
    client.login(on.lead)
    for url in (f"/calls/{on.call.id}", f"/applicant/applications/{application.id}"):
        assert "up to 5 minutes later still counts" in words_of(client.get(url))


def test_a_cancelled_call_takes_no_completed_file():
    on = ground()
    due = now() + timedelta(days=3)
    application = draft(on, state=ApplicationState.INCOMPLETE, completion_due_at=due, **submitted(1))
    on.call.state = CallState.CANCELLED
    db.session.flush()
    why = policy.submit.why_not(on.lead, reads.own_application(on.lead, application.id))
    assert why is not None and "was cancelled" in str(why)


def test_screened_out_it_is_no_other_application():
    on = ground()
    for state in (ApplicationState.INADMISSIBLE, ApplicationState.INELIGIBLE, ApplicationState.WITHDRAWN):
        draft(on, state=state, **submitted(1))
    facts = eligibility.facts_of(reads.own_application(on.lead, draft(on).id), [(OneApplication(), True)])
    assert facts.others == 0
