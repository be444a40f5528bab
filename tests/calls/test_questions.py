"""Questions about a call: who asks, who answers, who reads what, who is told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grants.calls import question_policy as policy
from grants.calls import question_queries as queries
from grants.calls.models import Call, CallQuestion, CallState, QuestionState
from grants.calls.service import problems_with
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused, WrongState
from grants.core.i18n import Words
from grants.core.types import new_id
from grants.funds.models import Fund
from grants.messages.models import Promise
from grants.people.models import Person, Right, Role
from tests.calls.ground import set_ground
from tests.factories import (
    ApplicationFactory,
    CallFactory,
    CommissionFactory,
    CriterionFactory,
    EnvelopeFactory,
    MembershipFactory,
    PersonFactory,
    submitted,
    with_role,
)
from tests.messages.test_letters import parts, write
from workflows import question as workflow
from workflows.letters import message_for

ASKED = "Le matériel d’occasion est-il éligible ?"
WORDING = Words(fr=ASKED, ar="هل المعدات المستعملة مؤهلة؟")
ANSWER = Words(fr="Oui, au prix d’achat.", ar="نعم، بسعر الشراء.", en="Yes, at its purchase price.")


class Anybody:
    is_authenticated = False
    id = None
    appointments = ()


@pytest.fixture
def call(app):
    call = CallFactory()
    EnvelopeFactory(call=call, commission=CommissionFactory(cluster=call.fund.cluster))
    CriterionFactory(call=call, position=1, weight=100)
    return call


@pytest.fixture
def officer(call):
    return with_role(Role.OFFICER, fund=call.fund)


@pytest.fixture
def asker(call):
    return PersonFactory(locale="en")


def whole(question):
    """The question as a page loads it: a commit has let go of everything."""
    found = select(CallQuestion).where(CallQuestion.id == question.id).execution_options(populate_existing=True)
    cluster = joinedload(CallQuestion.call).joinedload(Call.fund).joinedload(Fund.cluster)
    return db.session.scalars(found.options(cluster)).one()


def ask(call, asker, text=ASKED, **more):
    cluster = joinedload(Call.fund).joinedload(Fund.cluster)
    call = db.session.get_one(Call, call.id, options=[cluster], populate_existing=True)
    return whole(workflow.ask(call, text, "fr", actor=asker, **more))


def answer(question, officer, words=ANSWER, version=None):
    workflow.publish_answer(whole(question), WORDING, words, version, actor=officer)


def set_aside(question, officer, reason="Déjà dans le règlement."):
    workflow.set_aside_question(whole(question), reason, actor=officer)


def told(job):
    return list(db.session.scalars(select(Promise).where(Promise.kind == job.kind)))


# --- verbs ----------------------------------------------------------------------------------------------------


def test_a_question_is_asked_once_however_often_it_is_sent(call, asker):
    id = new_id()
    assert ask(call, asker, id=id) is ask(call, asker, id=id)
    assert ask(call, PersonFactory(), id=id).id != id  # somebody else's key is no way in


def test_nothing_is_asked_too_late_or_of_a_closed_call(call, asker):
    call.questions_until = now() + timedelta(days=3)
    with stopped(call.questions_until):
        ask(call, asker)
    with stopped(call.questions_until + timedelta(seconds=1)), pytest.raises(Forbidden, match="could be asked until"):
        ask(call, asker)
    call.questions_until = None
    with stopped(call.closes_at + timedelta(seconds=1)), pytest.raises(Forbidden, match="could be asked until"):
        ask(call, asker)
    ended = CallFactory(state=CallState.CANCELLED)
    with pytest.raises(Forbidden, match="was cancelled"):
        ask(ended, asker)


def test_one_person_cannot_flood_the_fund(call, asker):
    for n in range(workflow.MOST_WAITING):
        ask(call, asker, f"Question {n} ?")
    with pytest.raises(workflow.TooMany, match="wait for an answer"):
        ask(call, asker)
    for n in range(workflow.MOST_AN_HOUR - workflow.MOST_WAITING):
        ask(CallFactory(), asker, f"Question {n} ?")
    with pytest.raises(workflow.TooMany, match="within an hour"):
        ask(CallFactory(), asker)
    ask(call, PersonFactory())


def test_an_answer_is_published_once_and_corrected_openly(call, asker, officer):
    question = ask(call, asker)
    answer(question, officer, version=question.version)
    first = question.answered_at
    answer(question, officer, version=1)  # pressed twice
    assert (question.state, question.answered_at, question.corrected_at) == (QuestionState.ANSWERED, first, None)
    with pytest.raises(LostUpdate):
        answer(question, officer, Words(fr="Non."), version=1)
    answer(question, officer, Words(fr="Non."), version=question.version)
    assert question.answered_at == first and question.corrected_at is not None
    with pytest.raises(WrongState):
        set_aside(question, officer, "Hors sujet.")


def test_a_question_is_set_aside_with_a_reason_and_may_be_answered_after_all(call, asker, officer):
    question = ask(call, asker)
    with pytest.raises(Refused):
        set_aside(question, officer, " ")
    for _ in range(2):
        set_aside(question, officer, "Déjà dans le règlement.")
    (letter,) = told(workflow.tell_set_aside)
    plain, _ = parts(message_for(write(workflow.tell_set_aside, question.id, asker.id), "1"))
    assert letter.recipient_id == asker.id and "Déjà dans le règlement." in plain and ASKED in plain
    answer(question, officer, version=question.version)
    assert question.reason is None
    assert write(workflow.tell_set_aside, question.id, asker.id) is None


@pytest.mark.parametrize("role", [None, Role.FUND_MANAGER, Role.AUDITOR, "elsewhere"])
def test_only_an_officer_of_the_fund_answers(call, asker, role):
    person = {None: asker, "elsewhere": None}.get(role) or (
        with_role(Role.OFFICER, fund=CallFactory().fund) if role == "elsewhere" else with_role(role, fund=call.fund)
    )
    with pytest.raises(Forbidden):
        answer(ask(call, asker), person, version=1)


def test_questions_end_with_the_call_or_before(app):
    draft = set_ground().draft()
    for until, found in [
        (None, []),
        (draft.closes_at, []),
        (draft.closes_at + timedelta(hours=1), ["questions_until"]),
    ]:
        assert [name for name, _ in problems_with(type(draft)(**{**vars(draft), "questions_until": until}))] == found


# --- who is told ----------------------------------------------------------------------------------------------


def test_the_asker_and_whoever_may_still_change_an_application_is_told_once_a_version(call, asker, officer):
    draft = ApplicationFactory(call=call)
    editor, reader = (
        MembershipFactory(organisation=draft.organisation, right=right).person for right in (Right.EDITOR, Right.READER)
    )
    handed_in = ApplicationFactory(call=call, state="submitted", **submitted())  # it may be reopened
    ApplicationFactory(call=call, state="admissible", **submitted())
    ApplicationFactory()  # a draft in another call
    question = ask(call, asker)
    answer(question, officer, version=question.version)
    expected = {asker.id, draft.lead_id, editor.id, handed_in.lead_id}
    assert {one.recipient_id for one in told(workflow.tell_answer)} == expected and reader.id not in expected
    answer(question, officer, Words(fr="Non.", en="No."), version=question.version)
    assert len(told(workflow.tell_answer)) == 2 * len(expected)


def test_the_letter_says_the_answer_in_the_reader_s_language_and_names_nobody(call, officer):
    asker = PersonFactory(name="Ghita Lahlou", locale="ar")
    question = ask(call, asker)
    answer(question, officer, version=question.version)
    reader = PersonFactory(locale="en")
    message = message_for(write(workflow.tell_answer, question.id, reader.id, version=question.version), "1")
    plain, html = parts(message)
    assert "at its purchase price" in plain and ASKED in plain
    assert f"/calls/{call.id}#questions" in plain
    assert "Ghita" not in plain + html
    arabic, _ = parts(message_for(write(workflow.tell_answer, question.id, asker.id, version=question.version), "1"))
    assert "بسعر الشراء" in arabic
    assert write(workflow.tell_answer, question.id, reader.id, version=question.version - 1) is None


# --- who sees -------------------------------------------------------------------------------------------------


def test_the_list_and_the_policy_agree(call, asker, officer):
    other = CallFactory()
    past = CallFactory(imported=True)
    questions = [ask(one, person) for one in (call, other) for person in (asker, PersonFactory())]
    answer(questions[0], officer, version=1)
    answer(questions[2], with_role(Role.OFFICER, fund=other.fund), version=1)
    set_aside(questions[1], officer, "Hors sujet.")
    hidden = CallQuestion(
        call=past, asker=asker, language="fr", text="?", state="answered", wording=WORDING, answer=ANSWER,
        answered_at=now(),
    )  # fmt: skip
    db.session.add(hidden)
    db.session.flush()
    everything = [*questions, hidden]
    readers = [with_role(role, fund=call.fund) for role in (Role.AUDITOR, Role.COMMITTEE)]
    other_asker = db.session.get_one(Person, questions[1].asker_id)
    people = [Anybody(), asker, other_asker, officer, with_role(Role.OFFICER, fund=other.fund), *readers]
    everything = [whole(one) for one in everything]
    for person in [*people, with_role(Role.ADMIN), PersonFactory()]:
        listed = set(db.session.scalars(queries.visible_to(person)))
        assert listed == {one for one in everything if policy.view_question.allows(person, one)}
    assert set(db.session.scalars(queries.visible_to(Anybody()))) == {questions[0], questions[2]}


def test_an_officer_counts_what_waits_in_the_funds_of_theirs(call, asker, officer):
    ask(call, asker)
    ask(call, asker, "Une autre ?")
    ask(CallFactory(), asker)
    answer(ask(call, asker, "Une troisième ?"), officer, version=1)
    assert queries.waiting(officer) == {call.id: 2}
    assert queries.waiting(with_role(Role.AUDITOR, fund=call.fund)) == {}


# --- pages ----------------------------------------------------------------------------------------------------


def test_a_question_goes_round_through_the_pages(client, call, asker, officer):
    page = f"/calls/{call.id}"
    assert "Sign in to ask" in client.get(page).text
    key = str(new_id())
    client.login(asker)
    for _ in range(2):
        assert client.post(f"{page}/questions", data={"key": key, "text": ASKED}).status_code == 303
    assert ASKED in client.get(page).text
    (question,) = db.session.scalars(select(CallQuestion))

    client.login(officer)
    assert "1 to answer" in client.get("/staff/calls").text
    assert ASKED in client.get(f"/staff/calls/{call.id}/questions").text
    form = client.get(f"/staff/questions/{question.id}")
    assert ASKED in form.text and asker.name not in form.text
    sent = {"wording-fr": ASKED, "answer-ar": "نعم.", "version": str(question.version)}
    for _ in range(2):
        assert client.post(f"/staff/questions/{question.id}", data=sent).status_code == 303
    stranger = client.application.test_client()
    text = stranger.get(page).text
    assert "نعم." in text and asker.name not in text and "Corrected on" not in text
    sent |= {"answer-ar": "لا.", "version": str(db.session.get_one(CallQuestion, question.id).version)}
    assert client.post(f"/staff/questions/{question.id}", data=sent).status_code == 303
    assert "Corrected on" in stranger.get(page).text


def test_what_is_typed_is_kept_when_it_is_refused(client, call, asker):
    client.login(asker)
    url = f"/calls/{call.id}/questions"
    empty = client.post(url, data={"text": ""})
    assert empty.status_code == 200 and "errsum" in empty.text
    for n in range(workflow.MOST_WAITING):
        ask(call, asker, f"Question {n} ?")
    many = client.post(url, data={"text": ASKED})
    assert many.status_code == 429 and ASKED in many.text and "wait for an answer" in many.text
    call.questions_until = now() - timedelta(minutes=1)
    db.session.flush()
    late = client.post(url, data={"text": ASKED})
    assert late.status_code == 403 and ASKED in late.text and "could be asked until" in late.text
    assert 'name="text"' not in client.get(f"/calls/{call.id}").text


def test_an_officer_s_text_survives_a_colleague_s(client, call, asker, officer):
    question = ask(call, asker)
    client.login(officer)
    url = f"/staff/questions/{question.id}"
    none = client.post(url, data={"wording-fr": ASKED, "version": "1"})
    assert none.status_code == 200 and "at least one language" in none.text
    answer(question, with_role(Role.OFFICER, fund=call.fund), version=1)
    late = client.post(url, data={"wording-fr": ASKED, "answer-fr": "Non, jamais.", "version": "1"})
    assert late.status_code == 409 and "Non, jamais." in late.text and ANSWER["fr"] in late.text


def test_setting_aside_wants_a_reason_that_the_asker_reads(client, call, asker, officer):
    question = ask(call, asker)
    client.login(officer)
    url = f"/staff/questions/{question.id}/set-aside"
    for nothing in ("", "\0"):
        empty = client.post(url, data={"reason": nothing})
        assert empty.location.endswith(f"/staff/questions/{question.id}")
    assert client.post(url, data={"reason": "Déjà dans le règlement."}).status_code == 303
    assert "Déjà dans le règlement." in client.login(asker).get(f"/calls/{call.id}").text
    assert "Déjà dans le règlement." not in client.login(PersonFactory()).get(f"/calls/{call.id}").text


@pytest.mark.parametrize("rows", [1, 50])
def test_pages_cost_the_same_however_many_questions(client, call, officer, queries, rows):
    for _ in range(rows):
        answer(ask(call, PersonFactory()), officer, version=1)
        ask(call, PersonFactory())
    client.login(officer)
    for path, most in ((f"/calls/{call.id}", 11), (f"/staff/calls/{call.id}/questions", 8), ("/staff/calls", 9)):
        client.get(path)
        with queries() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= most, (path, seen)


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "<script>x</script>", "سؤال بالعربية؟", "a\x00b", "x" * 2001])
def test_hostile_and_foreign_text_is_shown_as_text(client, call, asker, text):
    answer = client.login(asker).post(f"/calls/{call.id}/questions", data={"text": text})
    assert answer.status_code == (200 if len(text) > 2000 else 303)
    assert "<script>x" not in client.get(f"/calls/{call.id}").text
