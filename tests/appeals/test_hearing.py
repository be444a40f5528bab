"""An appeal is heard by somebody who did not refuse; what its outcome does to the file, the ranking and the letters."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from grants.appeals import policy, queries
from grants.appeals.models import Against, AppealState
from grants.applications.models import ApplicationState as State
from grants.applications.queries import file
from grants.awards.models import DecisionState, Outcome
from grants.awards.queries import notified
from grants.calls.models import CallState
from grants.core.clock import now, stopped
from grants.core.db import db
from grants.core.errors import Forbidden, Problem, WrongState
from grants.core.errors import Refused as NotAsItIs
from grants.core.types import Money
from grants.messages.models import Promise
from grants.people.models import Appointment, Right, Role
from grants.reviews.models import ReviewState
from grants.web.applicant.status import next_step
from tests.appeals.ground import EVERY, GROUNDS, REASON, decision_of, names, refused
from tests.factories import (
    ClusterFactory,
    CommissionFactory,
    MembershipFactory,
    ReviewFactory,
    with_role,
)
from tests.messages.test_letters import parts, write
from workflows import appeal as workflow
from workflows import application as screening
from workflows import decision as decisions
from workflows.letters import message_for

pytestmark = pytest.mark.usefixtures("app")
BACK_AT = {
    Against.ADMISSIBILITY: State.SUBMITTED,
    Against.ELIGIBILITY: State.ADMISSIBLE,
    Against.DECISION: State.DECIDED,
}


def kinds():
    return sorted(db.session.scalars(select(Promise.kind)))


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
