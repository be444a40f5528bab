"""The committee over a whole call: the picture, transfers, drafts, decisions taken together, the reserve list."""

import pytest
from sqlalchemy import select, update

from grants.applications.models import Application, ApplicationState
from grants.awards import drafts, policy, queries
from grants.awards.drafts import Choice, Draft, Passage
from grants.awards.interests import hidden_commissions
from grants.awards.models import Agreement, Award, Decision, DecisionState, EnvelopeTransfer, Outcome
from grants.awards.picture import picture
from grants.awards.projection import project
from grants.calls.models import CallState
from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, NotEnough, Refused, WrongState
from grants.core.types import Money, new_id
from grants.ledger.queries import by_commission
from grants.ledger.service import verify
from grants.people.models import Role
from grants.reports.search.ground import ground
from grants.reports.search.keys import Audience
from grants.reviews import queries as reviews
from tests.awards.committee import MILLION, Ground
from tests.awards.committee import ground as committee_ground
from tests.factories import MembershipFactory, with_role
from workflows import closeout, committee, decision


@pytest.fixture
def case(app) -> Ground:
    made = committee_ground()
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


def sealed(case, draft, who=None):
    return project(drawn(case, who), draft, who or case.member).seal


def confirm(case, draft, *, seal=None, key="k", who=None):
    who = who or case.member
    drafts.keep(draft, call_of(case, who), actor=who)
    committee.decide_together(call_of(case, who), seal or sealed(case, draft, who), key, actor=who)


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


def test_one_key_is_one_transfer(case):
    key = new_id()
    move(case, case.first, case.second, 5, key=key)
    for source, target, minor in ((case.first, case.second, 6), (case.second, case.first, 5)):
        with pytest.raises(WrongState):
            move(case, source, target, minor, key=key)
    assert free(case, case.second) == MILLION + 5


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


def test_a_half_typed_transfer_is_kept_and_is_a_problem(case):
    draft = Draft(passages=(Passage(case.first.id, None, 5, "Oui."), Passage(None, None, 0, "Pourquoi ?")))
    drafts.keep(draft, call_of(case), actor=case.member)
    kept = drafts.kept(case.member, call_of(case))
    assert kept == draft and len(project(drawn(case), kept, case.member).problems) == 2
    with pytest.raises(Refused):
        confirm(case, draft)


def test_what_was_confirmed_does_not_come_back(case):
    draft = Draft(chosen(case, A=Outcome.FUNDED))
    first = drafts.keep(draft, call_of(case), 0, actor=case.member)
    assert drafts.keep(draft, call_of(case), first, actor=case.member) == first, "the same once more"
    confirm(case, draft)
    for seen in (0, first):
        with pytest.raises(LostUpdate):
            drafts.keep(draft, call_of(case), seen, actor=case.member)
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
    draft = Draft(chosen(case, A=Outcome.FUNDED))
    seal = sealed(case, draft)
    take(case, decision.hold, "D", who=case.other)
    with pytest.raises(WrongState) as refused:
        confirm(case, draft, seal=seal)
    assert case.other.name in str(refused.value.detail)
    assert state(case, "A") == DecisionState.PROPOSED


def test_only_the_draft_that_was_previewed_is_carried_out(case):
    seal = sealed(case, Draft(chosen(case, A=Outcome.FUNDED)))
    with pytest.raises(WrongState) as refused:
        confirm(case, Draft(chosen(case, A=Outcome.FUNDED, D=Outcome.FUNDED)), seal=seal)
    assert "Your draft has changed" in str(refused.value.detail)
    assert state(case, "A") == state(case, "D") == DecisionState.PROPOSED


def test_the_chairs_note_is_never_the_reason_that_an_applicant_reads(case):
    row = db.session.get_one(Decision, case.rows["A"])
    row.note = "Classement discuté deux fois, voir le procès-verbal."
    db.session.commit()
    draft = Draft(chosen(case, A=Outcome.REJECTED))
    after = project(drawn(case), draft, case.member)
    assert [step.reason for step in after.steps] == [""] and len(after.problems) == 1
    with pytest.raises(Refused):
        confirm(case, draft)


