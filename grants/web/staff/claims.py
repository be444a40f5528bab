"""A programme officer's part in claims: check (invoice by invoice where there are some), certify, verify."""

from collections.abc import Sequence
from typing import Any

from flask import flash, jsonify, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from grants.awards import invoices, policy, queries
from grants.awards.claim_basis import basis, by_invoices, invoices_of
from grants.awards.duplicates import duplicates
from grants.awards.models import MEANS_LABELS, VERDICT_LABELS, Claim, ClaimState, Invoice
from grants.awards.steps import steps_of
from grants.core import i18n
from grants.core.clock import now
from grants.core.errors import Problem
from grants.core.i18n import N_, Text
from grants.core.policy import signed_in
from grants.core.types import Money
from grants.people.models import Person
from grants.web import reckoning
from grants.web.access import access
from grants.web.awards import award_of, speak, stated_reason
from grants.web.downloads import attached, invoice_of_file, sent_file
from grants.web.forms import Form, MoneyField
from grants.web.history import of_claim
from grants.web.language import current_reader
from grants.web.parking import parks
from grants.web.staff import portal
from grants.web.staff.verdict_form import VerdictsForm
from workflows import claim as workflow


class CheckForm(Form):
    """What of the claim is accepted, and why not the rest."""

    accepted = MoneyField(_l("Amount accepted"), [InputRequired()])
    reason = TextAreaField(_l("Reason for the reduction"), [Length(max=2000)])

    def validate_reason(self, field: Any) -> None:
        reduced = self.accepted.data is not None and self.accepted.data != self.accepted.maximum
        if reduced and not (field.data or "").strip():
            raise ValidationError(N_("Say why the amount is reduced: the beneficiary will read it."))


def check_form(claim: Claim) -> CheckForm:
    form = CheckForm(data={"accepted": claim.claimed}, currency=claim.currency)
    form.accepted.minimum, form.accepted.maximum = Money(1, claim.currency), claim.claimed
    return form


@portal.get("/claims")
@access(signed_in)
def claims(user: Person) -> Any:
    return render_template("staff/claims.html", claims=queries.claims(user))


@portal.get("/claims/<uuid:id>")
@access(policy.view_claim, queries.claim)
def claim(user: Person, claim: Claim) -> Any:
    return _page(user, claim)


@portal.get("/claims/<uuid:id>/evidence")
@access(policy.view_claim, queries.claim)
def evidence(user: Person, claim: Claim) -> Any:
    return attached(claim)


@portal.get("/invoices/<uuid:id>/files/<purpose>")
@access(policy.view_invoice, invoice_of_file)
def invoice_file(user: Person, invoice: Invoice) -> Any:
    return sent_file(invoice)


@portal.post("/claims/<uuid:id>/verdicts")
@parks("staff.claim")
@access(policy.check, queries.claim)
def judge(user: Person, claim: Claim) -> Any:
    """Keep every verdict that is whole; the rest stays on the page with the reason."""
    return _judged(user, claim, ending=False)


