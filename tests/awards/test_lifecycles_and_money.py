"""Random lifecycles through the public verbs: whatever people do, and in whatever order, the figures hold.

After every step, at every level of the fund: paid ≤ ordered ≤ verified ≤ committed ≤ credit; the accounts add up to
zero; the balances are what a replay of the journal says.
"""

import hashlib
from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from grants.awards import invoices, queries, visa
from grants.awards.claim_basis import by_invoices
from grants.awards.invoices import Judgement, Said, Sent
from grants.awards.models import AgreementState, Award, Claim, ClaimState, Means, Outcome, Purpose, Verdict
from grants.calls.credit_moves import CreditMove, CreditMoveState, End, move
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Problem
from grants.core.types import Money
from grants.funds import queries as funds
from grants.funds.models import Uncommitted
from grants.ledger import queries as ledger
from grants.ledger.history import Day, standings_on
from grants.ledger.queries import Figure, Standing
from grants.ledger.service import Stage, verify
from grants.people.models import Person, Role
from tests.awards.test_award_story import EVIDENCE, PLAN, act, propose
from tests.factories import with_role
from tests.story import send, set_stage
from workflows import award as agreements
from workflows import claim as claims
from workflows import closeout, credit_move, fiscal_year, fund, payment
from workflows import decision as decisions

A, C = AgreementState, ClaimState
CHAIN = (Figure.PAID, Figure.ORDERED, Figure.VERIFIED, Figure.ENGAGED, Figure.CREDIT)
FOR_EVER = Day(date(2199, 12, 31), ZoneInfo("UTC"))
AGREEMENT = {  # from a state, what may follow: the verb, what it takes, who does it
    A.PREPARATION: [(agreements.prepare, (PLAN, None), "officer"), (agreements.propose_commitment, (), "authorising")],
    A.COMMITMENT_PROPOSED: [
        (agreements.grant_visa, (visa.ALL,), "accountant"),
        (agreements.refuse_visa, ((), "A line is missing."), "accountant"),
    ],
    A.VISA_REFUSED: [(agreements.propose_commitment, (), "authorising")],
    A.VISA_GRANTED: [(agreements.open_signature, (), "officer")],
    A.AWAITING_SIGNATURE: [(agreements.sign, (), "owner")],
    A.SIGNED: [(agreements.countersign, (), "authorising")],
}
CLAIM = {
    C.SUBMITTED: [(claims.check, None, "officer"), (claims.refuse, ("Not eligible.",), "officer")],
    C.CHECKED: [(claims.certify, (), "officer")],
    C.CERTIFIED: [(claims.liquidate, (), "second_officer"), (claims.settle, (), "second_officer")],
    C.LIQUIDATED: [(payment.order, (), "authorising")],
    C.RETURNED: [(payment.order, (), "authorising")],
    C.ORDERED: [(payment.approve_order, (), "accountant"), (payment.return_order, ("Look again.",), "accountant")],
    C.APPROVED: [(send, (), "accountant")],
    C.REMITTED: [(payment.pay, None, "accountant"), (payment.return_payment, None, "accountant")],
    C.PAID: [(payment.return_payment, None, "accountant")],
}
ANYONE = st.sampled_from(["officer", "second_officer", "authorising", "accountant", "committee", "manager"])