def test_a_button_funds_only_what_its_page_showed(case):
    seen = queries.decision(case.other, case.rows["A"]).version
    take(case, decision.revise_amount, "A", mad(10_000_000), "Moins.")
    with pytest.raises(WrongState):
        take(case, decision.fund, "A", "", seen, who=case.other)
    assert state(case, "A") == DecisionState.PROPOSED
    now = queries.decision(case.other, case.rows["A"]).version
    take(case, decision.fund, "A", "", now, who=case.other)
    take(case, decision.fund, "A", "", now, who=case.other)  # a double click
    assert db.session.scalars(select(Award)).one().amount == mad(10_000_000)


def test_the_amount_is_read_with_the_state(case):
    held = queries.decision(case.other, case.rows["A"])
    assert held.amount == mad(60_000_000)
    changed = update(Decision).where(Decision.id == held.id).values(amount_minor=10_000_000, version=held.version + 1)
    db.session.execute(changed, execution_options={"synchronize_session": False})  # as another session would
    decision.fund(held, actor=case.other)
    assert db.session.scalars(select(Award)).one().amount == mad(10_000_000)


def test_who_moved_it_is_named_and_nobody_else(case):
    draft = Draft(chosen(case, D=Outcome.FUNDED))

    def said(after):
        seal = sealed(case, draft)
        after()
        with pytest.raises(WrongState) as refused:
            confirm(case, draft, seal=seal)
        return str(refused.value.detail)

    def withdraw():
        queries.decision(case.other, case.rows["C"]).application.state = ApplicationState.WITHDRAWN
        db.session.commit()

    third = with_role(Role.COMMITTEE, cluster=case.stage.fund.cluster)
    take(case, decision.hold, "B", who=case.other)
    assert said(withdraw) == "The facts have changed since this page was drawn."
    assert third.name in said(lambda: move(case, case.first, case.second, 5, who=third))
    linked_to(case, "A")
    seal = sealed(case, draft)
    take(case, decision.hold, "D", who=case.other)
    take(case, decision.fund, "A", who=third)  # of the commission hidden from the member
    with pytest.raises(WrongState) as refused:
        confirm(case, draft, seal=seal)
    assert case.other.name in str(refused.value.detail) and third.name not in str(refused.value.detail)
    with pytest.raises(WrongState):
        confirm(case, draft, seal="something else")


def test_what_receives_gives_after_it_received(case):
    take(case, decision.reject, "D", "Non.")
    move(case, case.second, case.first, MILLION)
    typed = (Passage(case.second.id, case.first.id, 5, "Puis."), Passage(case.first.id, case.second.id, 7, "D’abord."))
    after = project(drawn(case), Draft(passages=typed), case.member)
    assert not after.problems and after.passages == [typed[1], typed[0]]
    confirm(case, Draft(passages=typed))
    assert free(case, case.second) == 2


def test_transfers_that_wait_for_each_other_are_a_problem(case):
    take(case, decision.reject, "D", "Non.")
    move(case, case.second, case.first, MILLION)
    move(case, case.first, case.second, 180_000_000)
    assert [one.left.minor for one in drawn(case).themes] == [0, 180_000_000]
    typed = (
        Passage(case.first.id, case.second.id, 200_000_000, "Oui."),
        Passage(case.second.id, case.first.id, 200_000_000, "Non."),
    )
    assert len(project(drawn(case), Draft(passages=typed), case.member).problems) == 1


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
    closeout.terminate(agreement, "Le porteur renonce.", actor=case.stage.authorising)
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


def linked_to(case, name, who=None):
    organisation = queries.decision(case.other, case.rows[name]).application.organisation
    MembershipFactory(organisation=organisation, person=who or case.member)
    db.session.commit()


def readers(case):
    """The linked member, one of the others, and somebody linked whose other office needs the figures."""
    both = with_role(Role.COMMITTEE, cluster=case.stage.fund.cluster)
    with_role(Role.OFFICER, fund=case.stage.fund, person=both)
    linked_to(case, "B")
    linked_to(case, "B", both)
    return {case.member: False, case.other: True, both: True}


