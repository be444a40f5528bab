"""One appeal against a refusal: who, until when, heard by whom, and what an outcome does."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import NoResultFound

from grants.appeals import policy, queries
from grants.appeals.models import Against, AppealState
from grants.applications.models import ApplicationState as State
from grants.applications.queries import file
from grants.awards.models import DecisionState, Outcome
from grants.awards.queries import notified
from grants.calls.models import CallState
from grants.core.audit import Event
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Forbidden, Problem, WrongState
from grants.core.errors import Refused as NotAsItIs
from grants.core.types import Money
from grants.messages.models import Promise
from grants.people.models import Appointment, Right, Role
from grants.reports.dates import Kind, dates_of
from grants.reviews.models import ReviewState
from grants.web.applicant.status import journey, next_step
from grants.web.uploads import Sent
from tests.appeals.ground import GROUNDS, REASON, decision_of, refused
from tests.applications.ground import colleague
from tests.factories import (
    ApplicationFactory,
    ClusterFactory,
    CommissionFactory,
    MembershipFactory,
    PersonFactory,
    ReviewFactory,
    with_role,
)
from tests.messages.test_letters import parts, write
from workflows import appeal as workflow
from workflows import application as screening
from workflows import decision as decisions
from workflows.letters import message_for

pytestmark = pytest.mark.usefixtures("app")
EVERY = sorted(Against)
BACK_AT = {
    Against.ADMISSIBILITY: State.SUBMITTED,
    Against.ELIGIBILITY: State.ADMISSIBLE,
    Against.DECISION: State.DECIDED,
}


def kinds():
    return sorted(db.session.scalars(select(Promise.kind)))


def names(id):
    return list(db.session.scalars(select(Event.name).where(Event.subject_id == id).order_by(Event.at, Event.id)))


# --- filing ---------------------------------------------------------------------------------------------------


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


# --- hearing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("against", EVERY)
def test_upheld_it_goes_on_from_where_it_was(against):
    case = refused(against)
    case.filed()
    for _ in range(2):  # a double click
        workflow.uphold_appeal(case.appeal(), "La lettre y était.", actor=case.judge)
    application = case.application
    assert application.state == BACK_AT[against] and application.screening_reason is None
    assert case.appeal().state == AppealState.UPHELD and case.appeal().refusal == REASON
    assert names(case.id).count("application.appeal_upheld") == 1
    assert kinds().count("tell_heard") == 1
    with pytest.raises(Problem):
        case.filed("Encore.")


@pytest.mark.parametrize("against", EVERY)
def test_dismissed_it_stays_for_good(against):
    case = refused(against)
    case.filed()
    with pytest.raises(NotAsItIs, match="Write the reasons"):
        workflow.dismiss_appeal(case.appeal(), " ", actor=case.judge)
    workflow.dismiss_appeal(case.appeal(), "La page 3 est blanche.", actor=case.judge)
    assert case.application.state not in {State.SUBMITTED, State.ADMISSIBLE}
    assert names(case.id)[-1] == "application.appeal_dismissed"
    for late in (workflow.uphold_appeal, workflow.dismiss_appeal):
        with pytest.raises(WrongState):
            late(case.appeal(), "Finalement.", actor=with_role(_role(against), cluster=case.on.call.fund.cluster))
    with pytest.raises(WrongState):
        workflow.withdraw_appeal(queries.own(case.on.lead, case.appeal().id), actor=case.on.lead)


def _role(against):
    return queries.hearing_role(against)


@pytest.mark.parametrize("against", EVERY)
def test_whoever_refused_does_not_hear(against):
    case = refused(against)
    case.filed()
    assert "that is appealed: another" in str(policy.hear_appeal.why_not(case.refuser, case.appeal()))
    with pytest.raises(Forbidden):
        workflow.uphold_appeal(case.appeal(), "Je me suis trompée.", actor=case.refuser)
    other = Role.COMMITTEE if against != Against.DECISION else Role.OFFICER
    for stranger in (
        with_role(other, cluster=case.on.call.fund.cluster),
        with_role(_role(against), cluster=ClusterFactory()),
    ):
        assert "Only a" in str(policy.hear_appeal.why_not(stranger, case.appeal()))
    assert case.refuser not in queries.hearers(case.appeal()) and case.judge in queries.hearers(case.appeal())


def test_neither_the_chair_who_proposed_nor_the_applicants_people_nor_the_conflicted():
    case = refused(Against.DECISION)
    case.filed()
    cluster = case.on.call.fund.cluster
    chair = db.session.get_one(type(case.judge), decision_of(case).proposed_by_id)
    with_role(Role.COMMITTEE, cluster=cluster, person=chair)
    assert "as chair" in str(policy.hear_appeal.why_not(chair, case.appeal()))
    MembershipFactory(organisation=case.on.organisation, person=case.judge, right=Right.READER)
    db.session.expire_all()
    assert "You belong to the organisation" in str(
        policy.hear_appeal.why_not(case.judge, queries.followed(chair, case.appeal().id))
    )
    torn = with_role(Role.COMMITTEE, cluster=cluster)
    ReviewFactory(
        application=case.application, reviewer=torn, state=ReviewState.CONFLICT_DECLARED, conflict_reason="Famille"
    )
    assert "conflict of interest" in str(policy.hear_appeal.why_not(torn, case.appeal()))


def test_the_list_holds_those_of_ones_funds_and_says_who_refused():
    case, elsewhere = refused(), refused()
    case.filed(), elsewhere.filed()
    assert [one.application_id for one in queries.listed(case.judge, Role.OFFICER, AppealState.FILED)] == [case.id]
    assert queries.waiting(case.judge, Role.OFFICER) == 1 and queries.waiting(case.judge, Role.COMMITTEE) == 0
    assert queries.listed(case.judge, Role.OFFICER, AppealState.FILED)[0].refused_by.name == case.refuser.name


def test_withdrawn_before_it_is_heard():
    case = refused()
    made = case.filed()
    for _ in range(2):
        workflow.withdraw_appeal(queries.own(case.on.lead, made.id), actor=case.on.lead)
    assert case.application.state == State.INADMISSIBLE and queries.waiting(case.judge, Role.OFFICER) == 0
    with pytest.raises(WrongState):
        workflow.uphold_appeal(case.appeal(), "Oui.", actor=case.judge)
    assert "There is one appeal" in str(policy.file_appeal.why_not(case.on.lead, case.application))


# --- a decision that is taken again -----------------------------------------------------------------------------


def test_the_committee_decides_again_and_the_applicant_is_told_anew():
    case = refused(Against.DECISION)
    case.filed()
    workflow.uphold_appeal(case.appeal(), "Le marché est démontré.", actor=case.judge)
    again = decision_of(case)
    assert (again.state, again.reason, again.decided_by_id) == (DecisionState.PROPOSED, None, None)
    application = case.application
    assert notified([application]) == {}, "nothing of it shows before it is taken"
    appeal = queries.of_application(application)
    assert "decides again" in str(next_step(application, None, None, appeal, queries.refusal(application)))
    decisions.reject(again, "Toujours pas.", actor=case.judge)
    decisions.reject(again, "Toujours pas.", actor=case.judge)
    assert kinds().count("tell_decision") == 1
    assert notified([case.application])[case.id].reason == "Toujours pas."
    assert "There is one appeal" in str(policy.file_appeal.why_not(case.on.lead, case.application))


def test_a_project_proposed_for_rejection_gets_the_amount_to_decide_on():
    case = refused(Against.DECISION, proposal=Outcome.REJECTED)
    case.filed()
    requested = case.application.requested
    for amount in (None, Money(requested.minor + 1, requested.currency)):
        with pytest.raises(NotAsItIs, match="Give the amount"):
            workflow.uphold_appeal(case.appeal(), "Oui.", amount=amount, actor=case.judge)
    workflow.uphold_appeal(case.appeal(), "Oui.", amount=requested, actor=case.judge)
    again = decision_of(case)
    assert (again.state, again.amount) == (DecisionState.PROPOSED, requested)
    may_fund = decisions.lifecycle.moves["fund"].policy
    assert "You gave the amount" in str(may_fund.why_not(case.judge, again))
    assert may_fund.allows(with_role(Role.COMMITTEE, cluster=case.on.call.fund.cluster), again)


def test_the_ranking_and_the_results_wait_until_the_screening_is_settled():
    case = refused()
    on, reference = case.on, case.application.reference
    until = queries.refusal(case.application).until
    assert queries.unsettled(on.call.id, on.commission.id) == [reference], "it may still be appealed"
    assert queries.unsettled(on.call.id, CommissionFactory().id) == []
    with stopped(until + timedelta(hours=1)):
        assert queries.unsettled(on.call.id) == []
    case.filed()
    on.call.state = CallState.EVALUATING
    db.session.flush()
    member = with_role(Role.COMMITTEE, cluster=on.call.fund.cluster)
    with stopped(until + timedelta(hours=1)):
        assert queries.unsettled(on.call.id) == [reference], "its appeal waits"
        with pytest.raises(NotAsItIs, match="The screening is not settled for"):
            decisions.conclude(case.application.call, actor=member)
    workflow.uphold_appeal(case.appeal(), "Oui.", actor=case.judge)
    for verb in (screening.admit, screening.find_eligible):
        assert queries.unsettled(on.call.id) == [reference], "it is screened again"
        verb(file(case.judge, case.id), actor=case.judge)
    assert queries.unsettled(on.call.id) == []


def test_a_dismissed_appeal_holds_nothing_up():
    case = refused(Against.ELIGIBILITY)
    case.filed()
    workflow.dismiss_appeal(case.appeal(), "Non.", actor=case.judge)
    assert queries.unsettled(case.on.call.id) == []


# --- who decides after it ---------------------------------------------------------------------------------------


def test_whoever_refused_does_not_refuse_again():
    case = refused()
    case.filed()
    workflow.uphold_appeal(case.appeal(), "Oui.", actor=case.judge)
    with pytest.raises(Forbidden, match="You had refused this file"):
        screening.refuse_admission(file(case.refuser, case.id), "Encore.", actor=case.refuser)
    screening.admit(file(case.refuser, case.id), actor=case.refuser)
    with pytest.raises(Forbidden, match="You had refused this file"):
        screening.find_ineligible(file(case.refuser, case.id), "Encore.", actor=case.refuser)
    screening.find_ineligible(file(case.judge, case.id), "Trop âgée.", actor=case.judge)

    taken = refused(Against.DECISION)
    taken.filed()
    workflow.uphold_appeal(taken.appeal(), "Oui.", actor=taken.judge)
    with pytest.raises(Forbidden, match="You had refused this project"):
        decisions.reject(decision_of(taken), "Encore.", actor=taken.refuser)


def test_who_was_asked_to_review_hears_no_appeal_and_is_asked_nothing():
    case = refused(Against.DECISION)
    reviewer = with_role(Role.COMMITTEE, cluster=case.on.call.fund.cluster)
    conflicted = with_role(Role.COMMITTEE, cluster=case.on.call.fund.cluster)
    ReviewFactory(application=case.application, reviewer=reviewer)
    conflict = {"state": ReviewState.CONFLICT_DECLARED, "conflict_reason": "A cousin"}
    ReviewFactory(application=case.application, reviewer=conflicted, **conflict)
    made = case.filed()
    assert queries.hearers(queries.whole(made.id)) == [case.judge]
    appeal = case.appeal()
    assert "asked to review" in str(policy.hear_appeal.why_not(reviewer, appeal))
    assert "conflict of interest" in str(policy.read_appeal.why_not(conflicted, appeal))
    assert queries.waiting(conflicted, Role.COMMITTEE) == 0 < queries.waiting(reviewer, Role.COMMITTEE)


def test_when_nobody_may_hear_it_the_administrators_are_told():
    case = refused()
    admin = with_role(Role.ADMIN)
    db.session.execute(delete(Appointment).where(Appointment.person_id == case.judge.id))
    db.session.expire(case.judge)
    made = case.filed()
    told = db.session.scalars(select(Promise).where(Promise.kind == "nobody_hears")).all()
    assert [one.recipient_id for one in told] == [admin.id]
    letter = write(workflow.nobody_hears, made.id, admin.id)
    assert made.application.reference in str(letter.subject)
    with_role(Role.OFFICER, cluster=case.on.call.fund.cluster)
    assert write(workflow.nobody_hears, made.id, admin.id) is None


def test_a_file_that_was_being_completed_is_completed_not_taken_as_submitted():
    case = refused()
    case.application.screening_reason = REASON
    application = case.application
    application.title = "Another title, never submitted"
    db.session.flush()
    made = case.filed()
    workflow.uphold_appeal(case.appeal(), "La banque a écrit.", actor=case.judge)
    application = case.application
    assert application.state == State.INCOMPLETE
    assert application.completion_due_at > now() and application.screening_reason == "La banque a écrit."
    outcome = parts(message_for(write(workflow.tell_heard, made.id, case.on.lead.id), "3"))[0]
    assert "Complétez votre dossier" in outcome


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


# --- what the applicant reads -----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("upheld", [True, False])
def test_the_letters_say_it(upheld):
    case = refused()
    made = case.filed()
    receipt = parts(message_for(write(workflow.tell_filed, made.id, case.on.lead.id), "1"))[0]
    asked = parts(message_for(write(workflow.ask_to_hear, made.id, case.judge.id), "2"))[0]
    assert GROUNDS in receipt and REASON in asked and f"/staff/appeals/{made.id}" in asked
    verb = workflow.uphold_appeal if upheld else workflow.dismiss_appeal
    verb(case.appeal(), "Parce que.", actor=case.judge)
    assert write(workflow.ask_to_hear, made.id, case.judge.id) is None, "heard: nobody is asked any more"
    outcome = parts(message_for(write(workflow.tell_heard, made.id, case.on.lead.id), "3"))[0]
    assert "Parce que." in outcome and case.judge.name not in outcome


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
