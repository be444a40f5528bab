"""Agreements after the award: wording, frozen text, visa, signatures of a consortium, amendments, the end."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from grants.applications.models import Partner, PartnerState
from grants.awards import agreement_text, queries, signing, templates, terms, visa
from grants.awards.agreement_document import amendment_document, document
from grants.awards.clauses import OURS, Clause
from grants.awards.letters import unknown_place
from grants.awards.models import Agreement, AgreementState, AmendmentState, Award, Instalment, Signature
from grants.awards.terms import Terms
from grants.calls.models import Instrument
from grants.core import pdf
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, NotEnough, Refused, WrongState
from grants.core.i18n import LANGUAGES, Reader, Words
from grants.core.types import Money
from grants.ledger.queries import balances
from grants.ledger.service import verify
from grants.people.models import Person
from tests.awards.test_award_story import PLAN, act, active, funded, standing
from tests.factories import MembershipFactory, OrganisationFactory, PersonFactory
from tests.story import set_stage
from workflows import amendment as amendments
from workflows import award as workflow
from workflows import closeout
from workflows.award import Scan

SCAN = Scan("signee.pdf", "application/pdf", 1000, "b" * 64, "Salma Bennis")


@pytest.fixture
def stage(app):
    return set_stage()


def with_partner(award: Award) -> Person:
    """An organisation that acceded to the application; answers with its owner."""
    organisation, owner = OrganisationFactory(name="Laboratoire"), PersonFactory()
    MembershipFactory(organisation=organisation, person=owner)
    made = Partner(
        application_id=award.application_id,
        organisation_id=organisation.id,
        state=PartnerState.ACCEDED,
        name="Laboratoire",
        email=owner.email,
        role="Mesures",
        invited_by_id=owner.id,
        sent_at=now(),
        expires_at=now() + timedelta(days=9),
        accepted_at=now(),
        accepted_by_id=owner.id,
        acceded_at=now(),
        acceded_by_id=owner.id,
        acceded_name=owner.name,
        acceded_text="Oui.",
        acceded_hash="0" * 64,
    )
    db.session.add(made)
    db.session.flush()
    db.session.expire_all()
    return owner


def to_sign(stage, *, partner: bool = False):
    """An agreement sent for signature, and the partner's owner."""
    award = funded(stage)
    owner = with_partner(award) if partner else None
    agreement = db.session.scalars(select(Agreement)).one()
    act(workflow.prepare, agreement, PLAN, None, actor=stage.officer)
    act(workflow.propose_commitment, agreement, actor=stage.authorising)
    act(workflow.grant_visa, agreement, visa.ALL, actor=stage.accountant)
    act(workflow.open_signature, agreement, actor=stage.officer)
    return agreement, owner


def terms_of(stage, agreement, **changed) -> Terms:
    """The terms as they stand, with these changed; `last` is the last instalment's amount."""
    found = Terms.now(queries.agreement(stage.officer, agreement.id))
    if last := changed.pop("last", None):
        *kept, final = found.instalments
        changed["instalments"] = (*kept, replace(final, amount=last))
    return replace(found, **changed)


def free(stage) -> Money:
    return balances([stage.fund.id])[stage.fund.id].free


def amended(stage, agreement, after: Terms, decider: Person):
    """Through every hand until it is in effect."""
    owner = stage.owner()
    made = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Un retard.", actor=owner)
    id = made.id
    found = queries.amendment(stage.officer, id)
    amendments.assess_amendment(found, after, "Fondé.", found.version, actor=stage.officer)
    amendments.approve_amendment(queries.amendment(decider, id), actor=decider)
    amendments.sign_amendment(queries.amendment(stage.owner(), id), actor=stage.owner())
    amendments.make_effective(queries.amendment(stage.accountant, id), actor=stage.accountant)
    return queries.amendment(stage.officer, id)


# --- the text -------------------------------------------------------------------------------------------------


