"""A claim made of invoices, by the verbs: entered, judged one by one, reckoned, paid or settled."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from grants.awards import invoices, policy
from grants.awards import queries as reads
from grants.awards.claim_basis import basis, invoices_of
from grants.awards.duplicates import duplicates, key
from grants.awards.invoices import Sent
from grants.awards.models import Claim, ClaimState, Invoice, Purpose, Verdict
from grants.awards.payable import Kind, Step
from grants.awards.terms import Terms
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.ledger.queries import by_grant
from grants.ledger.service import verify
from tests.awards.claim_ground import (
    ENDS,
    STARTS,
    YES,
    begun,
    carry,
    checked,
    enter,
    ground,
    judge,
    less,
    mad,
    mine,
    no,
    said,
)
from tests.people.test_letters import letters
from workflows import claim as claims


@pytest.fixture
def on(app):
    return ground()


def steps(claim):
    return {one.kind: one.minor for one in map(Step.of, claim.steps)}


def test_from_invoices_to_the_payment(on):
    """300 000 claimed, 50 000 reduced, 50 000 rejected: 200 000 at 90 % is 180 000, two fifths of it clear the
    advance."""
    id = begun(on, 2, said(on, 1, 150_000), said(on, 2, 100_000, 1), said(on, 3, 50_000, 2))
    assert on.claim(id).claimed == mad(162_000)
    judge(on, id, YES, less(50_000), no("Paid in cash without a receipt."))
    claim = checked(on, id)
    assert claim.accepted == mad(108_000) and claim.cleared == mad(72_000)
    assert steps(claim)[Kind.COSTS] == mad(200_000).minor
    carry(on, id)
    assert on.claim(id).state == ClaimState.PAID
    assert by_grant(on.award.fund_id)[on.award.id].paid == mad(216_000 + 108_000)
    assert verify([on.award.fund_id]).broken is None


def test_the_beneficiary_is_written_every_reason(on):
    id = begun(on, 2, said(on, 1), said(on, 2, 40_000))
    judge(on, id, less(50_000, "Half of it is private."), no("Not of the project."))
    checked(on, id)
    text = next(body for to, _, body in letters() if on.owner.email in to and "FA-2026/001" in body)
    assert "Half of it is private." in text and "Not of the project." in text and "FA-2026/002" in text


def test_an_invoice_of_9_999_999_on_a_project_of_107_352_is_never_paid(app):
    on = ground(amount=107_352)
    id = begun(on, 2, said(on, 1, 9_999_999))
    judge(on, id, YES)
    claim = checked(on, id)
    planned = sum(one.amount_minor for one in on.instalments[:2])
    assert claim.accepted_minor + on.instalments[0].amount_minor <= planned < on.award.amount_minor
    db.session.commit()
    claim.accepted_minor = claim.claimed_minor = mad(9_999_999).minor  # whatever somebody writes into the row
    db.session.commit()
    claims.certify(on.claim(id, on.stage.officer), actor=on.stage.officer)
    with pytest.raises(Exception, match="is needed from"):
        claims.liquidate(on.claim(id, on.stage.second_officer), actor=on.stage.second_officer)
    assert by_grant(on.award.fund_id)[on.award.id].paid.minor <= on.award.amount_minor


def test_a_whole_project_pays_the_whole_grant_and_no_more(on):
    second = begun(on, 2, said(on, 1, 350_000))
    judge(on, second, YES)
    first_paid = checked(on, second).accepted
    carry(on, second)
    third = begun(on, 3, said(on, 2, 50_000), said(on, 3, 110_000, 1), said(on, 4, 90_000, 2))
    judge(on, third, YES, YES, YES)
    last = checked(on, third)
    carry(on, third)
    assert mad(216_000) + first_paid + last.accepted == on.award.amount
    assert by_grant(on.award.fund_id)[on.award.id].unpaid.minor == 0


def test_costs_that_only_clear_the_advance_settle_the_claim(on):
    second = begun(on, 2, said(on, 1, 10_000))
    judge(on, second, YES)
    carry(on, (checked(on, second)).id)
    third = begun(on, 3, said(on, 2, 10_000))
    judge(on, third, YES)
    claim = checked(on, third)
    assert claim.accepted_minor == 0 and claim.cleared_minor > 0
    officer, second_officer = on.stage.officer, on.stage.second_officer
    claims.certify(on.claim(third, officer), actor=officer)
    with pytest.raises(Refused, match="pays nothing"):
        claims.liquidate(on.claim(third, second_officer), actor=second_officer)
    with pytest.raises(Forbidden):
        claims.settle(on.claim(third, officer), actor=officer)
    claims.settle(on.claim(third, second_officer), actor=second_officer)
    claims.settle(on.claim(third, second_officer), actor=second_officer)  # a double click
    assert on.claim(third).state == ClaimState.SETTLED
    assert reads.agreement(on.owner, on.agreement.id).next_to_claim is None


def test_a_rejected_claim_is_claimed_again_with_its_invoices(on):
    id = begun(on, 2, said(on, 1), said(on, 2, 40_000))
    judge(on, id, no(), no())
    db.session.commit()
    with pytest.raises(Refused, match="Nothing of this claim is accepted"):
        checked(on, id)
    claims.refuse(on.claim(id, on.stage.officer), "Send the invoices of the project.", actor=on.stage.officer)
    again = claims.begin(on.instalments[1], actor=on.owner).id
    assert again != id
    rows = invoices_of(on.claim(again))
    assert [one.number for one in rows] == ["FA-2026/001", "FA-2026/002"]
    assert all(one.file(purpose) for one in rows for purpose in Purpose)
    claims.submit_claim(on.claim(again), actor=on.owner)
    assert duplicates(on.claim(again, on.stage.officer)) == {}
    judge(on, again, YES, YES)
    assert checked(on, again).accepted_minor > 0


# --- entering -------------------------------------------------------------------------------------------------


def test_an_incomplete_invoice_is_kept_and_not_submitted(on):
    id = claims.begin(on.instalments[1], actor=on.owner).id
    db.session.commit()
    with pytest.raises(Refused, match="Enter the invoices"):
        claims.submit_claim(on.claim(id), actor=on.owner)
    enter(on, id, said(on, 1, means=None), files=False)
    db.session.commit()
    with pytest.raises(Refused, match="Invoice 1: Say how it was paid"):
        claims.submit_claim(on.claim(id), actor=on.owner)
    row = invoices_of(on.claim(id))[0]
    assert [name for name, _ in invoices.missing(row, basis(on.claim(id)))] == ["means", "invoice", "payment"]


def test_two_hands_on_one_invoice(on):
    id = claims.begin(on.instalments[1], actor=on.owner).id
    invoice = enter(on, id, said(on))[0]
    seen = mine(on, invoice).version
    invoices.write(mine(on, invoice), said(on, 2), seen, actor=on.owner)
    db.session.commit()
    with pytest.raises(LostUpdate):
        invoices.write(mine(on, invoice), said(on, 3), seen, actor=on.owner)


def test_a_submitted_claim_is_no_longer_written(on):
    id = begun(on, 2, said(on))
    one = invoices_of(on.claim(id))[0].id
    db.session.commit()
    for attempt in (
        lambda: invoices.write(mine(on, one), said(on, 2), None, actor=on.owner),
        lambda: invoices.add(on.claim(id), actor=on.owner),
        lambda: invoices.remove(mine(on, one), actor=on.owner),
        lambda: invoices.replace(on.claim(id), [said(on, 5)], actor=on.owner),
    ):
        with pytest.raises(Refused, match="can no longer be changed"):
            attempt()
    assert db.session.scalar(select(func.count()).select_from(Invoice)) == 1


def test_pre_financing_has_no_invoices(app):
    on = ground(paid=False)
    id = claims.begin(on.instalments[0], actor=on.owner).id
    db.session.commit()
    with pytest.raises(Refused, match="without invoices"):
        invoices.add(on.claim(id), actor=on.owner)


def test_a_replaced_list_keeps_the_files_of_the_same_invoice(on):
    id = claims.begin(on.instalments[1], actor=on.owner).id
    enter(on, id, said(on, 1), said(on, 2))
    invoices.replace(on.claim(id), [said(on, 3), said(on, 1, 80_000, number="fa 2026 001")], actor=on.owner)
    rows = invoices_of(on.claim(id))
    assert [(one.number, bool(one.files)) for one in rows] == [("FA-2026/003", False), ("fa 2026 001", True)]


def test_policies_of_invoices_follow_their_claim(on):
    id = begun(on, 2, said(on))
    invoice = invoices.own_invoice(on.owner, invoices_of(on.claim(id))[0].id)
    assert policy.view_invoice.allows(on.stage.officer, invoice) and policy.write_invoice.allows(on.owner, invoice)
    stranger = on.stage.reviewers[0]
    assert not policy.view_invoice.allows(stranger, invoice) and not policy.write_invoice.allows(
        on.stage.officer, invoice
    )


# --- judging --------------------------------------------------------------------------------------------------


def test_a_verdict_wants_its_amount_and_its_reason(on):
    id = begun(on, 2, said(on, 1), said(on, 2), said(on, 3))
    rows = [one.id for one in invoices_of(on.claim(id))]
    done = judge(on, id, less(100_000), no(""), less(40_000, ""))
    assert {rows.index(one): set(why) for one, why in done.refused.items()} == {
        0: {"accepted"},
        1: {"reason"},
        2: {"reason"},
    }
    db.session.commit()
    with pytest.raises(Refused, match="3 invoices have not been looked at"):
        checked(on, id)


def test_what_a_colleague_said_since_is_shown_before_it_is_replaced(on):
    id = begun(on, 2, said(on, 1))
    (invoice,) = invoices_of(on.claim(id))
    seen = invoice.version
    late = replace(less(10_000, "Too much."), seen=seen)
    assert judge(on, id, replace(YES, seen=seen)).refused == {}
    assert judge(on, id, late).refused == {}, "one changes one's own mind"
    assert judge(on, id, replace(YES, seen=seen), officer=on.stage.second_officer).refused != {}
    (kept,) = invoices_of(on.claim(id))
    assert (kept.verdict, kept.reason) == (Verdict.REDUCED, "Too much.")
    (why,) = judge(on, id, replace(YES, seen=seen), officer=on.stage.second_officer).refused.values()
    assert on.stage.officer.name in str(why["reason"]) and "Too much." in str(why["reason"])
    again = judge(on, id, replace(YES, seen=kept.version), officer=on.stage.second_officer)
    assert again.refused == {} and invoices_of(on.claim(id))[0].verdict == Verdict.ACCEPTED


def test_a_check_is_resumed_where_it_was_left(on):
    id = begun(on, 2, said(on, 1), said(on, 2, 50_000))
    judge(on, id, YES)
    verdicts = [one.verdict for one in invoices_of(on.claim(id))]
    assert verdicts == [Verdict.ACCEPTED, None]
    judge(on, id, None)
    assert invoices_of(on.claim(id))[0].verdict is None, "a verdict is taken back while the check goes on"


def test_whoever_judged_one_invoice_does_not_verify_the_amount(on):
    id = begun(on, 2, said(on, 1), said(on, 2, 50_000))
    judge(on, id, YES, officer=on.stage.second_officer)
    rows = [one.id for one in invoices_of(on.claim(id))]
    invoices.judge(on.claim(id, on.stage.officer), {rows[1]: YES}, actor=on.stage.officer)
    checked(on, id)
    claims.certify(on.claim(id, on.stage.officer), actor=on.stage.officer)
    db.session.commit()
    with pytest.raises(Forbidden, match="You checked invoices"):
        claims.liquidate(on.claim(id, on.stage.second_officer), actor=on.stage.second_officer)


def test_a_date_outside_the_agreement_is_accepted_with_a_reason_only(on):
    early, late = STARTS.replace(year=STARTS.year - 1), ENDS.replace(year=ENDS.year + 1)
    id = begun(on, 2, said(on, 1, dated=early), said(on, 2, dated=late), said(on, 3, paid_on=early))
    assert len(judge(on, id, YES, YES, YES).refused) == 3
    told = less(1, "Ordered before, by the amendment.")
    assert judge(on, id, told).refused == {}


def test_a_line_that_is_exceeded_is_named(on):
    id = begun(on, 2, said(on, 1, 150_000, 1))
    judge(on, id, YES)
    claim = on.claim(id, on.stage.officer)
    found = basis(claim).payable(invoices_of(claim)).overruns
    assert found == {on.lines[1].id: mad(40_000).minor}, "100 000 and a tenth may be spent"


def test_subcontracting_has_its_cap_on_the_whole(on):
    id = begun(on, 2, said(on, 1, 110_000, 2))
    judge(on, id, YES)
    assert Kind.CATEGORY not in steps(checked(on, id)), "110 000 is within 30 % of 600 000"


def in_force(on, **costs: int) -> None:
    """The agreement's budget as an amendment leaves it, in whole dirhams by category."""
    agreed = Terms.now(reads.agreement(on.stage.officer, on.agreement.id))
    items = [replace(one, amount=mad(costs[one.category])) for one in agreed.budget]
    on.agreement.budget = replace(agreed, budget=tuple(items)).budget_json()
    db.session.commit()


