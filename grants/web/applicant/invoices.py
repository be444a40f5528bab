"""One invoice of a claim: what it says, its file and the proof of its payment; saved as one writes."""

from typing import Any
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from grants.awards import invoices, policy, queries
from grants.awards.claim_basis import Basis, basis
from grants.awards.duplicates import duplicates
from grants.awards.invoices import LONGEST, Said, own_invoice
from grants.awards.models import MEANS_LABELS, Claim, ClaimState, Invoice, Means, Purpose
from grants.calls.models import FileKind
from grants.core.clock import now
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money
from grants.people.models import Person
from grants.web.access import access
from grants.web.answers import AskedAtSubmission
from grants.web.applicant import portal
from grants.web.awards import award_of, speak, today
from grants.web.downloads import invoice_of_file, listed, sent_file
from grants.web.forms import DayField, Form, MoneyField, UploadField, Versioned
from grants.web.parking import parks
from grants.web.uploads import keep_file

FILES = {"invoice_file": Purpose.INVOICE, "payment_file": Purpose.PAYMENT}
KINDS = ("pdf", "png", "jpg", "jpeg")


class InvoiceForm(Form, Versioned):
    """Everything may wait but for the submission of the claim."""

    number = StringField(_l("Number of the invoice"), [AskedAtSubmission(), Length(max=LONGEST["number"])])
    supplier = StringField(_l("Supplier"), [AskedAtSubmission(), Length(max=LONGEST["supplier"])])
    supplier_identifier = StringField(
        _l("Identifier of the supplier"),
        [Length(max=LONGEST["supplier_identifier"])],
        description=_l("ICE, NIF or NCC, as the invoice gives it."),
    )
    dated = DayField(_l("Date of the invoice"), [AskedAtSubmission()])
    net = MoneyField(
        _l("Amount excl. VAT"), [AskedAtSubmission()], description=_l("The part of it that this budget line pays.")
    )
    vat = MoneyField(_l("VAT"))
    budget_line_id = SelectField(_l("Budget line"), [AskedAtSubmission()], coerce=str)
    organisation_id = SelectField(_l("Spent by"), [AskedAtSubmission()], coerce=str)
    paid_on = DayField(_l("Paid on"), [AskedAtSubmission()])
    means = SelectField(_l("Paid by"), [AskedAtSubmission()], coerce=str)
    invoice_file = UploadField(_l("The invoice"), [AskedAtSubmission()], kinds=KINDS)
    payment_file = UploadField(
        _l("The proof of payment"),
        [AskedAtSubmission()],
        kinds=KINDS,
        description=_l("A bank statement, a transfer order with its stamp."),
    )

    def said(self, before: Said) -> Said:
        """What is readable of it; of a field that is not, what is saved stays."""
        typed: dict[str, Any] = {
            "number": self.number.data or "",
            "supplier": self.supplier.data or "",
            "supplier_identifier": self.supplier_identifier.data or "",
            "dated": self.dated.data,
            "net": self.net.data,
            "vat": self.vat.data,
            "paid_on": self.paid_on.data,
            "means": Means(self.means.data) if self.means.data and not self.means.errors else None,
            "budget_line_id": _id(self.budget_line_id),
            "organisation_id": _id(self.organisation_id),
        }
        return Said(**{name: getattr(before, name) if self._wrong(name) else one for name, one in typed.items()})

    def _wrong(self, name: str) -> bool:
        return name in self and bool(self[name].errors)


def _id(field: Any) -> UUID | None:
    return UUID(field.data) if field is not None and field.data and not field.errors else None


def invoice_form(invoice: Invoice, known: Basis) -> InvoiceForm:
    said = Said.of(invoice)
    data = {name: value for name, value in vars(said).items() if value is not None}
    for name in ("budget_line_id", "organisation_id", "means"):
        data[name] = str(data.get(name) or "")
    form = InvoiceForm(data={**data, "version": invoice.version}, currency=invoice.currency)
    form.net.minimum, form.vat.minimum = Money(1, invoice.currency), Money(0, invoice.currency)
    form.dated.maximum = form.paid_on.maximum = today(award_of(invoice.claim))
    empty = SelectChoice("", _l("Choose"))
    form.means.choices = [empty, *(SelectChoice(str(one), label) for one, label in MEANS_LABELS.items())]
    form.budget_line_id.choices = [empty, *_lines(known)]
    form.organisation_id.choices = [SelectChoice(str(id), name) for id, name in known.members.items()]
    if not known.lines:
        del form.budget_line_id
    if len(known.members) < 2:
        form.organisation_id.validators = []
    return form