def test_every_place_of_our_wording_is_known():
    for clauses in OURS.values():
        for one in clauses:
            assert set(one.title) == set(one.body) == set(LANGUAGES)
            assert unknown_place(one.body, templates.PLACES) is None


def test_the_text_is_frozen_when_it_is_sent(stage):
    agreement, _ = to_sign(stage)
    found = queries.agreement(stage.officer, agreement.id)
    before, digest = found.text, found.text_hash
    assert digest == agreement_text.hash_of(before)
    assert any("600" in said for clause in before["clauses"] for said in clause["body"]["fr"])
    wording = templates.current(found.award.fund, Instrument.GRANT)
    clause = Clause(Words(fr="Objet"), Words(fr="Autre texte pour {beneficiary}."))
    templates.write_clause(wording, 0, clause, 0, actor=stage.officer)
    found = queries.agreement(stage.officer, agreement.id)
    assert (agreement_text.text_of(found), found.text_hash) == (before, digest)
    assert "Autre texte" in agreement_text.drafted(found)["clauses"][0]["body"]["ar"][0], "French where Arabic lacks"


def test_a_wording_is_checked_and_kept_in_versions(stage):
    wording = templates.current(stage.fund, Instrument.GRANT)
    bad = Clause(Words(fr="Objet"), Words(fr="Pour {montant}."))
    db.session.commit()
    with pytest.raises(Refused, match="no place called"):
        templates.write_clause(wording, None, bad, 0, actor=stage.officer)
    good = Clause(Words(fr="Publicité"), Words(fr="Le logo de {fund} figure partout."))
    templates.write_clause(wording, None, good, 0, actor=stage.officer)
    with pytest.raises(LostUpdate):
        templates.write_clause(wording, None, Clause(good.title, good.title), 0, actor=stage.officer)
    kept = templates.current(stage.fund, Instrument.GRANT)
    assert (kept.number, kept.clauses[-1]) == (1, good)
    templates.arrange_clause(kept, len(kept.clauses) - 1, "up", 1, actor=stage.officer)
    assert templates.current(stage.fund, Instrument.GRANT).clauses[-2] == good
    with pytest.raises(Forbidden):
        templates.set_threshold(templates.current(stage.fund, Instrument.GRANT), 500, 2, actor=stage.accountant)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_is_set_in_every_language(stage, language):
    agreement, _ = to_sign(stage)
    act(workflow.sign, agreement, actor=stage.owner())
    found = queries.agreement(stage.officer, agreement.id)
    reader = Reader(language, "MA", "Africa/Casablanca")
    assert pdf.typeset("agreement", document(found, reader, whole_account=True)).startswith(b"%PDF")


# --- the visa -------------------------------------------------------------------------------------------------


def test_the_visa_wants_every_item_and_keeps_what_was_ticked(stage):
    award = funded(stage)
    agreement = award.agreement
    act(workflow.prepare, agreement, PLAN, None, actor=stage.officer)
    act(workflow.propose_commitment, agreement, actor=stage.authorising)
    db.session.commit()
    with pytest.raises(Refused, match="is not ticked"):
        act(workflow.grant_visa, agreement, visa.ALL - {visa.Item.AUTHORITY}, actor=stage.accountant)
    with pytest.raises(Refused, match="at least one item"):
        act(workflow.refuse_visa, agreement, visa.ALL, "Non.", actor=stage.accountant)
    act(workflow.refuse_visa, agreement, visa.ALL - {visa.Item.DOCUMENTS}, "Pas de RIB.", actor=stage.accountant)
    kept = {one.item: one for one in visa.kept(queries.agreement(stage.officer, agreement.id))}
    assert [item for item, one in kept.items() if not one.ticked] == [visa.Item.DOCUMENTS]
    assert kept[visa.Item.CREDIT].figures["reserved"] == award.amount_minor
    assert kept[visa.Item.CALCULATION].holds and kept[visa.Item.DOCUMENTS].holds


# --- signatures -----------------------------------------------------------------------------------------------