def _judged(user: Person, claim: Claim, *, ending: bool) -> Any:
    form = VerdictsForm(invoices_of(claim))
    form.validate()
    form.refuse(invoices.judge(claim, form.judgements(), actor=user).refused)
    if form.problems():
        return _page(user, queries.claim(user, claim.id), verdicts=form)
    if not ending:
        flash(_("Saved. You may go on later."), "ok")
        return _back(claim)
    try:
        workflow.check(queries.claim(user, claim.id), None, "", actor=user)
    except Problem as problem:
        form.form_errors = [problem.detail]
        return _page(user, queries.claim(user, claim.id), verdicts=form)
    flash(_("The claim is checked. The beneficiary is told what is accepted, and why not more."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/verdicts/autosave")
@parks("staff.claim")
@access(policy.check, queries.claim)
def autosave_verdicts(user: Person, claim: Claim) -> Any:
    form = VerdictsForm(invoices_of(claim))
    form.refuse(invoices.judge(claim, form.judgements(), actor=user).refused)
    claim = queries.claim(user, claim.id)
    speak(award_of(claim))
    rows, known = invoices_of(claim), basis(claim)
    payable = known.payable(rows, claimed=claim.claimed_minor).money(claim.currency)
    return jsonify(
        saved_at=now().isoformat(),
        unread=[one.focus for one in form.problems()],
        done=sum(one.verdict is not None for one in rows),
        texts={"payable": _said(payable), "progress": _said(_progress(rows))},
        lists={"overruns": [_said(one) for one in reckoning.overruns(known, rows, claim)]},
    )


def _said(value: Any) -> str:
    return i18n.plain(value, current_reader())


def _progress(rows: Sequence[Invoice]) -> Text:
    return N_("%(done)s of %(all)s checked", done=sum(one.verdict is not None for one in rows), all=len(rows))


@portal.post("/claims/<uuid:id>/check")
@access(policy.check, queries.claim)
def check(user: Person, claim: Claim) -> Any:
    """Pre-financing: an amount. What is made of invoices is checked where they are judged."""
    if by_invoices(claim):
        return _judged(user, claim, ending=True)
    form = check_form(claim)
    if not form.validate_on_submit():
        return _page(user, claim, form)
    accepted: Any = form.accepted.data
    workflow.check(claim, accepted, form.reason.data or "", actor=user)
    flash(_("The claim is checked."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/refuse")
@access(policy.check, queries.claim)
def refuse(user: Person, claim: Claim) -> Any:
    workflow.refuse(claim, stated_reason(), actor=user)
    flash(_("The claim is rejected. The beneficiary may claim the instalment again."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/certify")
@access(policy.certify, queries.claim)
def certify(user: Person, claim: Claim) -> Any:
    workflow.certify(claim, actor=user)
    flash(_("The delivery is certified."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/liquidate")
@access(policy.liquidate, queries.claim)
def liquidate(user: Person, claim: Claim) -> Any:
    workflow.liquidate(claim, actor=user)
    flash(_("The amount is verified. An authorising officer may order the payment."), "ok")
    return _back(claim)


@portal.post("/claims/<uuid:id>/settle")
@access(policy.liquidate, queries.claim)
def settle(user: Person, claim: Claim) -> Any:
    workflow.settle(claim, actor=user)
    flash(_("The claim is settled without a payment. The next instalment may be claimed."), "ok")
    return _back(claim)


def _back(claim: Claim) -> Any:
    return redirect(url_for(".claim", id=claim.id), 303)


def _page(user: Person, claim: Claim, form: CheckForm | None = None, verdicts: VerdictsForm | None = None) -> str:
    award = award_of(claim)
    speak(award)
    checking = claim.state == ClaimState.SUBMITTED and policy.check.allows(user, claim)
    moves = portal.serves(workflow.lifecycle.open_to(user, claim))
    useless = "liquidate" if claim.accepted_minor == 0 else "settle"
    values: dict[str, Any] = {
        "claim": claim,
        "award": award,
        "steps": of_claim(steps_of(claim)),
        "moves": [one for one in moves if one.name not in {"check", useless}],
    }
    if not by_invoices(claim):
        return render_template("staff/claim.html", form=(form or check_form(claim)) if checking else None, **values)
    rows, known = invoices_of(claim), basis(claim)
    payable = known.payable(rows, claimed=claim.claimed_minor)
    return render_template(
        "staff/claim_invoices.html",
        invoices=rows,
        known=known,
        verdicts=(verdicts or VerdictsForm(rows)) if checking else None,
        twins=duplicates(claim),
        doubts={one.id: invoices.doubts(one, claim.instalment.agreement, known.lines) for one in rows},
        reckoning=reckoning.kept(claim) or reckoning.foreseen(payable, claim.currency),
        payable=payable.money(claim.currency),
        unearned=Money(payable.unearned, claim.currency),
        overruns=reckoning.overruns(known, rows, claim),
        done=sum(one.verdict is not None for one in rows),
        progress=_progress(rows),
        labels=VERDICT_LABELS,
        means=MEANS_LABELS,
        **values,
    )