def _lines(known: Basis) -> list[SelectChoice]:
    found = []
    for id, one in known.lines.items():
        category = known.rules.category(one.category)
        label = N_("%(category)s — %(label)s", category=category.name if category else one.category, label=one.label)
        found.append(SelectChoice(str(id), label))
    return found


@portal.post("/claims/<uuid:id>/invoices")
@access(policy.claim_money, queries.claim)
def add_invoice(user: Person, claim: Claim) -> Any:
    made = invoices.add(claim, actor=user)
    return redirect(url_for(".invoice", id=made.id), 303)


@portal.route("/invoices/<uuid:id>", methods=["GET", "POST"])
@parks()
@access(policy.write_invoice, own_invoice)
def invoice(user: Person, invoice: Invoice) -> Any:
    """Save what is readable, then say what is not."""
    if invoice.claim.state != ClaimState.DRAFT:
        return redirect(url_for(".claim", id=invoice.claim.id), 303)
    speak(award_of(invoice.claim))
    known = basis(invoice.claim)
    form, id, claim_id, position = invoice_form(invoice, known), invoice.id, invoice.claim.id, invoice.position
    if not form.validate_on_submit():
        return _page(invoice, form, known)
    form.require_fresh(invoice)
    invoices.write(invoice, form.said(Said.of(invoice)), form.version.data, actor=user)
    if not _attached(id, form, user):
        invoice = own_invoice(user, id)
        form.version.data, form.version.raw_data = invoice.version, []
        return _page(invoice, form, basis(invoice.claim))
    if request.form.get("go") == "next":
        made = invoices.add(queries.claim(user, claim_id), actor=user)
        flash(_("The invoice is saved. Here is the next one."), "ok")
        return redirect(url_for(".invoice", id=made.id), 303)
    flash(_("The invoice is saved."), "ok")
    return redirect(url_for(".claim", id=claim_id) + f"#invoice-{position}", 303)


def _attached(id: UUID, form: InvoiceForm, user: Person) -> bool:
    """Keep the files that were sent; False when one was refused, which is said beside it."""
    sound = True
    for name, purpose in FILES.items():
        if form[name].data is None:
            continue
        try:
            sent = keep_file(form[name], [FileKind.PDF, FileKind.PNG, FileKind.JPEG])
        except Refused as refusal:
            form.blame(name, refusal.detail)
            sound = False
        else:
            invoices.attach(own_invoice(user, id), purpose, invoices.Sent(*sent), actor=user)
    return sound


@portal.post("/invoices/<uuid:id>/autosave")
@parks("applicant.invoice")
@access(policy.write_invoice, own_invoice)
def autosave_invoice(user: Person, invoice: Invoice) -> Any:
    form, id = invoice_form(invoice, basis(invoice.claim)), invoice.id
    form.validate()
    version = invoices.write(invoice, form.said(Said.of(invoice)), form.version.data, actor=user)
    unread = [one.name for one in form if one.errors]
    twins = duplicates(own_invoice(user, id).claim, own=True).get(id, [])
    return jsonify(
        saved_at=now().isoformat(),
        version=version,
        unread=unread,
        texts={},
        lists={"twins": [_twin(one) for one in twins]},
    )


def _twin(one: Any) -> Any:
    return _("Invoice %(n)s of claim %(reference)s", n=one.position, reference=one.reference)


@portal.post("/invoices/<uuid:id>/remove")
@access(policy.write_invoice, own_invoice)
def remove_invoice(user: Person, invoice: Invoice) -> Any:
    claim_id = invoice.claim.id
    invoices.remove(invoice, actor=user)
    flash(_("The invoice is removed."), "ok")
    return redirect(url_for(".claim", id=claim_id), 303)


@portal.get("/invoices/<uuid:id>/files/<purpose>")
@access(policy.view_invoice, invoice_of_file)
def invoice_file(user: Person, invoice: Invoice) -> Any:
    return sent_file(invoice)


def _page(invoice: Invoice, form: InvoiceForm, known: Basis) -> str:
    claim = invoice.claim
    files = {
        name: listed(
            one,
            url_for(".invoice_file", id=invoice.id, purpose=str(purpose)),
            title=purpose.label,
        )
        for name, purpose in FILES.items()
        if (one := invoice.file(purpose)) is not None
    }
    if not form.is_submitted() and "check" in request.args:
        for name, why in invoices.missing(invoice, known):
            form.blame(next((f for f, purpose in FILES.items() if purpose == name), name), why)
    return render_template(
        "applicant/invoice.html",
        invoice=invoice,
        claim=claim,
        award=award_of(claim),
        form=form,
        files=files,
        several=len(known.members) > 1,
        twins=[_twin(one) for one in duplicates(claim, own=True).get(invoice.id, [])],
    )