def test_the_lead_signs_first_then_partners_then_the_fund(stage):
    agreement, partner = to_sign(stage, partner=True)
    db.session.commit()
    with pytest.raises(WrongState, match="signs first"):
        act(workflow.sign_as_partner, agreement, actor=partner)
    act(workflow.sign, agreement, actor=stage.owner())
    act(workflow.sign, agreement, actor=stage.owner())  # a double click
    assert agreement.state == AgreementState.AWAITING_SIGNATURE
    db.session.commit()
    with pytest.raises(WrongState):
        act(workflow.countersign, agreement, actor=stage.authorising)
    act(workflow.sign_as_partner, agreement, actor=partner)
    assert agreement.state == AgreementState.SIGNED
    act(workflow.countersign, agreement, actor=stage.authorising)
    places = signing.signatories(queries.agreement(partner, agreement.id))
    assert all(one.done and one.signature.text_hash == agreement.text_hash for one in places)
    assert len(places) == 3


def test_a_scan_counts_once_somebody_of_the_fund_has_checked_it(stage):
    agreement, partner = to_sign(stage, partner=True)
    act(workflow.send_scan, agreement, SCAN, actor=stage.owner())
    db.session.commit()
    with pytest.raises(WrongState, match="signs first"):
        act(workflow.sign_as_partner, agreement, actor=partner)
    scan = db.session.scalars(select(Signature)).one()
    workflow.send_scan_back(queries.signature(stage.officer, scan.id), "Page 2 manque.", actor=stage.officer)
    assert db.session.scalars(select(Signature)).all() == []
    act(workflow.send_scan, agreement, SCAN, actor=stage.owner())
    scan = db.session.scalars(select(Signature)).one()
    workflow.check_scan(queries.signature(stage.officer, scan.id), actor=stage.officer)
    act(workflow.sign_as_partner, agreement, actor=partner)
    assert agreement.state == AgreementState.SIGNED


def test_a_partner_sees_the_agreement_and_others_do_not(stage):
    agreement, partner = to_sign(stage, partner=True)
    seen = db.session.scalars(queries.visible_to(partner)).all()
    assert [one.id for one in seen] == [agreement.award_id]
    assert db.session.scalars(queries.visible_to(PersonFactory())).all() == []
    assert [one.id for one in queries.partnered_by([one.organisation_id for one in _memberships(partner)], partner)]


def _memberships(person: Person):
    from grants.people.queries import memberships_of

    return memberships_of(person)


# --- amendments -----------------------------------------------------------------------------------------------


def test_an_increase_is_committed_from_what_the_commission_has(stage):
    award = active(stage)
    agreement, before = award.agreement, free(stage)
    later = PLAN.ends_on + timedelta(days=60)
    after = terms_of(stage, agreement, ends_on=later, amount=Money(63_000_000, "MAD"), last=Money(15_000_000, "MAD"))
    found = amended(stage, agreement, after, stage.authorising)
    assert found.state == AmendmentState.EFFECTIVE and not found.for_committee
    award = queries.award(stage.officer, award.id)
    assert (award.amount, award.agreement.ends_on) == (Money(63_000_000, "MAD"), later)
    assert [one.amount_minor for one in award.agreement.instalments] == [24_000_000, 24_000_000, 15_000_000]
    assert standing(award).engaged == award.amount
    assert free(stage) == before - Money(3_000_000, "MAD")
    assert Terms.of(found.after) == Terms.now(award.agreement) and Terms.of(found.before).ends_on == PLAN.ends_on
    assert verify([stage.fund.id]).broken is None
    for language in LANGUAGES:
        assert pdf.typeset("amendment", amendment_document(found, Reader(language, "MA"))).startswith(b"%PDF")


