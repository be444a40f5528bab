"""The fund asks about a submitted file, the applicant answers once: who, until when, who reads what."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from grants.applications import clarification_policy as policy
from grants.applications import clarification_queries as queries
from grants.applications.models import ApplicationState as State
from grants.applications.models import Clarification, ClarificationFile, ClarificationState
from grants.applications.queries import own_application
from grants.core import scans
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.core.scans import Verdict
from grants.core.types import new_id
from grants.messages.models import Promise
from grants.people.models import Right, Role
from grants.reports.dates import Kind, dates_of
from grants.web.uploads import Sent
from tests.applications.ground import colleague, draft, ground
from tests.applications.samples import pdf
from tests.factories import ClusterFactory, MembershipFactory, PersonFactory, submitted, with_role
from tests.messages.test_letters import parts, write
from workflows import clarification as workflow
from workflows.letters import message_for

QUESTION = "Combien de commerçants testeront le prototype ?"
SOON = timedelta(days=5)


@pytest.fixture
def on(app):
    return ground()


def filed(on, state, **given):
    """A file as its pages load it."""
    made = draft(on, state=state, **submitted(1) | given)
    return own_application(on.lead, made.id)


@pytest.fixture
def application(on):
    return filed(on, State.SUBMITTED)


@pytest.fixture
def asked(on, application):
    workflow.ask(application, QUESTION, now() + SOON, actor=on.officer)
    return queries.own(on.lead, db.session.scalars(select(Clarification.id)).one())


def kept(letter="a"):
    return Sent(f"{letter}.pdf", "application/pdf", 1000, letter * 64)


def test_asked_answered_once_and_each_side_is_told(on, application, asked):
    assert asked.state == ClarificationState.ASKED
    workflow.write(asked, "Douze, ", asked.version, actor=on.lead)
    workflow.write(asked, "Douze, à Fès et à Salé.", asked.version, actor=colleague(on, Right.EDITOR))
    workflow.attach(asked, [kept("a"), kept("b"), kept("a")], actor=on.lead)
    workflow.send(asked, actor=on.lead)
    workflow.send(asked, actor=on.lead)
    assert asked.state == ClarificationState.ANSWERED and asked.answered_by_id == on.lead.id
    assert [one.filename for one in queries.own(on.lead, asked.id).files] == ["a.pdf", "b.pdf"]
    told = {one.kind: one.recipient_id for one in db.session.scalars(select(Promise))}
    assert told == {"tell_asked": on.lead.id, "tell_answered": on.officer.id}
    for late in (
        lambda: workflow.write(asked, "Treize.", None, actor=on.lead),
        lambda: workflow.attach(asked, [kept("c")], actor=on.lead),
        lambda: workflow.detach(asked.files[0], actor=on.lead),
        lambda: workflow.take_back(asked, actor=on.officer),
    ):
        with pytest.raises(WrongState):
            late()


def test_the_same_form_sent_twice_asks_once(on, application):
    key = new_id()
    for _ in range(2):
        workflow.ask(application, QUESTION, now() + SOON, actor=on.officer, id=key)
    assert db.session.scalars(select(Clarification.id)).all() == [key]


def test_what_cannot_be_asked_or_sent(on, application, asked):
    with pytest.raises(Refused, match="still to come"):
        workflow.ask(application, QUESTION, now() - timedelta(minutes=1), actor=on.officer)
    with pytest.raises(Refused, match="Write your question"):
        workflow.ask(own_application(on.lead, application.id), "  ", now() + SOON, actor=on.officer)
    with pytest.raises(Refused, match="Write your answer"):
        workflow.send(asked, actor=on.lead)
    with pytest.raises(Refused, match="at most 5 files"):
        workflow.attach(asked, [kept(letter) for letter in "abcdef"], actor=on.lead)
    assert db.session.scalars(select(ClarificationFile)).all() == [], "all or none"


def test_a_file_in_quarantine_is_not_sent(on, asked):
    workflow.write(asked, "Douze.", None, actor=on.lead)
    workflow.attach(asked, [kept("a")], actor=on.lead)
    scans.note("a" * 64, Verdict.INFECTED, "Eicar")
    db.session.expire_all()
    with pytest.raises(Refused, match=r"“a\.pdf” is in quarantine"):
        workflow.send(asked, actor=on.lead)
    workflow.detach(db.session.scalars(select(ClarificationFile)).one(), actor=on.lead)
    workflow.send(asked, actor=on.lead)
    assert asked.state == ClarificationState.ANSWERED


def test_two_colleagues_do_not_overwrite_each_other(on, asked):
    seen = asked.version
    workflow.write(asked, "Douze.", seen, actor=on.lead)
    with pytest.raises(LostUpdate):
        workflow.write(asked, "Treize.", seen, actor=colleague(on, Right.EDITOR))
    workflow.write(asked, "Douze.", seen, actor=colleague(on, Right.EDITOR))
    assert asked.answer == "Douze."


def test_after_its_date_it_cannot_be_answered_and_the_reason_is_said(on, asked):
    with stopped(asked.due_at):
        assert policy.answer_clarification.allows(on.lead, asked)
    with stopped(asked.due_at + timedelta(seconds=1)):
        with pytest.raises(Forbidden, match="had to be answered by"):
            workflow.write(asked, "Trop tard.", None, actor=on.lead)
        assert policy.take_back_clarification.allows(on.officer, asked)


def test_nobody_waits_for_an_answer_once_the_file_has_left(on, application, asked):
    assert queries.awaited([application]) == {application.id: asked.due_at}
    application.state = State.WITHDRAWN
    db.session.flush()
    assert "ended its examination" in str(policy.answer_clarification.why_not(on.lead, asked))
    assert not policy.ask_clarification.allows(on.officer, application)


@pytest.mark.parametrize("state", sorted(set(State) - policy.EXAMINED - {State.DRAFT}))
def test_only_a_file_under_examination_is_asked_about(on, state):
    application = filed(on, state, **({"completion_due_at": now() + SOON} if state == State.INCOMPLETE else {}))
    assert "while a file is examined" in str(policy.ask_clarification.why_not(on.officer, application))


def test_a_question_taken_back_needs_no_answer(on, application, asked):
    workflow.take_back(asked, actor=on.officer)
    workflow.take_back(asked, actor=on.officer)
    assert asked.state == ClarificationState.TAKEN_BACK and queries.awaited([application]) == {}
    with pytest.raises(WrongState):
        workflow.send(asked, actor=on.lead)
    assert [one.kind for one in db.session.scalars(select(Promise))].count("tell_taken_back") == 1


def test_who_asks_who_answers_who_reads(on, application, asked):
    reader, outsider = colleague(on, Right.READER), MembershipFactory(person=PersonFactory()).person
    other, auditor = (
        with_role(Role.OFFICER, cluster=ClusterFactory()),
        with_role(Role.AUDITOR, cluster=on.call.fund.cluster),
    )
    inside = with_role(Role.OFFICER, cluster=on.call.fund.cluster)
    MembershipFactory(organisation=on.organisation, person=inside)
    db.session.refresh(on.organisation, ["memberships"])
    assert policy.ask_clarification.allows(on.officer, application)
    for person in (on.lead, reader, outsider, other, auditor, inside):
        assert not policy.ask_clarification.allows(person, application)
    assert not policy.answer_clarification.allows(reader, asked) and not policy.answer_clarification.allows(
        on.officer, asked
    )
    for person in (outsider, other):
        for read in (queries.own, queries.followed):
            with pytest.raises(NoResultFound):
                read(person, asked.id)
    assert queries.own(reader, asked.id) is asked and queries.followed(auditor, asked.id) is asked


def test_the_file_of_an_answer_that_is_not_sent_is_its_writers_alone(on, asked):
    workflow.write(asked, "Douze.", None, actor=on.lead)
    workflow.attach(asked, [kept()], actor=on.lead)
    file = queries.own_file(on.lead, db.session.scalars(select(ClarificationFile.id)).one())
    assert not policy.read_clarification_file.allows(on.officer, file)
    workflow.send(asked, actor=on.lead)
    assert policy.read_clarification_file.allows(on.officer, queries.followed_file(on.officer, file.id))


def test_the_date_is_in_the_applicant_s_calendar(on, application, asked):
    assert [(one.kind, one.at) for one in dates_of(on.lead)] == [(Kind.CLARIFICATION, asked.due_at)]
    workflow.take_back(asked, actor=on.officer)
    assert dates_of(on.lead) == []


@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_the_letters_say_the_question_and_the_date(on, asked, language):
    on.lead.locale = language
    db.session.flush()
    plain, _ = parts(message_for(write(workflow.tell_asked, asked.id, on.lead.id), "1"))
    assert QUESTION in plain and f"/applicant/clarifications/{asked.id}" in plain
    workflow.write(asked, "Douze.", None, actor=on.lead)
    workflow.send(asked, actor=on.lead)
    plain, _ = parts(message_for(write(workflow.tell_answered, asked.id, on.officer.id), "2"))
    assert QUESTION in plain and "Douze." in plain


# --- pages ----------------------------------------------------------------------------------------------------


def post(client, path, **fields):
    boundary, body = encode_multipart(fields)
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_from_the_question_to_the_answer(client, on, application):
    client.login(on.officer)
    new = f"/staff/applications/{application.id}/clarifications/new"
    assert client.get(new).status_code == 200
    empty = client.post(new, data={"question": "", "due_at": ""})
    assert empty.status_code == 200 and empty.text.count('aria-invalid="true"') == 2
    due = (now() + SOON).strftime("%Y-%m-%dT23:59")
    assert client.post(new, data={"question": QUESTION, "due_at": due}).status_code == 303
    asked = db.session.scalars(select(Clarification)).one()
    assert QUESTION in client.get(f"/staff/applications/{application.id}").text

    client.login(on.lead)
    page, answer = f"/applicant/applications/{application.id}", f"/applicant/clarifications/{asked.id}"
    assert answer in client.get(page).text and "Answer the fund’s question by" in client.get("/applicant/").text
    refused = post(client, answer, answer="Douze.", file=FileStorage(BytesIO(b"MZ\x90"), "virus.pdf"), go="send")
    assert refused.status_code == 200 and "Douze." in refused.text and refused.text.count("aria-invalid") == 1
    assert asked.state == ClarificationState.ASKED
    saved = post(client, answer, answer="Douze.", file=FileStorage(BytesIO(pdf()), "liste.pdf"), go="save")
    assert saved.status_code == 303 and "liste.pdf" in client.get(answer).text
    client.login(on.officer)
    assert "liste.pdf" not in client.get(f"/staff/applications/{application.id}").text
    client.login(on.lead)
    assert post(client, answer, answer="Douze, à Fès.", go="send").status_code == 303
    assert "Send the answer" not in client.get(answer).text

    client.login(on.officer)
    read = client.get(f"/staff/applications/{application.id}").text
    assert "Douze, à Fès." in read and "liste.pdf" in read
    file = db.session.scalars(select(ClarificationFile)).one()
    sent = client.get(f"/staff/clarification-files/{file.id}")
    assert sent.status_code == 200 and sent.headers["Content-Disposition"].startswith("attachment")


def test_a_file_is_removed_until_the_answer_is_sent(client, on, asked):
    workflow.attach(asked, [kept()], actor=on.lead)
    file = db.session.scalars(select(ClarificationFile)).one()
    client.login(on.lead)
    assert client.post(f"/applicant/clarification-files/{file.id}/remove").status_code == 303
    assert db.session.scalars(select(ClarificationFile)).all() == []


@pytest.mark.parametrize("many", [1, 12])
def test_a_file_with_many_clarifications_costs_the_same(client, on, application, queries, many):
    for _ in range(many):
        said = {"question": QUESTION, "due_at": now() + SOON, "asked_by_id": on.officer.id}
        db.session.add(Clarification(application_id=application.id, **said))
    db.session.commit()
    client.login(on.officer)
    url = f"/staff/applications/{application.id}"
    client.get(url)
    with queries() as seen:
        page = client.get(url)
    assert page.text.count(QUESTION) == many
    assert len(seen) == 14, "\n".join(one[:60] + " … " + one[-60:] for one in seen)
