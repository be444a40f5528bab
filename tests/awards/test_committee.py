"""The committee over a whole call: the picture, transfers, drafts, decisions taken together, the reserve list."""

import pytest
from sqlalchemy import select

from grants.applications.models import ApplicationState
from grants.awards import drafts, policy, queries
from grants.awards.drafts import Choice, Draft, Passage
from grants.awards.interests import hidden_commissions
from grants.awards.models import Agreement, Award, Decision, DecisionState, EnvelopeTransfer, Outcome
from grants.awards.picture import picture
from grants.awards.projection import project
from grants.calls.models import CallState
from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import Forbidden, NotEnough, Refused, WrongState
from grants.core.types import Money, new_id
from grants.ledger.queries import by_commission
from grants.ledger.service import verify
from grants.reviews import queries as reviews
from tests.awards.committee import MILLION, Ground, ground
from tests.factories import MembershipFactory
from workflows import award as agreements
from workflows import committee, decision


@pytest.fixture
def case(app) -> Ground:
    made = ground()
    db.session.commit()  # what is refused afterwards is rolled back, and no more than that
    return made


def call_of(case, who=None):
    return queries.decided_call(who or case.member, case.call_id)


def drawn(case, who=None):
    return picture(who or case.member, call_of(case, who))


def mad(minor):
    return Money(minor, "MAD")


def free(case, commission):
    return by_commission(case.stage.fund.id, case.call_id)[commission.id].free.minor


def take(case, verb, name, *values, who=None):
    who = who or case.member
    verb(queries.decision(who, case.rows[name]), *values, actor=who)


def state(case, name):
    return db.session.scalar(select(Decision.state).where(Decision.id == case.rows[name]))


def confirm(case, draft, *, seal=None, key="k", who=None):
    who = who or case.member
    call = call_of(case, who)
    committee.decide_together(call, draft, seal or picture(who, call).seal, key, actor=who)


def move(case, source, target, minor, reason="Plus de bons projets.", who=None, **more):
    who = who or case.member
    return committee.transfer(call_of(case, who), source.id, target.id, mad(minor), reason, actor=who, **more)


def chosen(case, **outcomes):
    return {case.rows[name]: one if isinstance(one, Choice) else Choice(one) for name, one in outcomes.items()}


# --- the picture ----------------------------------------------------------------------------------------------


def test_the_picture_adds_up(case):
    take(case, decision.fund, "A")
    first, second = drawn(case).themes
    assert (first.envelope, first.decided, first.proposed) == (mad(2 * MILLION), mad(60_000_000), mad(60_000_000))
    assert (first.left, second.left) == (mad(80_000_000), mad(40_000_000))
    assert (first.cut, second.cut) == (3, 1)
    assert drawn(case).total("envelope") == mad(3 * MILLION)
    assert drawn(case).waiting == 3


def test_the_line_comes_after_the_last_that_is_paid_for(case):
    row = db.session.get_one(Decision, case.rows["B"])
    row.amount_minor = 150_000_000
    db.session.flush()
    assert drawn(case).themes[0].cut == 1


# --- transfers ------------------------------------------------------------------------------------------------


def test_a_transfer_moves_the_money_and_the_ranking_knows(case):
    made = move(case, case.first, case.second, 50_000_000)
    assert (free(case, case.first), free(case, case.second)) == (150_000_000, 150_000_000)
    assert verify([case.stage.fund.id]).broken is None
    told = db.session.scalars(select(Event).where(Event.name == "call.transferred")).one()
    assert told.reason == made.reason and told.after["amount"] == 50_000_000
    chair = case.stage.chair
    assert reviews.chaired(chair, case.call_id, case.first.id).envelope == mad(150_000_000)
    assert [one.reason for one in drawn(case).transfers] == ["Plus de bons projets."]


def test_never_what_is_proposed_for_funding_or_granted(case):
    with pytest.raises(NotEnough):
        move(case, case.first, case.second, 80_000_001)
    take(case, decision.fund, "A")
    with pytest.raises(NotEnough):
        move(case, case.first, case.second, 80_000_001)
    move(case, case.first, case.second, 80_000_000)
    assert free(case, case.first) == 60_000_000


@pytest.mark.parametrize("minor", [0, -1])
def test_a_transfer_is_something_from_one_to_another_with_a_reason(case, minor):
    with pytest.raises(Refused):
        move(case, case.first, case.second, minor)
    with pytest.raises(Refused):
        move(case, case.first, case.first, 5)
    with pytest.raises(Refused):
        move(case, case.first, case.second, 5, reason="")