def test_a_large_decrease_is_the_committees_and_decommits(stage):
    award = active(stage)
    agreement, before = award.agreement, free(stage)
    after = terms_of(stage, agreement, amount=Money(50_000_000, "MAD"), last=Money(2_000_000, "MAD"))
    owner = stage.owner()
    made = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Moins.", actor=owner)
    found = queries.amendment(stage.officer, made.id)
    amendments.assess_amendment(found, after, "Fondé.", found.version, actor=stage.officer)
    db.session.commit()
    with pytest.raises(Forbidden, match="strategic committee"):
        amendments.approve_amendment(queries.amendment(stage.authorising, made.id), actor=stage.authorising)
    amendments.approve_amendment(queries.amendment(stage.committee, made.id), actor=stage.committee)
    amendments.sign_amendment(queries.amendment(stage.owner(), made.id), actor=stage.owner())
    for _ in range(2):  # a double click
        amendments.make_effective(queries.amendment(stage.accountant, made.id), actor=stage.accountant)
    award = queries.award(stage.officer, award.id)
    assert standing(award).engaged == Money(50_000_000, "MAD")
    assert free(stage) == before + Money(10_000_000, "MAD")


def test_an_increase_beyond_the_free_credit_changes_nothing(app):
    stage = set_stage(envelope=130_000_000)
    award = active(stage)
    agreement = award.agreement
    after = terms_of(stage, agreement, amount=Money(140_000_000, "MAD"), last=Money(92_000_000, "MAD"))
    owner = stage.owner()
    made = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Plus.", actor=owner)
    found = queries.amendment(stage.officer, made.id)
    amendments.assess_amendment(found, after, "Fondé.", found.version, actor=stage.officer)
    amendments.approve_amendment(queries.amendment(stage.committee, made.id), actor=stage.committee)
    amendments.sign_amendment(queries.amendment(stage.owner(), made.id), actor=stage.owner())
    db.session.commit()
    with pytest.raises(NotEnough):
        amendments.make_effective(queries.amendment(stage.accountant, made.id), actor=stage.accountant)
    kept = queries.amendment(stage.officer, made.id)
    assert kept.state == AmendmentState.SIGNED and kept.agreement.award.amount == Money(60_000_000, "MAD")


def test_terms_that_do_not_fit_are_refused(stage):
    award = active(stage)
    agreement = queries.agreement(stage.officer, award.agreement.id)
    before = Terms.now(agreement)
    assert terms.problems(agreement, before, before)[0][0] == "reason"
    more = replace(before, amount=Money(70_000_000, "MAD"))
    assert "add up" in str(terms.problems(agreement, before, more)[0][1])
    early = replace(before, ends_on=date(2026, 11, 1))
    assert terms.problems(agreement, before, early)[0][0] == "ends_on"


def test_one_amendment_at_a_time_and_nobody_decides_on_their_own(stage):
    award = active(stage)
    agreement, owner = award.agreement, stage.owner()
    after = terms_of(stage, agreement, ends_on=PLAN.ends_on + timedelta(days=30))
    first = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Un.", actor=owner)
    same = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Un.", actor=owner)
    assert same.id == first.id
    db.session.commit()
    found = queries.agreement(stage.officer, agreement.id)
    with pytest.raises(WrongState, match="still in hand"):
        amendments.prepare_amendment(found, after, "Deux.", actor=stage.officer)
    found = queries.amendment(stage.officer, first.id)
    amendments.assess_amendment(found, after, "Oui.", found.version, actor=stage.officer)
    amendments.refuse_amendment(queries.amendment(stage.authorising, first.id), "Non.", actor=stage.authorising)
    again = queries.agreement(stage.officer, agreement.id)
    assert amendments.prepare_amendment(again, after, "Deux.", actor=stage.officer).number == 2


# --- the end --------------------------------------------------------------------------------------------------


def test_a_suspended_agreement_is_resumed(stage):
    agreement = active(stage).agreement
    act(closeout.suspend_agreement, agreement, "Contrôle en cours.", actor=stage.authorising)
    assert (agreement.state, agreement.standstill_reason) == (AgreementState.SUSPENDED, "Contrôle en cours.")
    act(closeout.resume_agreement, agreement, actor=stage.authorising)
    assert (agreement.state, agreement.standstill_reason) == (AgreementState.ACTIVE, None)