def test_an_amended_category_takes_what_was_agreed_whichever_its_lines(on):
    in_force(on, STAFF=450_000, EQUIP=50_000, SUB=100_000)
    id = begun(on, 2, said(on, 1, 70_000, 1), said(on, 2, 480_000, 0), said(on, 3, 120_000, 2))
    judge(on, id, YES, YES, YES)
    claim = on.claim(id, on.stage.officer)
    found = basis(claim).payable(invoices_of(claim))
    assert found.overruns == {on.lines[2].id: mad(10_000).minor}, "what was not amended keeps its lines"
    beyond = [one for one in found.steps if one.kind is Kind.CATEGORY]
    assert [(one.about["en"], one.minor) for one in beyond] == [("Equipment", -mad(15_000).minor)]


def test_the_budget_as_signed_changes_nothing(on):
    id = begun(on, 2, said(on, 1, 150_000, 1))
    judge(on, id, YES)
    claim = on.claim(id, on.stage.officer)
    before = basis(claim).payable(invoices_of(claim))
    in_force(on, STAFF=400_000, EQUIP=100_000, SUB=100_000)
    claim = on.claim(id, on.stage.officer)
    assert basis(claim).payable(invoices_of(claim)) == before


def test_a_checked_claim_stays_as_it_was_when_the_budget_is_amended(on):
    id = begun(on, 2, said(on, 1, 100_000, 1))
    judge(on, id, YES)
    before = checked(on, id)
    was = before.accepted_minor, before.steps
    in_force(on, STAFF=490_000, EQUIP=10_000, SUB=100_000)
    after = on.claim(id)
    assert (after.accepted_minor, after.steps) == was


