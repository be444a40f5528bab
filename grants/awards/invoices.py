"""The invoices of a claim: entered by the beneficiary while it is a draft, looked at one by one by an officer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from grants.applications.models import BudgetLine
from grants.awards import policy
from grants.awards.claim_basis import Basis, basis, by_invoices, invoices_of
from grants.awards.duplicates import duplicates, key
from grants.awards.models import (
    VERDICT_LABELS,
    Agreement,
    Claim,
    ClaimState,
    InstalmentKind,
    Invoice,
    InvoiceFile,
    Means,
    Purpose,
    Verdict,
)
from grants.awards.queries import claim as visible_claim
from grants.core.audit import record
from grants.core.db import db, expect, lock, transaction
from grants.core.errors import Refused
from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.people.models import Person

MOST_INVOICES = 500
LONGEST = {"number": 60, "supplier": 200, "supplier_identifier": 60}


@dataclass(frozen=True)
class Said:
    """What an invoice says, complete or not."""

    number: str = ""
    supplier: str = ""
    supplier_identifier: str = ""
    dated: date | None = None
    net: Money | None = None
    vat: Money | None = None
    paid_on: date | None = None
    means: Means | None = None
    budget_line_id: UUID | None = None
    organisation_id: UUID | None = None

    @classmethod
    def of(cls, invoice: Invoice) -> "Said":
        return cls(**{one.name: getattr(invoice, one.name) for one in fields(cls)})


@dataclass(frozen=True)
class Sent:
    """A file in the store."""

    filename: str
    media_type: str
    size: int
    sha256: str


class Flaw(NamedTuple):
    """What keeps a claim from being submitted; `invoice` None is about all of it."""

    invoice: Invoice | None
    field: str
    message: Text


def own_invoice(user: Person, id: UUID) -> Invoice:
    """One invoice of a visible claim, with its files; raises NoResultFound."""
    found = db.session.scalars(select(Invoice.claim_id).where(Invoice.id == id)).one()
    claim = visible_claim(user, found)
    invoice = next(one for one in invoices_of(claim) if one.id == id)
    set_committed_value(invoice, "claim", claim)
    return invoice


# --- the beneficiary ------------------------------------------------------------------------------------------


def add(claim: Claim, *, actor: Person) -> Invoice:
    """One more, empty."""
    with transaction():
        _writable(claim, actor)
        last = select(func.coalesce(func.max(Invoice.position), 0)).where(Invoice.claim_id == claim.id)
        position = db.session.scalars(last).one() + 1
        if position > MOST_INVOICES:
            raise Refused(N_("A claim has at most %(n)s invoices.", n=MOST_INVOICES))
        made = Invoice(
            claim_id=claim.id,
            position=position,
            currency=claim.currency,
            organisation_id=claim.instalment.agreement.award.organisation_id,
        )
        db.session.add(made)
        db.session.flush()
        set_committed_value(made, "claim", claim)
        set_committed_value(made, "files", [])
        record("claim.invoice_added", claim, actor, after={"invoice": str(made.id)})
        return made


def write(invoice: Invoice, said: Said, version: int | None, *, actor: Person) -> int:
    """Keep what it says; answers with its new version."""
    with transaction():
        _writable(invoice.claim, actor)
        lock(invoice)
        expect(invoice, version)
        known = basis(invoice.claim)
        keep(invoice, said, known)
        db.session.flush()
        follow(invoice.claim, known)
        record("claim.invoice_written", invoice.claim, actor, after={"invoice": str(invoice.id)})
    return invoice.version


def keep(invoice: Invoice, said: Said, known: Basis) -> None:
    """Write its columns; a line or a partner of another project is left out."""
    for one in fields(Said):
        setattr(invoice, one.name, getattr(said, one.name))
    if said.budget_line_id not in known.lines:
        invoice.budget_line_id = None
    if said.organisation_id not in known.members:
        invoice.organisation_id = next(iter(known.members))
    invoice.number_key, invoice.supplier_key = key(said.number), key(said.supplier)
    invoice.identifier_key = key(said.supplier_identifier)


def attach(invoice: Invoice, purpose: Purpose, file: Sent, *, actor: Person) -> None:
    """The invoice itself or the proof of its payment, in the place of the one before."""
    with transaction():
        _writable(invoice.claim, actor)
        if (old := invoice.file(purpose)) is not None:
            invoice.files.remove(old)
            db.session.flush()
        made = InvoiceFile(purpose=purpose, sent_by_id=actor.id, **vars(file))
        invoice.files.append(made)
        record("claim.invoice_file", invoice.claim, actor, after={"purpose": purpose, "sha256": file.sha256})


def remove(invoice: Invoice, *, actor: Person) -> None:
    with transaction():
        claim = invoice.claim
        _writable(claim, actor)
        db.session.delete(invoice)
        db.session.flush()
        follow(claim, basis(claim))
        record("claim.invoice_removed", claim, actor, before={"number": invoice.number})


def replace(claim: Claim, rows: Sequence[Said], *, actor: Person) -> None:
    """All of them by these: one of the same supplier and number keeps its files."""
    with transaction():
        _writable(claim, actor)
        known, before = basis(claim), list(invoices_of(claim))
        for position, said in enumerate(rows, 1):
            same = (key(said.supplier), key(said.number))
            found = next((one for one in before if (one.supplier_key, one.number_key) == same), None)
            if found is None:
                found = Invoice(claim_id=claim.id, currency=claim.currency, organisation_id=next(iter(known.members)))
                db.session.add(found)
            else:
                before.remove(found)
            found.position = position
            keep(found, said, known)
        for gone in before:
            db.session.delete(gone)
        db.session.flush()
        follow(claim, known)
        record("claim.invoices_replaced", claim, actor, after={"invoices": len(rows)})


def take_over(claim: Claim, *, actor: Person) -> None:
    """Into a claim just begun, the invoices of the one that was rejected last: mended, they are claimed again."""
    last = select(Claim).where(Claim.instalment_id == claim.instalment_id, Claim.state == ClaimState.REJECTED)
    rejected = db.session.scalars(last.order_by(Claim.submitted_at.desc()).limit(1)).first()
    names = [one.name for one in fields(Said) if one.name not in {"net", "vat"}]
    names += ["position", "currency", "net_minor", "vat_minor", "number_key", "supplier_key", "identifier_key"]
    for one in invoices_of(rejected) if rejected else ():
        files = [
            InvoiceFile(sent_by_id=file.sent_by_id, **{name: getattr(file, name) for name in COPIED})
            for file in one.files
        ]
        db.session.add(Invoice(claim_id=claim.id, files=files, **{name: getattr(one, name) for name in names}))
    db.session.flush()
    follow(claim, basis(claim))
    if rejected is not None:
        record("claim.invoices_taken_over", claim, actor, after={"from": str(rejected.id)})


COPIED = ("purpose", "filename", "media_type", "size", "sha256")


def follow(claim: Claim, known: Basis) -> None:
    """What is claimed is what its invoices would pay if all were accepted."""
    claim.claimed_minor = known.payable(invoices_of(claim), whole=True).minor


def _writable(claim: Claim, actor: Person) -> None:
    lock(claim, "state")
    policy.claim_money.require(actor, claim)
    if claim.state != ClaimState.DRAFT:
        raise Refused(N_("This claim has been submitted and can no longer be changed."))
    if not by_invoices(claim):
        raise Refused(N_("Pre-financing is claimed without invoices."))


# --- what is missing, what is to be looked at -----------------------------------------------------------------

REQUIRED: dict[str, Text] = {
    "number": N_("Give the number of the invoice."),
    "supplier": N_("Say who the supplier is."),
    "dated": N_("Give the date of the invoice."),
    "net": N_("Give its amount without VAT."),
    "paid_on": N_("Say when it was paid."),
    "means": N_("Say how it was paid."),
}
FILES: dict[Purpose, Text] = {
    Purpose.INVOICE: N_("Attach the invoice."),
    Purpose.PAYMENT: N_("Attach the proof of payment."),
}


def missing(invoice: Invoice, known: Basis) -> list[tuple[str, Text]]:
    """What an invoice still lacks, by field."""
    found = [(name, why) for name, why in REQUIRED.items() if not getattr(invoice, name)]
    if known.lines and invoice.budget_line_id not in known.lines:
        found.append(("budget_line_id", N_("Choose the budget line that it is charged to.")))
    return found + [(str(purpose), why) for purpose, why in FILES.items() if invoice.file(purpose) is None]


def flaws(claim: Claim, invoices: Sequence[Invoice], known: Basis) -> list[Flaw]:
    """Everything that keeps the claim from being submitted."""
    found = [Flaw(one, name, why) for one in invoices for name, why in missing(one, known)]
    if not invoices and claim.instalment.kind != InstalmentKind.BALANCE:
        found.append(Flaw(None, "", N_("Enter the invoices that this claim is made of.")))
    return found


def doubts(invoice: Invoice, agreement: Agreement, lines: Mapping[UUID, BudgetLine]) -> list[Text]:
    """What the rules of the agreement say against an invoice: it can be accepted with a reason only."""
    starts, ends, found = agreement.starts_on, agreement.ends_on, []
    if invoice.dated and starts and invoice.dated < starts:
        found.append(N_("Dated %(day)s, before the agreement starts on %(start)s.", day=invoice.dated, start=starts))
    if invoice.dated and ends and ends < invoice.dated:
        found.append(N_("Dated %(day)s, after the agreement ended on %(end)s.", day=invoice.dated, end=ends))
    if invoice.paid_on and starts and invoice.paid_on < starts:
        found.append(
            N_("Paid on %(day)s, before the agreement starts on %(start)s.", day=invoice.paid_on, start=starts)
        )
    if lines and invoice.budget_line_id not in lines:
        found.append(N_("It is charged to no line of the budget."))
    return found


# --- the programme officer ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judgement:
    """`accepted` without VAT, asked only of a reduced invoice. `seen` is the version of the invoice that was judged."""

    verdict: Verdict
    accepted: Money | None = None
    reason: str = ""
    seen: int | None = None


@dataclass
class Judged:
    """What was kept, and by invoice and field why the rest was not."""

    kept: int = 0
    refused: dict[UUID, dict[str, Text]] = field(default_factory=dict)


def judge(claim: Claim, given: Mapping[UUID, Judgement | None], *, actor: Person) -> Judged:
    """Keep what the officer says of these invoices, each by itself; None takes back a verdict of one's own.

    A reduction, a rejection, and the acceptance of a duplicate or of what the agreement speaks against want a reason.
    What a colleague has said since the page was opened is not replaced: both verdicts are shown first.
    """
    with transaction():
        lock(claim, "state")
        policy.check.require(actor, claim)
        if claim.state != ClaimState.SUBMITTED:
            raise Refused(N_("This claim has been checked: what was said of its invoices can no longer be changed."))
        invoices, twins, lines, done = invoices_of(claim), duplicates(claim), basis(claim).lines, Judged()
        agreement = claim.instalment.agreement
        for one in invoices:
            if one.id not in given:
                continue
            said = given[one.id]
            if said is None and one.checked_by_id not in {None, actor.id}:
                continue  # somebody judged it since this page was opened
            wrong = said and _overtaken(one, said, actor)
            wrong = wrong or (said and against(one, said, bool(twins.get(one.id) or doubts(one, agreement, lines))))
            if wrong:
                done.refused[one.id] = wrong
                continue
            if _pronounce(one, said, actor):
                record("claim.invoice_checked", claim, actor, after=_as_said(one))
            done.kept += 1
        return done


def _pronounce(one: Invoice, said: Judgement | None, actor: Person) -> bool:
    """Whether anything changed."""
    new = _verdict(one, said)
    if (one.verdict, one.accepted_minor, one.reason) == new:
        return False
    one.verdict, one.accepted_minor, one.reason = new
    one.checked_by_id = actor.id if said else None
    return True


def _verdict(one: Invoice, said: Judgement | None) -> tuple[Verdict | None, int | None, str]:
    """Verdict, what is accepted in minor units, reason."""
    if said is None:
        return None, None, ""
    reduced = said.accepted.minor if said.accepted else 0
    accepted = {Verdict.ACCEPTED: one.net_minor or 0, Verdict.REDUCED: reduced, Verdict.REJECTED: 0}[said.verdict]
    return said.verdict, accepted, said.reason


def _overtaken(one: Invoice, said: Judgement, actor: Person) -> dict[str, Text]:
    """By what a colleague said of it since it was read; nothing when both say the same."""
    if said.seen in (None, one.version) or one.checked_by_id in (None, actor.id):
        return {}
    if one.verdict is None or (one.verdict, one.accepted_minor, one.reason) == _verdict(one, said):
        return {}
    return {
        "reason": N_(
            "%(name)s has judged it since: “%(verdict)s”, %(amount)s. %(reason)s Save again to say otherwise.",
            name=db.session.get_one(Person, one.checked_by_id).name,
            verdict=VERDICT_LABELS[one.verdict],
            amount=one.accepted,
            reason=one.reason,
        )
    }


def _as_said(one: Invoice) -> dict[str, object]:
    return {"invoice": one.position, "verdict": one.verdict, "accepted": one.accepted_minor, "reason": one.reason}


def against(invoice: Invoice, said: Judgement, doubtful: bool) -> dict[str, Text]:
    """What keeps a verdict from being taken, by field."""
    accepted = said.accepted.minor if said.accepted else 0
    if said.verdict == Verdict.REDUCED and not 0 < accepted < (invoice.net_minor or 0):
        return {"accepted": N_("Write what is accepted: more than zero, less than %(net)s.", net=invoice.net)}
    if not said.reason and said.verdict != Verdict.ACCEPTED:
        return {"reason": N_("Say why: the beneficiary will read it.")}
    if not said.reason and doubtful:
        return {"reason": N_("Say why it is accepted all the same: see what speaks against it.")}
    return {}
