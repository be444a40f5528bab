"""What a cold reading of the money found: stale pages, money that comes back late, one person with two offices."""

import contextlib
from datetime import date, timedelta

import pytest

from grants.awards.models import AgreementState, ClaimState
from grants.awards.queries import agreement as agreement_of
from grants.calls.models import Instrument
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Problem
from grants.core.types import Money
from grants.ledger.service import Stage
from grants.payments import queries
from grants.payments.models import Recovery, RecoveryState
from grants.payments.statements import propose
from tests.payments.ground import AMOUNT, DAY, lay, rib
from tests.payments.test_money_back import MAD, brought, recovery, sound, stands
from workflows import closeout
from workflows import payment as payments
from workflows import recovery as recoveries
from workflows import repayment as repayments
from workflows import statement as statements


def kept_back(ground, n: int, minor: int):
    made = recoveries.establish(ground.award(n), Money(minor, MAD), "Not spent.", actor=ground.who("authorising"))
    recoveries.notify_recovery(recovery(ground, made.id), date(2026, 12, 31), actor=ground.who("authorising"))
    recoveries.keep_back_from_payments(recovery(ground, made.id), actor=ground.who("authorising"))
    return made.id


def stale(ground, *rows):
    """The first attempt of claim 0 is sent and given back by hand; the second is sent. A page opened before names
    the first."""
    ground.ordered(0)
    ground.remitted(0)
    first = ground.order(0).id
    payments.return_payment(ground.claim(0), "Account closed, says the bank.", DAY, actor=ground.who("other"))
    ground.ordered(0)
    ground.remitted(0)
    one = brought(ground, *rows, closing=100_000_000)
    statements.say_columns(one, propose(one.shape["headings"]), actor=ground.who("accountant"))
    one = queries.statement(ground.who("accountant"), one.id)
    return one, list(queries.statement_lines(one.id)), first


def test_the_line_of_an_ended_order_does_not_pay_the_next_one(app):
    ground = lay(1)
    one, lines, first = stale(ground, f"21/11/2026;VIREMENT;B0;200 000,00;;{rib(1)}")
    with contextlib.suppress(Problem):
        statements.confirm(one, {lines[0].id: first}, actor=ground.who("accountant"))
    assert ground.claim(0).state == ClaimState.REMITTED, "the second order is still at the bank"


def test_the_return_of_an_ended_order_does_not_return_the_next_one(app):
    ground = lay(1)
    one, lines, first = stale(ground, "22/11/2026;REJET;B1;;200 000,00;")
    payments.pay(ground.claim(0), "VIR-2", DAY, actor=ground.who("other"))
    one = queries.statement(ground.who("accountant"), one.id)
    with contextlib.suppress(Problem):
        statements.confirm(one, {lines[0].id: first}, actor=ground.who("accountant"))
    assert ground.claim(0).state == ClaimState.PAID, "the second order was paid: to order it again pays twice"


def test_what_was_kept_back_and_not_paid_is_still_pursued_after_a_write_off(app):
    ground = lay(3, one_beneficiary=True)
    ground.ordered(0, 1)
    ground.paid(0, 1)
    kept_back(ground, 0, 15_000_000)
    owed = kept_back(ground, 1, AMOUNT)
    ground.ordered(2)
    ground.remitted(2)
    payments.pay(ground.claim(2), "VIR-9", DAY, actor=ground.who("accountant"))
    assert recovery(ground, owed).received_minor == 5_000_000
    recoveries.write_off(recovery(ground, owed), "Bankrupt.", actor=ground.who("committee"))
    payments.return_payment(ground.claim(2), "Closed.", DAY, actor=ground.who("accountant"))
    assert sound(ground)
    open_ones = [one for one in db.session.query(Recovery) if one.state == RecoveryState.OFFSET]
    pursued = sum(one.left.minor for one in open_ones)
    assert stands(ground, Stage.TO_RECOVER) == pursued, "what is to be recovered is pursued by some recovery"


def advance():
    ground = lay(1, instrument=Instrument.REPAYABLE_ADVANCE)
    ground.ordered(0)
    ground.paid(0)
    call = queries.ruled_call(ground.who("officer"), ground.award(0).call_id)
    repayments.set_rule(call, 2, 2, 6, None, actor=ground.who("officer"))
    return ground, repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))[0].id


def test_a_repayment_written_off_is_not_asked_for_again(app):
    ground, id = advance()
    one = queries.repayment(ground.who("accountant"), id)
    one.due_on = now().date() - timedelta(days=2)
    db.session.commit()
    late = queries.repayment(ground.who("accountant"), id)
    made = repayments.pursue_repayment(late, "Late.", actor=ground.who("authorising"))
    recoveries.write_off(recovery(ground, made.id), "Bankrupt.", actor=ground.who("committee"))
    with pytest.raises(Problem):
        repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))


def test_an_advance_that_the_bank_returns_after_its_schedule_can_be_recorded(app):
    ground, _ = advance()
    payments.return_payment(ground.claim(0), "Closed.", DAY, actor=ground.who("accountant"))
    assert ground.claim(0).state == ClaimState.RETURNED


def test_whoever_judged_an_invoice_does_not_order_its_payment(app):
    from grants.awards.models import Invoice

    ground = lay(1)
    claim = ground.claim(0)
    db.session.add(
        Invoice(
            claim=claim, position=1, organisation_id=ground.award(0).organisation_id, currency=MAD, net_minor=1,
            vat_minor=0, verdict="accepted", accepted_minor=1,
            checked_by_id=ground.people["authorising"],  # an officer then, an authorising officer now
        )
    )  # fmt: skip
    db.session.commit()
    with pytest.raises(Problem):
        payments.order(ground.claim(0), actor=ground.who("authorising"))


