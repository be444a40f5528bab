"""The whole picture of a call, as a page and as a workbook, and the transfers between its envelopes."""

import re
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from grants.awards import drafts, policy, queries
from grants.awards.picture import Picture, picture
from grants.calls.models import Call
from grants.core.errors import Refused
from grants.core.i18n import N_
from grants.core.types import Money, new_id
from grants.people.models import Person
from grants.reports.committee_book import committee_book
from grants.web.access import access
from grants.web.board import portal
from grants.web.envelope_charts import envelopes
from grants.web.forms import Form, MoneyField
from grants.web.language import current_reader, speak_for
from workflows import committee as workflow

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NAMES = (N_("Decided"), N_("Proposed, to decide"), N_("Left"), N_("Beyond the envelope"))


class TransferForm(Form):
    """From one envelope of the call to another."""

    source = SelectField(_l("From the envelope of"), [InputRequired()])
    target = SelectField(_l("To the envelope of"), [InputRequired()])
    amount = MoneyField(_l("Amount"), [InputRequired()])
    reason = TextAreaField(_l("Reason of the transfer"), [InputRequired(), Length(max=drafts.LONGEST)])


def transfer_form(found: Picture) -> TransferForm:
    form = TransferForm(currency=found.call.currency)
    choices = [("", _("Choose")), *((str(one.commission.id), one.commission.name) for one in found.themes)]
    form.source.choices = form.target.choices = choices
    form.amount.minimum = Money(1, found.call.currency)
    return form


@portal.get("/calls/<uuid:id>/picture")
@access(policy.see_decisions, queries.decided_call)
def whole_picture(user: Person, call: Call) -> Any:
    """Every commission beside its envelope, against the fund."""
    speak(call)
    found = picture(user, call)
    return shown(user, found, transfer_form(found))


@portal.get("/calls/<uuid:id>/picture.xlsx")
@access(policy.see_decisions, queries.decided_call)
def picture_workbook(user: Person, call: Call) -> Response:
    """The same as a workbook."""
    speak(call)
    response = Response(committee_book(picture(user, call), current_reader(), user), mimetype=XLSX)
    name = re.sub(r"[^\w-]", "-", call.code, flags=re.ASCII)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-committee.xlsx"'
    return response


@portal.post("/calls/<uuid:id>/transfers")
@access(policy.steer, queries.decided_call)
def transfer(user: Person, call: Call) -> Any:
    speak(call)
    found = picture(user, call)
    form = transfer_form(found)
    if not form.validate_on_submit() or form.amount.data is None:
        return shown(user, found, form)
    source, target, amount = UUID(form.source.data), UUID(form.target.data), form.amount.data
    workflow.transfer(call, source, target, amount, form.reason.data, _key(), actor=user)
    flash(_("Transferred. Both envelopes and the ledger show it."), "ok")
    return redirect(url_for(".whole_picture", id=call.id, _anchor="transfers"), 303)


def _key() -> UUID:
    """What the page carried, so that a second press of the same button moves nothing."""
    try:
        return UUID(request.form.get("key", ""))
    except ValueError as error:
        raise Refused(N_("The page you sent is incomplete. Open it again.")) from error


def shown(user: Person, found: Picture, form: TransferForm) -> Any:
    rows = [(one.commission.name, one.envelope, one.decided, one.proposed) for one in found.themes]
    chart = envelopes(
        rows,
        title=_("Envelopes of the call"),
        desc=_("For each commission: what is decided, what is proposed and waits, and where its envelope ends."),
        names=NAMES,
    )
    return render_template(
        "board/picture.html",
        call=found.call,
        picture=found,
        chart=chart,
        form=form,
        key=request.form.get("key") or new_id(),
        steers=policy.steer.allows(user, found.call),
        movable=found.call.state in workflow.MOVABLE and len(found.themes) > 1,
    )


def speak(call: Call) -> None:
    cluster = call.fund.cluster
    speak_for(cluster.country, cluster.timezone)
