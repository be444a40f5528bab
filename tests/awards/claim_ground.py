"""An active agreement with a budget by lines, its pre-financing paid, and invoices to claim the next one with."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from grants.applications.models import Application, BudgetLine
from grants.awards import invoices, queries
from grants.awards.invoices import Judgement, Said, Sent
from grants.awards.models import (
    Agreement,
    AgreementState,
    Award,
    Claim,
    Instalment,
    Invoice,
    Means,
    Purpose,
    Verdict,
)
from grants.awards.service import instalments
from grants.calls.budget_rules import BudgetRules
from grants.core.clock import now
from grants.core.db import db
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, post
from grants.people.models import Organisation, Person
from tests.applications.budget_ground import RULES
from tests.factories import AgreementFactory, AwardFactory
from tests.story import Stage, send, set_stage
from workflows import claim as claims
from workflows import payment

TODAY = now().date()
STARTS, ENDS = TODAY - timedelta(days=200), TODAY + timedelta(days=200)


def mad(major: int) -> Money:
    return Money.of(major, "MAD")


@dataclass
class Ground:
    """`lines`: staff 400 000, equipment 100 000, subcontracting 100 000; the award is 540 000, by 40, 40, 20 %."""

    stage: Stage
    award: Award
    agreement: Agreement
    lines: list[BudgetLine]
    n: int = 0

    @property
    def owner(self) -> Person:
        return self.stage.owner(self.n)

    @property
    def instalments(self) -> list[Instalment]:
        return list(queries.agreement(self.owner, self.agreement.id).instalments)

    def claim(self, id: Any, person: Person | None = None) -> Claim:
        return queries.claim(person or self.owner, id)


def budgeted(stage: Stage, rules: BudgetRules = RULES, n: int = 0) -> list[BudgetLine]:
    """The lines of an application's budget, under these rules of its call."""
    stage.call.budget = rules.as_json()
    application: Application = stage.applications[n]
    application.cost_minor = 60_000_000
    costs = (("STAFF", "Engineers", 400_000), ("EQUIP", "Sensors", 100_000), ("SUB", "Field tests", 100_000))
    lines = [
        BudgetLine(
            application_id=application.id,
            organisation_id=application.organisation_id,
            position=at,
            category=code,
            year=1,
            label=label,
            currency="MAD",
            net_minor=mad(net).minor,
        )
        for at, (code, label, net) in enumerate(costs, 1)
    ]
    db.session.add_all(lines)
    return lines


def ground(
    rules: BudgetRules = RULES, *, amount: int = 540_000, paid: bool = True, stage: Stage | None = None, n: int = 0
) -> Ground:
    stage = stage or set_stage()
    application: Application = stage.applications[n]
    lines = budgeted(stage, rules, n)
    award = AwardFactory(
        application=application,
        call=stage.call,
        fund=stage.fund,
        commission=stage.commission,
        organisation=db.session.get_one(Organisation, application.organisation_id),
        amount_minor=mad(amount).minor,
    )
    agreement = AgreementFactory(
        award=award,
        state=AgreementState.ACTIVE,
        starts_on=STARTS,
        ends_on=ENDS,
        proposed_by_id=stage.authorising.id,
        visa_by_id=stage.accountant.id,
    )
    for one in instalments(award, (STARTS, TODAY, ENDS)):
        one.agreement_id = agreement.id
        db.session.add(one)
    db.session.flush()
    there = (award.call_id, award.commission_id, award.id)
    for kind, source, target in (
        (Kind.RESERVE, Place.commission(*there[:2]), Place.reserved(*there)),
        (Kind.COMMIT, Place.reserved(*there), Place.committed(*there)),
    ):
        key = award.id if kind is Kind.RESERVE else agreement.id
        post(
            award.fund_id,
            kind,
            [Line(source, target, award.amount)],
            actor=stage.officer,
            key=key,
            document=award.number,
        )
    db.session.commit()
    made = Ground(stage, award, agreement, lines, n)
    if paid:
        prefinanced(made)
    return made


def prefinanced(on: Ground) -> None:
    """The first instalment, as far as the bank."""
    begun = claims.begin(on.instalments[0], actor=on.owner).id
    claims.write(on.claim(begun), on.claim(begun).claimed, "The team.", None, None, actor=on.owner)
    claims.submit_claim(on.claim(begun), actor=on.owner)
    claims.check(on.claim(begun, on.stage.officer), on.claim(begun).claimed, "", actor=on.stage.officer)
    carry(on, begun)


def carry(on: Ground, id: Any) -> None:
    """A checked claim, as far as the bank."""
    stage = on.stage
    claims.certify(on.claim(id, stage.officer), actor=stage.officer)
    claims.liquidate(on.claim(id, stage.second_officer), actor=stage.second_officer)
    payment.order(on.claim(id, stage.authorising), actor=stage.authorising)
    payment.approve_order(on.claim(id, stage.accountant), actor=stage.accountant)
    send(on.claim(id, stage.accountant), stage.accountant)
    payment.pay(on.claim(id, stage.accountant), f"VIR-{str(id)[-6:]}", date(2026, 11, 20), actor=stage.accountant)


def said(on: Ground, n: int = 1, net: int = 100_000, line: int = 0, **more: Any) -> Said:
    known: dict[str, Any] = {
        "number": f"FA-2026/{n:03}",
        "supplier": "Atelier Numérique",
        "supplier_identifier": "001561191000066",
        "dated": TODAY - timedelta(days=30),
        "net": mad(net),
        "vat": mad(net // 5),
        "paid_on": TODAY - timedelta(days=20),
        "means": Means.TRANSFER,
        "budget_line_id": on.lines[line].id,
    }
    return Said(**{**known, **more})


def enter(on: Ground, claim_id: Any, *rows: Said, files: bool = True) -> list[Any]:
    """The ids of these invoices in the claim, each with its two files."""
    made = []
    for one in rows:
        id = invoices.add(on.claim(claim_id), actor=on.owner).id
        invoices.write(mine(on, id), one, None, actor=on.owner)
        for purpose in Purpose if files else ():
            digest = hashlib.sha256(f"{id} {purpose}".encode()).hexdigest()
            invoices.attach(mine(on, id), purpose, Sent("f.pdf", "application/pdf", 9, digest), actor=on.owner)
        made.append(id)
    return made


def mine(on: Ground, id: Any) -> Invoice:
    return invoices.own_invoice(on.owner, id)


def begun(on: Ground, position: int, *rows: Said, submit: bool = True) -> Any:
    """The id of a claim of this instalment made of these invoices."""
    id = claims.begin(on.instalments[position - 1], actor=on.owner).id
    enter(on, id, *rows)
    if submit:
        claims.submit_claim(on.claim(id), actor=on.owner)
    return id


def judge(on: Ground, id: Any, *verdicts: Judgement, officer: Person | None = None) -> Any:
    """Verdicts in the order of the invoices."""
    who = officer or on.stage.officer
    claim = on.claim(id, who)
    rows = invoices.invoices_of(claim)
    return invoices.judge(claim, dict(zip([one.id for one in rows], verdicts, strict=False)), actor=who)


YES = Judgement(Verdict.ACCEPTED)


def no(reason: str = "It is not of the project.") -> Judgement:
    return Judgement(Verdict.REJECTED, None, reason)


def less(net: int, reason: str = "Half of it is private.") -> Judgement:
    return Judgement(Verdict.REDUCED, mad(net), reason)


def checked(on: Ground, id: Any) -> Claim:
    claims.check(on.claim(id, on.stage.officer), None, "", actor=on.stage.officer)
    return on.claim(id)