def test_pressed_twice_it_moves_once(case):
    key = new_id()
    first, again = (move(case, case.first, case.second, 5, key=key) for _ in range(2))
    assert first.id == again.id and free(case, case.second) == MILLION + 5


def test_only_the_committee_transfers(case):
    with pytest.raises(Forbidden):
        move(case, case.first, case.second, 5, who=case.stage.officer)


# --- drafts and decisions taken together ----------------------------------------------------------------------


def test_a_draft_touches_nothing_and_survives(case):
    draft = Draft(
        chosen(case, A=Choice(Outcome.FUNDED, 40_000_000, "Moins.")),
        {case.second.id: 1},
        (Passage(case.first.id, case.second.id, 7, "Oui."),),
        "Toutes.",
    )
    drafts.keep(draft, call_of(case), actor=case.member)
    db.session.expire_all()
    assert drafts.kept(case.member, call_of(case)) == draft
    assert not drafts.kept(case.other, call_of(case))
    assert state(case, "A") == DecisionState.PROPOSED and free(case, case.first) == 2 * MILLION
    drafts.forget(call_of(case), actor=case.member)
    assert not drafts.kept(case.member, call_of(case))


def test_what_if_reckons_who_enters_and_what_is_left(case):
    draft = Draft(places={case.first.id: 1}, passages=(Passage(case.first.id, case.second.id, 30_000_000, "Oui."),))
    after = project(drawn(case), draft, case.member)
    assert not after.problems
    steps = {step.decision.id: step.outcome for step in after.steps}
    assert steps == {case.rows["A"]: Outcome.FUNDED, case.rows["B"]: Outcome.RESERVE, case.rows["C"]: Outcome.RESERVE}
    first, second = after.themes
    assert (first.envelope, first.free, first.ahead) == (mad(170_000_000), mad(110_000_000), mad(0))
    assert (second.envelope, second.left) == (mad(130_000_000), mad(70_000_000))


def test_all_of_it_in_one_go(case):
    draft = Draft(
        chosen(
            case,
            A=Choice(Outcome.FUNDED, 50_000_000, "Le lot 3 est retiré."),
            B=Outcome.FUNDED,
            C=Choice(Outcome.REJECTED, None, "Le marché reste à montrer."),
            D=Outcome.FUNDED,
        ),
        passages=(Passage(case.second.id, case.first.id, 40_000_000, "Deux projets de plus."),),
    )
    drafts.keep(draft, call_of(case), actor=case.member)
    confirm(case, draft)
    assert [state(case, name) for name in "ABCD"] == ["funded", "funded", "rejected", "funded"]
    assert (free(case, case.first), free(case, case.second)) == (130_000_000, 0)
    row = db.session.get_one(Decision, case.rows["A"])
    assert (row.amount_minor, row.proposed_minor) == (50_000_000, 60_000_000)
    assert not drafts.kept(case.member, call_of(case))
    assert verify([case.stage.fund.id]).broken is None
    confirm(case, Draft(), seal="another", key="k")  # the second press of the same button
    assert len(db.session.scalars(select(Award)).all()) == 3


def test_somebody_decided_meanwhile_and_nothing_is_done(case):
    seal = drawn(case).seal
    take(case, decision.hold, "D", who=case.other)
    with pytest.raises(WrongState) as refused:
        confirm(case, Draft(chosen(case, A=Outcome.FUNDED)), seal=seal)
    assert case.other.name in str(refused.value.detail)
    assert state(case, "A") == DecisionState.PROPOSED


def test_too_much_is_refused_as_a_whole(case):
    draft = Draft(
        chosen(case, D=Outcome.FUNDED), passages=(Passage(case.second.id, case.first.id, 41_000_000, "Oui."),)
    )
    with pytest.raises(Refused):
        confirm(case, draft)
    assert state(case, "D") == DecisionState.PROPOSED
    assert db.session.scalars(select(EnvelopeTransfer)).all() == []


@pytest.mark.parametrize(
    "draft",
    [
        lambda case: Draft(chosen(case, A=Outcome.REJECTED)),
        lambda case: Draft(chosen(case, A=Choice(Outcome.FUNDED, 60_000_001, "Plus."))),
        lambda case: Draft(chosen(case, A=Choice(Outcome.FUNDED, 1))),
        lambda case: Draft(passages=(Passage(case.first.id, case.second.id, 5),)),
        lambda case: Draft({new_id(): Choice(Outcome.FUNDED)}),
        lambda case: Draft(),
    ],
)
def test_what_lacks_something_is_refused(case, draft):
    with pytest.raises(Refused):
        confirm(case, draft(case))