def test_the_linked_see_no_grant_of_the_commission_before_the_results(case):
    for name in "AD":
        take(case, decision.fund, name, who=case.other)
    ids = {name: award_of(case, name) for name in "AD"}
    for person, sees in readers(case).items():
        assert {one.id for one in queries.awards(person)} == ({*ids.values()} if sees else {ids["D"]})
        for name in "AD":
            one = queries.award(case.stage.officer, ids[name])
            assert policy.view.allows(person, one) == policy.view_agreement.allows(person, one.agreement)
            assert policy.view.allows(person, one) == (sees or name == "D")
    take(case, decision.fund, "B", who=case.other)
    take(case, decision.hold, "C", who=case.other)
    decision.conclude(call_of(case, case.other), actor=case.other)
    assert len(queries.awards(case.member)) == 3
    assert policy.view.allows(case.member, queries.award(case.stage.officer, ids["A"]))


def award_of(case, name):
    application = select(Decision.application_id).where(Decision.id == case.rows[name])
    return db.session.scalars(select(Award.id).where(Award.application_id.in_(application))).one()


def test_the_linked_read_no_figures_of_the_fund_before_the_results(case):
    fund = call_of(case).fund
    assert policy.read_figures.allows(case.member, fund)
    for person, sees in readers(case).items():
        assert policy.read_figures.allows(person, fund) == sees
    assert not policy.read_figures.allows(case.stage.chair, fund)


def test_the_linked_sort_by_no_mark_of_the_commission(case):
    for person, sees in readers(case).items():
        known = ground(person, Audience.FUND)
        assert known.unranked == (frozenset() if sees else {(case.call_id, case.first.id)})
        marked = db.session.scalars(select(Application.commission_id).where(known.known_marks).distinct()).all()
        assert set(marked) == ({case.first.id, case.second.id} if sees else {case.second.id})


def test_once_the_results_are_out_they_see_and_still_do_not_decide(case):
    organisation = queries.decision(case.other, case.rows["C"]).application.organisation
    MembershipFactory(organisation=organisation, person=case.member)
    take(case, decision.fund, "A", who=case.other)
    take(case, decision.fund, "B", who=case.other)
    take(case, decision.hold, "C", who=case.other)
    take(case, decision.fund, "D", who=case.other)
    decision.conclude(call_of(case, case.other), actor=case.other)
    assert call_of(case).state == CallState.DECIDED and len(drawn(case).rows) == 4
    assert project(drawn(case), Draft(chosen(case, C=Outcome.FUNDED)), case.member).problems
    with pytest.raises(Forbidden):
        move(case, case.second, case.first, 5)
    brought = Draft(passages=(Passage(case.second.id, case.first.id, 5, "Oui."),))
    assert project(drawn(case), brought, case.member).problems
    assert not project(drawn(case, case.other), brought, case.other).problems
    move(case, case.first, case.second, 5)
    with pytest.raises(Forbidden):
        take(case, decision.fund, "C")


def test_a_page_counts_only_what_the_reader_sees(case, monkeypatch):
    monkeypatch.setattr(queries, "PER_PAGE", 1)
    linked_to(case, "A")
    row = queries.decision(case.other, case.rows["D"])
    assert (queries.page_of(case.other, row), queries.page_of(case.member, row)) == (4, 1)


def test_what_the_commission_proposed_is_kept_even_nothing(case):
    row = queries.decision(case.other, case.rows["A"])
    row.proposal, row.amount_minor = Outcome.REJECTED, 0
    db.session.commit()
    for minor in (5, 6):
        take(case, decision.revise_amount, "A", mad(minor), "Un peu.")
    assert db.session.get_one(Decision, case.rows["A"]).proposed_minor == 0


def test_the_withdrawn_are_left_alone(case):
    row = queries.decision(case.other, case.rows["A"])
    row.application.state = ApplicationState.WITHDRAWN
    db.session.flush()
    after = project(drawn(case), Draft(places={case.first.id: 3}), case.member)
    assert case.rows["A"] not in {step.decision.id for step in after.steps}
