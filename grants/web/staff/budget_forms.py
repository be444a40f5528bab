"""The officer's form of what a call asks of a budget: as many categories as wanted, rates by kind, VAT."""

import re
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from grants.calls.budget_rules import MOST_CATEGORIES, BudgetRules, Category
from grants.calls.models import Call
from grants.core.i18n import N_
from grants.core.types import Money
from grants.people.models import ORGANISATION_LABELS, OrganisationKind
from grants.web.forms import Form, MoneyField, PercentField, Versioned, WordsField
from grants.web.staff.call_forms import rearranged

LINE = re.compile(r"(code|name|cap)-(\d+)(-\w\w)?")


class BudgetRulesForm(Form, Versioned):
    """`budget_rules_form` adds the categories and the conditions of each kind of organisation."""

    vat = RadioField(
        _l("Is VAT an eligible cost?"),
        [InputRequired()],
        choices=[
            SelectChoice("no", _l("No: amounts count without it")),
            SelectChoice("yes", _l("Yes: amounts count with it")),
        ],
    )
    overrun = PercentField(
        _l("A line may be exceeded by"),
        description=_l("What is spent on a line beyond this is not paid without an amendment. Empty: by nothing."),
    )
    lines = 0

    def categories(self) -> list[tuple[Any, Any, Any]]:
        """Code, name and cap of each line."""
        return [tuple(self._fields[f"{part}-{n}"] for part in ("code", "name", "cap")) for n in range(self.lines)]

    def kinds(self) -> list[tuple[Any, Any]]:
        """Rate and ceiling of each kind of organisation."""
        return [(self._fields[f"rate-{kind}"], self._fields[f"ceiling-{kind}"]) for kind in OrganisationKind]

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        for code, name, cap in self.categories():
            if (name.data or cap.data) and not code.data:
                code.errors = [*code.errors, N_("Give the category a short code.")]
                sound = False
        if sound and (problems := self.rules().problems()):
            first = self.categories()[0][0]
            first.errors = [*first.errors, *problems]
            return False
        return sound

    def rules(self) -> BudgetRules:
        """What was typed; lines without a code are left out."""
        return BudgetRules(
            tuple(
                Category(code.data.upper(), name.data, cap.data) for code, name, cap in self.categories() if code.data
            ),
            {kind: rate for kind in OrganisationKind if (rate := self._fields[f"rate-{kind}"].data)},
            {kind: most.minor for kind in OrganisationKind if (most := self._fields[f"ceiling-{kind}"].data)},
            self.vat.data == "yes",
            self.overrun.data or 0,
        )


def budget_rules_form(call: Call) -> BudgetRulesForm:
    """Filled with what the call asks, or with the lines that were sent."""
    rules = call.budget_rules
    lines = max(1, len(rules.categories))
    sent: dict[str, Any] = {}
    if request.method == "POST":
        lines = min(MOST_CATEGORIES, max(1, request.form.get("lines", lines, type=int)))
        if go := request.form.get("go"):
            sent["formdata"], lines = rearranged(request.form, lines, go, LINE)
            lines = min(MOST_CATEGORIES, lines)
        sent["formdata"] = MultiDict(sent.get("formdata", request.form))
        for n in range(lines):  # a line that was emptied holds nothing, not what is saved
            for name in (f"code-{n}", f"name-{n}-fr", f"cap-{n}"):
                sent["formdata"].setdefault(name, "")

    class Bound(BudgetRulesForm):
        pass

    values: dict[str, Any] = {
        "vat": "yes" if rules.vat else "no",
        "overrun": rules.overrun,
        "version": call.version,
    }
    for n in range(lines):
        known = rules.categories[n] if n < len(rules.categories) else None
        values |= {f"{part}-{n}": getattr(known, part) if known else None for part in ("code", "name", "cap")}
        setattr(
            Bound,
            f"code-{n}",
            StringField(
                N_("Code (category %(n)s)", n=n + 1), [Length(max=20)], description=_l("A short one, such as STAFF.")
            ),
        )
        setattr(Bound, f"name-{n}", WordsField(N_("Name (category %(n)s)", n=n + 1), required=False, longest=100))
        cap = N_("At most, of the eligible cost (category %(n)s)", n=n + 1)
        setattr(Bound, f"cap-{n}", PercentField(cap, minimum=1, description=_l("Empty: no cap.")))
    for kind, label in ORGANISATION_LABELS.items():
        values[f"rate-{kind}"] = rules.rates.get(kind)
        ceiling = rules.ceilings.get(kind)
        values[f"ceiling-{kind}"] = None if ceiling is None else Money(ceiling, call.currency)
        setattr(Bound, f"rate-{kind}", PercentField(N_("Funding rate: %(kind)s", kind=label), minimum=1))
        most = N_("Ceiling: %(kind)s", kind=label)
        setattr(Bound, f"ceiling-{kind}", MoneyField(most, minimum=Money(1, call.currency)))
    form = Bound(data=values, currency=call.currency, **sent)
    form.lines = lines
    return form