# --- duplicates -----------------------------------------------------------------------------------------------


def test_numbers_are_compared_without_their_punctuation():
    assert key("FA-2026 / 001") == key("fa2026001") == key(" Fa_2026.001 ")
    assert key("Société Générale") == key("SOCIETE  GENERALE")


def test_an_invoice_of_another_project_is_found_by_what_it_says_and_by_its_file(app):
    on = ground()
    other = ground(stage=on.stage, n=1)
    theirs = begun(other, 2, said(other, 1))
    own = begun(
        on,
        2,
        said(on, 1, number="FA 2026-001", supplier="Atelier numerique", supplier_identifier=""),
        said(on, 7, 3_000),
    )
    twins = duplicates(on.claim(own, on.stage.officer))
    rows = invoices_of(on.claim(own))
    assert {one.claim_id for one in twins[rows[0].id]} == {theirs} and rows[1].id not in twins
    assert twins[rows[0].id][0].reference == f"{other.award.number}-2"
    assert duplicates(on.claim(own), own=True) == {}, "nobody learns what others claim"
    refused = judge(on, own, YES, YES).refused
    assert set(refused) == {rows[0].id}
    assert judge(on, own, less(50_000, "Two halves of one invoice.")).refused == {}


def test_the_same_file_is_found_and_the_parts_of_one_invoice_may_share_theirs(on):
    id = claims.begin(on.instalments[1], actor=on.owner).id
    parts = enter(on, id, said(on, 1, 60_000), said(on, 1, 40_000, 1), said(on, 9, 5_000))
    for one in parts:
        invoices.attach(mine(on, one), Purpose.INVOICE, Sent("f.pdf", "application/pdf", 9, "f" * 64), actor=on.owner)
    twins = duplicates(on.claim(id), own=True)
    found = {one: [(twin.position, twin.file) for twin in twins[one]] for one in parts}
    assert found == {parts[0]: [(3, True)], parts[1]: [(3, True)], parts[2]: [(1, True), (2, True)]}


def test_a_duplicate_judged_before_the_other_came_is_looked_at_again_at_the_end(app):
    on = ground()
    other = ground(stage=on.stage, n=1)
    own = begun(on, 2, said(on, 1))
    judge(on, own, YES)
    begun(other, 2, said(other, 1))
    db.session.commit()
    with pytest.raises(Refused, match="claimed before"):
        checked(on, own)


# --- cost of reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 50])
def test_queries_do_not_grow_with_the_invoices(on, n, queries):
    id = begun(on, 2, *[said(on, k, 1_000) for k in range(n)])
    db.session.commit()
    db.session.expire_all()
    with queries() as counted:
        claim = on.claim(id, on.stage.officer)
        basis(claim).payable(invoices_of(claim))
        duplicates(claim)
    assert len(counted) <= 22, counted


def test_claims_are_still_listed(on):
    assert db.session.scalar(select(func.count()).select_from(Claim)) == 1