def test_nobody_handles_the_claim_they_submitted(app):
    """An owner of the beneficiary who is given an office of the fund."""
    from grants.awards import policy
    from grants.people.models import Role
    from tests.factories import with_role

    ground = lay(1)
    owner = ground.who("owner")
    for role in (Role.OFFICER, Role.AUTHORISING_OFFICER, Role.ACCOUNTANT):
        with_role(role, fund=ground.fund, person=owner)
    db.session.commit()
    owner, claim = ground.who("owner"), ground.claim(0)
    assert claim.submitted_by_id == owner.id
    allowed = [n for n in ("check", "liquidate", "order", "pay") if getattr(policy, n).allows(owner, claim)]
    assert not allowed


def test_two_instalments_with_one_reference_are_two_receipts_or_a_refusal(app):
    ground = lay(1)
    ground.ordered()
    ground.paid()
    made = recoveries.establish(ground.award(0), Money(2_000_000, MAD), "x", actor=ground.who("authorising"))
    recoveries.notify_recovery(recovery(ground, made.id), date(2026, 12, 31), actor=ground.who("authorising"))
    try:
        for day in (DAY, DAY + timedelta(days=31)):
            recoveries.collect(
                recovery(ground, made.id), Money(1_000_000, MAD), "VERSEMENT", day, actor=ground.who("accountant")
            )
    except Problem:
        return
    assert recovery(ground, made.id).received_minor == 2_000_000, "the second was swallowed without a word"


def test_an_amendment_that_can_no_longer_take_effect_can_be_given_up(app):
    from workflows.amendment import IN_HAND, S, lifecycle

    ways_out = {m.target for m in lifecycle.moves.values() if S.SIGNED in m.sources and m.target not in IN_HAND}
    assert ways_out - {S.EFFECTIVE}, "a signed amendment whose instalment was claimed since blocks every other one"


def test_an_agreement_ends_though_a_claim_was_verified(app):
    """The advice says: pay it or return it first. Returned, it is as it was."""
    ground = lay(1)
    ground.ordered(0)
    payments.return_order(ground.claim(0), "Fraud.", actor=ground.who("accountant"))
    agreement = agreement_of(ground.who("authorising"), ground.claim(0).instalment.agreement_id)
    closeout.terminate(agreement, "Fraud.", actor=ground.who("authorising"))
    assert agreement.state == AgreementState.TERMINATED


def test_one_statement_brought_twice_at_once_is_one(own_app):

    from tests.faults.test_members_race import race

    ground = lay(1)
    db.session.commit()
    content = "Date valeur;Libellé;Débit;Crédit\n21/11/2026;Frais;12,00;".encode()

    def bring():
        statements.receive(
            ground.account, "releve.csv", content,
            opening=(Money(1, MAD), date(2026, 11, 1)), closing=(Money(1, MAD), date(2026, 11, 30)),
            actor=ground.who("accountant"),
        )  # fmt: skip

    assert race(own_app, [bring, bring]) == {"done": 2}


def test_an_agreement_does_not_end_under_a_claim_that_is_being_verified(own_app, monkeypatch):
    """Terminate has looked, nothing is on its way; an officer verifies; terminate goes on."""
    import threading

    from workflows import claim as claims

    ground = lay(2)
    one = ground.claim(0)
    agreement_id = one.instalment.agreement_id

    from grants.ledger.service import Kind

    claims.move(one, Kind.UNLIQUIDATE, Stage.PAYABLE, Stage.COMMITTED, ground.who("second"), document="undo")
    one.state, one.liquidated_by_id = ClaimState.CERTIFIED, None
    db.session.commit()
    looked = closeout._none_on_the_way

    def look(agreement):
        looked(agreement)

        def verify_now():
            with own_app.app_context():
                with contextlib.suppress(Problem):  # it has ended: said so
                    claims.liquidate(ground.claim(0), actor=ground.who("second"))
                db.session.remove()

        other = threading.Thread(target=verify_now)
        other.start()
        other.join(8)

    monkeypatch.setattr(closeout, "_none_on_the_way", look)
    monkeypatch.setattr(claims, "reference", lambda claim: "again")
    with contextlib.suppress(Problem):
        closeout.terminate(
            agreement_of(ground.who("authorising"), agreement_id), "Fraud.", actor=ground.who("authorising")
        )
    db.session.commit()
    claim = ground.claim(0)
    stuck = claim.instalment.agreement.state == AgreementState.TERMINATED and claim.state == ClaimState.LIQUIDATED
    assert not stuck, "its money stands at payable for ever: the agreement has ended, nothing may be ordered"


def test_an_expired_file_goes_though_the_clock_was_killed_before_it_went(own_app, monkeypatch):
    from grants.core.storage import Storage
    from grants.reports.models import Export, ExportKind, ExportState
    from workflows import export

    ground = lay(1)
    one = Export(
        person_id=ground.people["auditor"], fund_id=ground.fund_id, kind=ExportKind.LEDGER, state=ExportState.READY,
        language="fr", filters={}, filename="x.xlsx", lines=1, op_no=1, head="0" * 64, sha256="0" * 64, size=1,
        finished_at=now() - timedelta(days=40), expires_at=now() - timedelta(days=10),
    )  # fmt: skip
    db.session.add(one)
    db.session.commit()
    gone, real = [], Storage.forget_made

    def killed(self, name):
        raise KeyboardInterrupt

    monkeypatch.setattr(Storage, "forget_made", killed)
    with pytest.raises(KeyboardInterrupt):
        export.delete_expired()
    db.session.rollback()
    monkeypatch.setattr(Storage, "forget_made", lambda self, name: (gone.append(name), real(self, name)))
    export.delete_expired()
    assert gone, "nobody ever deletes it again"
