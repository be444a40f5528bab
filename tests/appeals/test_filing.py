"""One appeal against a refusal: who files it, until when, and what its applicant reads."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from grants.appeals import policy, queries
from grants.appeals.models import Against
from grants.applications.models import ApplicationState as State
from grants.applications.queries import file
from grants.awards.queries import notified
from grants.calls.models import CallState
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Forbidden, WrongState
from grants.core.errors import Refused as NotAsItIs
from grants.messages.models import Promise
from grants.people.models import Right, Role
from grants.reports.dates import Kind, dates_of
from grants.web.applicant.status import journey, next_step
from grants.web.uploads import Sent
from tests.appeals.ground import EVERY, GROUNDS, REASON, decision_of, names, refused
from tests.applications.ground import colleague
from tests.factories import (
    ApplicationFactory,
    ClusterFactory,
    PersonFactory,
    with_role,
)
from workflows import appeal as workflow
from workflows import application as screening

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize("against", EVERY)
def test_filed_once_with_the_refusal_it_answers(against):
    case = refused(against)
    made = case.filed()
    assert (made.against, made.refusal, made.refused_by_id, made.state) == (against, REASON, case.refuser.id, "filed")
    again = workflow.file(case.application, f"  {GROUNDS} ", actor=case.on.lead)
    assert again.id == made.id, "a double click"
    with pytest.raises(WrongState, match="has filed the appeal"):
        workflow.file(case.application, "Something else.", actor=colleague(case.on, Right.EDITOR))
    assert names(case.id)[-1] == "application.appeal"
    told = {(one.kind, one.recipient_id) for one in db.session.scalars(select(Promise))}
    assert {("tell_filed", case.on.lead.id), ("ask_to_hear", case.judge.id)} <= told
    assert ("ask_to_hear", case.refuser.id) not in told


def test_until_the_end_of_the_last_day_by_the_clock_of_the_cluster():
    zone = ZoneInfo("Africa/Casablanca")
    told = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Casablanca
    assert queries.last_moment(told, 15, zone).astimezone(zone) == datetime(2026, 12, 8, 23, 59, 59, tzinfo=zone)
    case = refused(appeal_days=3)
    until = queries.refusal(case.application).until
    with stopped(until):
        assert policy.file_appeal.allows(case.on.lead, case.application)
    with stopped(until + timedelta(seconds=1)):
        assert "last moment to appeal was" in str(policy.file_appeal.why_not(case.on.lead, case.application))
        with pytest.raises(Forbidden):
            case.filed()


def test_where_the_call_provides_for_none_or_nothing_was_refused():
    case = refused(appeal_days=0)
    assert "provides for no appeal" in str(policy.file_appeal.why_not(case.on.lead, case.application))
    other = refused()
    other.application.state = State.SUBMITTED
    db.session.flush()
    assert "Only a refusal" in str(policy.file_appeal.why_not(other.on.lead, other.application))
    third = refused()
    third.application.call.state = CallState.CANCELLED
    assert "cancelled" in str(policy.file_appeal.why_not(third.on.lead, third.application))


def test_a_decision_is_appealed_once_it_is_told():
    case = refused(Against.DECISION)
    decision_of(case).notified_at = None
    db.session.flush()
    assert queries.refusal(case.application) is None
    with pytest.raises(Forbidden, match="Only a refusal"):
        case.filed()


def test_who_files_and_without_grounds_nothing_is_filed():
    case = refused()
    assert policy.file_appeal.allows(colleague(case.on, Right.EDITOR), case.application)
    for stranger in (colleague(case.on, Right.READER), case.judge, PersonFactory()):
        assert "Only an owner or editor" in str(policy.file_appeal.why_not(stranger, case.application))
    with pytest.raises(NotAsItIs, match="Write why"):
        case.filed("  ")


def test_a_file_goes_with_it_and_others_do_not_see_it():
    case = refused()
    made = workflow.file(
        case.application, GROUNDS, actor=case.on.lead, attached=Sent("b.pdf", "application/pdf", 9, "a" * 64)
    )
    assert queries.followed(case.judge, made.id).filename == "b.pdf"
    with pytest.raises(NoResultFound):
        queries.own(PersonFactory(), made.id)
    with pytest.raises(NoResultFound):
        queries.followed(with_role(Role.OFFICER, cluster=ClusterFactory()), made.id)


def test_withdrawn_before_it_is_heard():
    case = refused()
    made = case.filed()
    for _ in range(2):
        workflow.withdraw_appeal(queries.own(case.on.lead, made.id), actor=case.on.lead)
    assert case.application.state == State.INADMISSIBLE and queries.waiting(case.judge, Role.OFFICER) == 0
    with pytest.raises(WrongState):
        workflow.uphold_appeal(case.appeal(), "Oui.", actor=case.judge)
    assert "There is one appeal" in str(policy.file_appeal.why_not(case.on.lead, case.application))


def test_of_a_cancelled_call_nothing_waits_and_nothing_may_be_appealed():
    case = refused()
    case.filed()
    other = refused()
    for one in (case, other):
        one.on.call.state = CallState.CANCELLED
    db.session.flush()
    assert queries.waiting(case.judge, Role.OFFICER) == 0
    assert queries.refusal(other.application).until is None
    assert [one for one in dates_of(other.on.lead) if one.kind == Kind.APPEAL] == []


def test_an_appeal_that_was_withdrawn_is_not_filed_again():
    case = refused()
    case.filed()
    workflow.withdraw_appeal(case.appeal(), actor=case.on.lead)
    with pytest.raises(WrongState, match="one appeal"):
        case.filed()


@pytest.mark.parametrize("against", EVERY)
def test_the_applicants_page_says_until_when_and_what_became_of_it(against):
    case = refused(against)
    told = notified([case.application]).get(case.id)

    def said():
        application = case.application
        appeal = queries.of_application(application)
        step = next_step(application, told, None, appeal, queries.refusal(application))
        return str(step), journey(application, told, False, appeal)[-1]

    assert "You may appeal until" in said()[0]
    case.filed()
    assert "being examined" in said()[0] and said()[1].at == "now"
    workflow.dismiss_appeal(case.appeal(), "Non.", actor=case.judge)
    assert "dismissed" in said()[0] and said()[1].at == "done"


def test_the_last_day_is_in_the_calendar_until_it_is_past_or_used():
    case = refused()
    (dated,) = [one for one in dates_of(case.on.lead) if one.kind == Kind.APPEAL]
    assert dated.at == queries.refusal(case.application).until and dated.subject_id == case.id
    with stopped(dated.at + timedelta(seconds=1)):
        assert [one for one in dates_of(case.on.lead) if one.kind == Kind.APPEAL] == []
    case.filed()
    assert [one for one in dates_of(case.on.lead) if one.kind == Kind.APPEAL] == []


def test_refused_again_after_an_upheld_appeal_there_is_no_second_one():
    case = refused()
    case.filed()
    workflow.uphold_appeal(case.appeal(), "Oui.", actor=case.judge)
    screening.refuse_admission(file(case.judge, case.id), "Autre pièce manquante.", actor=case.judge)
    application = case.application
    assert application.screening_reason == "Autre pièce manquante."
    appeal = queries.of_application(application)
    assert "once more" in str(next_step(application, None, None, appeal, queries.refusal(application)))


def test_several_refusals_are_found_together():
    cases = [refused(), refused(Against.DECISION), refused(Against.ELIGIBILITY)]
    found = queries.refusals([one.application for one in cases])
    assert {one: found[one].against for one in found} == {one.id: one.against for one in cases}
    assert ApplicationFactory(state=State.DRAFT).id not in found
    assert date.fromisoformat(f"{now():%Y-%m-%d}") <= found[cases[0].id].until.date()
