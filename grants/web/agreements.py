"""What the portals share about agreements: their text and PDF, who signs, amendments and their form."""

from dataclasses import replace
from typing import Any

from flask import Response, request
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from grants.awards import agreement_policy, agreement_text, queries, signing
from grants.awards.agreement_document import amendment_document, document
from grants.awards.models import CAPACITY_LABELS, Agreement, Amendment
from grants.awards.terms import BudgetItem, Planned, Terms, changes, settled
from grants.core import pdf
from grants.core.errors import Refused
from grants.core.i18n import LANGUAGES, N_, NATIVE_NAMES, Reader
from grants.core.types import Money
from grants.people.models import Person
from grants.web.awards import speak
from grants.web.forms import DayField, Form, MoneyField, Versioned
from grants.web.language import current_reader


def parts(agreement: Agreement) -> dict[str, Any]:
    """What every page of an agreement shows of its text, its signatures and its amendments."""
    return {
        "text": agreement_text.text_of(agreement),
        "places": signing.signatories(agreement),
        "amendments": queries.amendments(agreement),
        "native_names": NATIVE_NAMES,
        "capacity_labels": CAPACITY_LABELS,
    }


def compared(amendment: Amendment) -> dict[str, Any]:
    """What every page of an amendment shows."""
    before, after = Terms.of(amendment.before), Terms.of(amendment.after)
    return {
        "amendment": amendment,
        "award": amendment.agreement.award,
        "changes": changes(before, after),
        "more": after.amount - before.amount if before.amount < after.amount else None,
        "fewer": before.amount - after.amount if after.amount < before.amount else None,
        "names": queries.names(
            [
                amendment.requested_by_id,
                amendment.assessed_by_id,
                amendment.decided_by_id,
                amendment.signed_by_id,
                amendment.effective_by_id,
            ]
        ),
    }


def as_pdf(user: Person, agreement: Agreement) -> Response:
    """For whoever has been allowed to read it; the account's number whole for those who sign."""
    if agreement.imported:
        raise Refused(N_("This agreement was signed elsewhere: its text is not kept here."))
    speak(agreement.award)
    whole = agreement_policy.signs(user, agreement)
    made = pdf.typeset("agreement", document(agreement, asked_reader(), whole_account=whole))
    return _file(made, agreement.award.number)


def amendment_as_pdf(amendment: Amendment) -> Response:
    """For whoever has been allowed to read it."""
    award = amendment.agreement.award
    speak(award)
    made = pdf.typeset("amendment", amendment_document(amendment, asked_reader()))
    return _file(made, f"{award.number}-A{amendment.number}")


def asked_reader() -> Reader:
    """The page's reader, in the language that the address names, if it names one of ours."""
    reader = current_reader()
    asked = request.args.get("language", "")
    return replace(reader, language=asked) if asked in LANGUAGES else reader


def _file(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in name)
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}.pdf"'
    return response


# --- the form of an amendment ---------------------------------------------------------------------------------


class TermsForm(Form, Versioned):
    """The terms as they would be; `terms_form` adds what each agreement has of instalments and categories."""

    ends_on = DayField(_l("Last day of the project"), [InputRequired()])
    amount = MoneyField(_l("Amount awarded"), [InputRequired()])
    reason = TextAreaField(_l("Why"), [InputRequired(), Length(max=3000)])

    def planned(self) -> list[tuple[Planned, Any, Any]]:
        """The instalments that may still change: what is kept, its field of the amount and of the date."""
        return [
            (one, self[f"amount-{one.position}"], self[f"due-{one.position}"])
            for one in self.kept.instalments
            if f"amount-{one.position}" in self
        ]

    def costs(self) -> list[Any]:
        return [self[f"cost-{one.category}"] for one in self.kept.budget]

    kept: Terms

    def terms(self) -> Terms:
        """What was typed, when every field is sound; what may not change is taken as it is."""
        typed: dict[str, Any] = self.data
        instalments = tuple(
            Planned(
                one.position,
                typed.get(f"amount-{one.position}", one.amount),
                typed.get(f"due-{one.position}", one.due_on),
            )
            for one in self.kept.instalments
        )
        budget = tuple(BudgetItem(one.category, one.name, typed[f"cost-{one.category}"]) for one in self.kept.budget)
        return Terms(typed["ends_on"], typed["amount"], instalments, budget)


def terms_form(agreement: Agreement, shown: Terms, **given: Any) -> TermsForm:
    """Filled with these terms; instalments that have been claimed are left out. `given`: version, reason."""

    class Bound(TermsForm):
        pass

    currency, fixed = agreement.award.currency, settled(agreement)
    values: dict[str, Any] = {"ends_on": shown.ends_on, "amount": shown.amount, **given}
    least = Money(1, currency)
    for one in shown.instalments:
        if one.position in fixed:
            continue
        values |= {f"amount-{one.position}": one.amount, f"due-{one.position}": one.due_on}
        amount = MoneyField(N_("Instalment %(n)s: amount", n=one.position), [InputRequired()], minimum=least)
        setattr(Bound, f"amount-{one.position}", amount)
        setattr(
            Bound,
            f"due-{one.position}",
            DayField(N_("Instalment %(n)s: planned on", n=one.position), [InputRequired()]),
        )
    for item in shown.budget:
        values[f"cost-{item.category}"] = item.amount
        setattr(Bound, f"cost-{item.category}", MoneyField(item.name, [InputRequired()], minimum=Money(0, currency)))
    form = Bound(data=values, currency=currency)
    form.kept = shown
    form.amount.minimum = least
    return form


def blame(form: TermsForm, found: list[tuple[str, Any]]) -> None:
    """Say beside each field what keeps the terms from being agreed."""
    for name, why in found:
        form.blame(name if name in form else "amount", why)
