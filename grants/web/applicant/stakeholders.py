"""Directors and shareholders: one table, written as a whole, with a few empty lines at its end."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, FormField, HiddenField, StringField
from wtforms.validators import Length

from grants.core.errors import LostUpdate, Refused
from grants.core.i18n import N_
from grants.people import policy as people
from grants.people.models import Organisation, Person
from grants.profiles import queries, service
from grants.profiles.service import Stake, fingerprint
from grants.web.access import access
from grants.web.applicant import portal
from grants.web.applicant.organisations import own_organisation
from grants.web.forms import Form, PercentField

EMPTY_LINES = 3
MOST_LINES = service.MOST_STAKEHOLDERS + EMPTY_LINES


class LineForm(Form):
    class Meta(Form.Meta):
        csrf = False

    name = StringField(_l("Name"), [Length(max=200)])
    role = StringField(_l("Role"), [Length(max=120)])
    share = PercentField(_l("Share"), minimum=1, maximum=service.WHOLE)

    @property
    def used(self) -> bool:
        return bool(self.name.data or self.role.data or self.share._value())

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        for field, wrong in ((self.name, N_("Enter the name.")), (self.role, N_("Enter the role."))):
            if self.used and not field.data and not field.errors:
                field.errors, fine = [wrong], False
        return fine


class StakeholdersForm(Form):
    seen = HiddenField()
    lines = FieldList(FormField(LineForm), max_entries=MOST_LINES)

    def stakes(self) -> list[Stake]:
        """The lines that say something, in their order."""
        return [Stake(one.name.data, one.role.data, one.share.data) for one in self._lines() if one.used]

    def lengthen(self, by: int = EMPTY_LINES) -> None:
        """At least so many empty lines at the end."""
        empty = sum(not one.used for one in self._lines())
        for _one in range(min(by - empty, MOST_LINES - len(self.lines))):
            self.lines.append_entry()

    def _lines(self) -> list[LineForm]:
        return [entry.form for entry in self.lines]


@portal.get("/organisations/<uuid:organisation_id>/stakeholders")
@access(people.view_organisation, own_organisation)
def organisation_stakeholders(user: Person, organisation: Organisation) -> Any:
    kept = [Stake.of(one) for one in queries.stakeholders(organisation.id)]
    form = StakeholdersForm(formdata=None, seen=fingerprint(kept), lines=[vars(one) for one in kept])
    return _page(user, organisation, form)


@portal.post("/organisations/<uuid:organisation_id>/stakeholders")
@access(people.edit_organisation, own_organisation)
def name_stakeholders(user: Person, organisation: Organisation) -> Any:
    form, id = StakeholdersForm(), organisation.id
    if request.form.get("go") == "more":
        form.lengthen(2 * EMPTY_LINES)
        return _page(user, organisation, form)
    if not form.validate_on_submit():
        return _page(user, organisation, form)
    try:
        service.name_stakeholders(organisation, form.stakes(), seen=form.seen.data or None, actor=user)
    except LostUpdate:
        organisation = own_organisation(user, id)
        saved = queries.stakeholders(id)
        form.seen.data = fingerprint([Stake.of(one) for one in saved])
        return _page(user, organisation, form, saved=saved), 409
    except Refused as refusal:
        form.form_errors = [refusal.detail]
        return _page(user, own_organisation(user, id), form)
    flash(_("The directors and shareholders are saved."))
    return redirect(url_for(".organisation_profile", organisation_id=id), 303)


def _page(user: Person, organisation: Organisation, form: StakeholdersForm, saved: Any = None) -> str:
    form.lengthen()
    return render_template(
        "applicant/stakeholders.html",
        organisation=organisation,
        form=form,
        saved=saved,
        kept=queries.stakeholders(organisation.id),
        may_edit=people.edit_organisation.allows(user, organisation),
        total=sum(one.share or 0 for one in form.stakes()),
    )