def test_terminating_an_active_agreement_decommits_what_is_not_paid(stage):
    award = active(stage)
    before = free(stage)
    act(closeout.terminate, award.agreement, "Fraude.", actor=stage.authorising)
    assert standing(award).engaged == Money(0, "MAD")
    assert free(stage) == before + Money(60_000_000, "MAD")


def test_two_people_close_and_the_remainder_goes_back(stage):
    award = active(stage)
    agreement, before = award.agreement, free(stage)
    act(closeout.complete_agreement, agreement, actor=stage.officer)
    act(closeout.propose_closeout, agreement, actor=stage.authorising)
    act(closeout.return_closeout, agreement, "Le rapport manque.", actor=stage.accountant)
    act(closeout.propose_closeout, agreement, actor=stage.authorising)
    db.session.commit()
    with pytest.raises(Forbidden):
        act(closeout.close_agreement, agreement, actor=stage.authorising)
    act(closeout.close_agreement, agreement, actor=stage.accountant)
    assert agreement.state == AgreementState.CLOSED
    assert free(stage) == before + Money(60_000_000, "MAD")


def test_nothing_is_closed_while_a_claim_is_open(stage):
    from tests.awards.test_award_story import EVIDENCE
    from workflows import claim as claims

    award = active(stage)
    agreement, owner = award.agreement, stage.owner()
    first = db.session.scalars(select(Instalment).order_by(Instalment.position)).first()
    claim = claims.begin(queries.instalment(owner, first.id), actor=owner)
    act(claims.write, claim, claim.claimed, "Un prototype.", EVIDENCE, None, actor=owner)
    act(claims.submit_claim, claim, actor=owner)
    act(closeout.complete_agreement, agreement, actor=stage.officer)
    db.session.commit()
    with pytest.raises(Refused, match="still open"):
        act(closeout.propose_closeout, agreement, actor=stage.authorising)
    moved = terms_of(stage, agreement, amount=Money(60_000_001, "MAD"))
    assert 1 in terms.settled(queries.agreement(stage.officer, agreement.id)) and moved.amount.minor == 60_000_001


def test_small_changes_one_after_the_other_reach_the_committee(stage):
    agreement = active(stage).agreement
    more, last = Money(65_000_000, "MAD"), Money(17_000_000, "MAD")
    first = amended(stage, agreement, terms_of(stage, agreement, amount=more, last=last), stage.authorising)
    assert not first.for_committee
    more, last = Money(70_000_000, "MAD"), Money(22_000_000, "MAD")
    again = amended(stage, agreement, terms_of(stage, agreement, amount=more, last=last), stage.committee)
    assert again.for_committee, "five and five of sixty million"
    more, last = Money(75_000_000, "MAD"), Money(27_000_000, "MAD")
    third = amended(stage, agreement, terms_of(stage, agreement, amount=more, last=last), stage.authorising)
    assert not third.for_committee, "counted from what the committee decided"


def test_what_is_never_signed_is_given_up_and_another_one_begun(stage):
    agreement = active(stage).agreement
    after = terms_of(stage, agreement, ends_on=PLAN.ends_on + timedelta(days=60))
    owner = stage.owner()
    id = amendments.request_amendment(queries.agreement(owner, agreement.id), after, "Un retard.", actor=owner).id
    found = queries.amendment(stage.officer, id)
    amendments.assess_amendment(found, after, "Fondé.", found.version, actor=stage.officer)
    amendments.approve_amendment(queries.amendment(stage.authorising, id), actor=stage.authorising)
    amendments.sign_amendment(queries.amendment(stage.owner(), id), actor=stage.owner())
    amendments.give_up_amendment(queries.amendment(stage.authorising, id), "Trop tard.", actor=stage.authorising)
    kept = queries.amendment(stage.officer, id)
    assert (kept.state, kept.decision_reason, kept.signed_at) == (AmendmentState.REFUSED, "Trop tard.", None)
    amended(stage, agreement, after, stage.authorising)