# --- the reserve list -----------------------------------------------------------------------------------------


def test_promoted_only_with_freed_credit_and_in_order(case):
    row = queries.decision(case.other, case.rows["B"])
    row.application.requested_minor = row.amount_minor = 140_000_000
    db.session.flush()
    take(case, decision.fund, "A")
    take(case, decision.fund, "B")
    take(case, decision.hold, "C", "Bon projet.")
    with pytest.raises(Refused):
        take(case, decision.fund, "C")
    given_up = db.session.scalars(select(Agreement).join(Award).where(Award.amount_minor == 60_000_000)).one()
    agreement = queries.agreement(case.stage.authorising, given_up.id)
    agreements.terminate(agreement, "Le porteur renonce.", actor=case.stage.authorising)
    take(case, decision.fund, "C")
    assert state(case, "C") == DecisionState.FUNDED and free(case, case.first) == 0


def test_passing_over_somebody_takes_a_reason(case):
    take(case, decision.hold, "B")
    take(case, decision.hold, "C")
    with pytest.raises(Refused):
        take(case, decision.fund, "C")
    assert project(drawn(case), Draft(chosen(case, C=Outcome.FUNDED)), case.member).problems
    take(case, decision.fund, "C", "B cherche d’autres fonds.")
    told = db.session.scalars(select(Event).where(Event.name == "decision.fund")).one()
    assert told.reason == "B cherche d’autres fonds."
    assert db.session.get_one(Decision, case.rows["C"]).reason is None, "the applicant does not read it"


def test_pending_proposals_come_before_the_reserve_list(case):
    row = queries.decision(case.other, case.rows["B"])
    row.application.requested_minor = row.amount_minor = 140_000_000
    db.session.flush()
    take(case, decision.hold, "C")
    with pytest.raises(Refused):
        take(case, decision.fund, "C")


# --- who is linked to an applicant ----------------------------------------------------------------------------


def test_the_linked_see_nothing_of_the_commission_and_decide_nothing(case):
    organisation = queries.decision(case.other, case.rows["A"]).application.organisation
    MembershipFactory(organisation=organisation, person=case.member)
    db.session.commit()
    call = call_of(case)
    assert hidden_commissions(case.member, call) == {case.first.id}
    seen = drawn(case)
    assert [one.commission.id for one in seen.themes] == [case.second.id]
    assert [one.id for one in seen.hidden] == [case.first.id]
    assert seen.total("envelope") == mad(MILLION)
    assert {one.id for one in queries.decisions(case.member, case.call_id)} == {case.rows["D"]}
    assert case.first.id not in queries.tallies(case.member, case.call_id)
    assert project(seen, Draft(chosen(case, A=Outcome.FUNDED)), case.member).problems
    for name in "AB":
        assert not policy.view_decision.allows(case.member, queries.decision(case.other, case.rows[name]))
    for verb, values in ((decision.fund, ()), (decision.hold, ()), (decision.reject, ("Non.",))):
        with pytest.raises(Forbidden):
            verb(queries.decision(case.other, case.rows["A"]), *values, actor=case.member)
    with pytest.raises(Forbidden):
        move(case, case.second, case.first, 5)


def test_once_the_results_are_out_they_see_and_still_do_not_decide(case):
    organisation = queries.decision(case.other, case.rows["C"]).application.organisation
    MembershipFactory(organisation=organisation, person=case.member)
    take(case, decision.fund, "A", who=case.other)
    take(case, decision.fund, "B", who=case.other)
    take(case, decision.hold, "C", who=case.other)
    take(case, decision.fund, "D", who=case.other)
    decision.conclude(call_of(case, case.other), actor=case.other)
    assert call_of(case).state == CallState.DECIDED and len(drawn(case).rows) == 4
    with pytest.raises(Forbidden):
        take(case, decision.fund, "C")


def test_the_withdrawn_are_left_alone(case):
    row = queries.decision(case.other, case.rows["A"])
    row.application.state = ApplicationState.WITHDRAWN
    db.session.flush()
    after = project(drawn(case), Draft(places={case.first.id: 3}), case.member)
    assert case.rows["A"] not in {step.decision.id for step in after.steps}