class Lives(RuleBasedStateMachine):
    """Two grants of one call, the people who run them, and a fund manager who moves credit meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = set_stage()
        self.stage.others["manager"] = with_role(Role.FUND_MANAGER, fund=self.stage.fund)
        for one in propose(self.stage, Outcome.FUNDED, Outcome.FUNDED):
            decisions.fund(one, actor=self.stage.committee)
        wanted = select(Award.id).where(Award.fund_id == self.stage.fund.id).order_by(Award.number)
        self.awards = list(db.session.scalars(wanted))
        self.count = 0
        db.session.commit()

    def person(self, name: str, award: Award | None = None):
        if name == "owner" and award is not None:
            lead = award.application.lead_id if award.application else None
            return next(one for one in (self.stage.owner(0), self.stage.owner(1)) if one.id == lead)
        return self.stage.others.get(name) or getattr(self.stage, name)

    def tries(self, verb, *values, **named) -> None:
        """As a request: it goes through, or it is refused and nothing of it stays."""
        self.count += 1
        try:
            verb(*values, **named)
            db.session.commit()
        except Problem:
            db.session.rollback()

    def award(self, n: int) -> Award:
        return queries.award(self.stage.officer, self.awards[n])

    @rule(n=st.integers(0, 1), which=st.integers(0, 1), percent=st.integers(1, 110), stranger=st.none() | ANYONE)
    def onward(self, n: int, which: int, percent: int, stranger: str | None) -> None:
        """The next step of a grant, now and then by somebody who may not."""
        award = self.award(n)
        agreement = award.agreement
        assert agreement is not None
        if steps := AGREEMENT.get(agreement.state):
            verb, values, who = steps[min(which, len(steps) - 1)]
            self.tries(act, verb, agreement, *values, actor=self.person(stranger or who, award))
            return
        owner = self.person("owner", award)
        whole = queries.agreement(owner, agreement.id)
        if (instalment := whole.next_to_claim) is None:
            return
        alive = [one for one in instalment.claims if one.state != C.REJECTED]
        if not alive:
            self.tries(lambda: claims.begin(queries.instalment(owner, instalment.id), actor=owner))
            return
        claim = queries.claim(owner, alive[0].id)
        share = Money(max(1, claim.claimed_minor * percent // 100), claim.currency)
        if claim.state == C.DRAFT:
            self.tries(self.written, claim, share, owner)
            self.tries(act, claims.submit_claim, claim, actor=owner)
            return
        steps = CLAIM.get(claim.state, [])
        if steps:
            verb, values, who = steps[min(which, len(steps) - 1)]
            actor = self.person(stranger or who, award)
            if verb is claims.check:
                values = (share, "Reduced.")
                if by_invoices(claim):
                    self.tries(self.judged, claim, percent, actor)
                    values = (None, "")
            elif verb is payment.pay:
                values = (f"VIR-{self.count}", now().date())
            elif verb is payment.return_payment:
                values = ("The account is closed.", now().date())
            if verb is send:
                self.tries(lambda: send(queries.claim(actor, claim.id), actor))
            else:
                self.tries(act, verb, claim, *values, actor=actor)

    def written(self, claim: Claim, share: Money, owner: Person) -> None:
        """What is claimed: an amount for pre-financing, invoices for the rest."""
        if not by_invoices(claim):
            act(claims.write, claim, share, "A prototype.", EVIDENCE, None, actor=owner)
            return
        if invoices.invoices_of(claim):
            return
        made = invoices.add(queries.claim(owner, claim.id), actor=owner).id
        day = claim.instalment.agreement.starts_on or now().date()
        bought = Said(
            number=f"FA-{self.count}",
            supplier="Atelier",
            supplier_identifier="",
            dated=min(day, now().date()),
            net=Money(claim.instalment.amount_minor * 2, claim.currency),
            vat=Money(0, claim.currency),
            paid_on=min(day, now().date()),
            means=Means.TRANSFER,
            budget_line_id=None,
        )
        invoices.write(invoices.own_invoice(owner, made), bought, None, actor=owner)
        for purpose in Purpose:
            file = Sent("f.pdf", "application/pdf", 9, hashlib.sha256(f"{made} {purpose}".encode()).hexdigest())
            invoices.attach(invoices.own_invoice(owner, made), purpose, file, actor=owner)

    def judged(self, claim: Claim, percent: int, officer: Person) -> None:
        """Each invoice accepted, or reduced to a share of itself."""
        seen = queries.claim(officer, claim.id)
        verdicts = {}
        for one in invoices.invoices_of(seen):
            less = Money(max(1, one.net_minor * min(percent, 100) // 100), claim.currency)
            whole = less.minor == one.net_minor
            verdicts[one.id] = (
                Judgement(Verdict.ACCEPTED, None, "Dated before.")
                if whole
                else Judgement(Verdict.REDUCED, less, "Half of it is private.")
            )
        invoices.judge(seen, verdicts, actor=officer)

    @rule(n=st.integers(0, 1), who=st.sampled_from(["authorising", "officer"]))
    def give_up(self, n: int, who: str) -> None:
        if self.count % 5 == 0:
            self.tries(act, closeout.terminate, self.award(n).agreement, "Given up.", actor=self.person(who))

    @rule(minor=st.integers(1, 50_000_000), back=st.booleans())
    def move_credit(self, minor: int, back: bool) -> None:
        here, there = End(), End(self.stage.call.id, self.stage.commission.id)
        ends = (there, here) if back else (here, there)
        money = Money(minor, "MAD")
        self.tries(credit_move.propose, self.fund, *ends, money, "Wanted elsewhere.", actor=self.person("manager"))
        wanted = select(CreditMove.id).where(CreditMove.state == CreditMoveState.PROPOSED)
        waiting = db.session.scalars(wanted.where(CreditMove.fund_id == self.stage.fund.id)).all()
        if waiting and minor % 3:
            member = self.person("committee")
            self.tries(lambda: credit_move.confirm(move(member, self.stage.fund.id, waiting[0]), actor=member))

    @rule(minor=st.integers(1, 50_000_000), year=st.sampled_from([0, 1]))
    def open_credit(self, minor: int, year: int) -> None:
        day = (now() - timedelta(days=366 * year)).date()
        credit = fund.Credit(Money(minor, "MAD"), day.year, f"D-{self.count}", day)
        self.tries(fund.open_credit, self.fund, credit, actor=self.person("manager"))

    @rule(rule_=st.sampled_from(Uncommitted), back=st.integers(1, 2))
    def close_year(self, rule_: Uncommitted, back: int) -> None:
        year, manager = now().year - back, self.person("manager")
        self.tries(fiscal_year.settle, self.fund, year, rule_, None, None, actor=manager)
        self.tries(fiscal_year.close, self.fund, year, actor=manager)
        self.tries(fiscal_year.recycle, self.fund, Stage.LAPSED, f"R-{self.count}", actor=manager)

    @property
    def fund(self):
        return funds.fund(self.person("manager"), self.stage.fund.id)

    @invariant()
    def figures_hold(self) -> None:
        id = self.stage.fund.id
        whole = ledger.balances([id])[id]
        assert sum(whole.minor.values()) == 0
        for depth in range(5):
            parts = standings_on(id, depth, FOR_EVER)
            for part in parts.values():
                assert part.currency == "MAD"
                for less, more in pairwise(CHAIN):
                    assert part.of(less) <= part.of(more), (depth, less, more)
            assert held(sum(parts.values(), Standing("MAD", {}))) == held(whole), "balances equal replay"
        by_grant = standings_on(id, 3, FOR_EVER)
        for grant, now_ in ledger.by_grant(id).items():
            replayed = [one for key, one in by_grant.items() if key[2] == grant]
            assert held(sum(replayed, Standing("MAD", {}))) == held(now_)

    def teardown(self) -> None:
        assert verify([self.stage.fund.id]).broken is None


def held(standing: Standing) -> dict[Stage, int]:
    return {stage: minor for stage, minor in standing.minor.items() if minor}


def test_whatever_people_do_the_figures_hold(app) -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=6,
            stateful_step_count=40,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
