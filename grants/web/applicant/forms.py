"""What an applicant types. A draft is kept incomplete; what must be there is asked for when it is submitted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from grants.applications.content import LONGEST_DESCRIPTION, LONGEST_DURATION, LONGEST_TITLE, Budget, Project
from grants.clusters.models import Cluster, Commission
from grants.core.i18n import N_
from grants.core.types import Money
from grants.people.countries import COUNTRIES
from grants.people.facts import OrganisationFacts
from grants.people.facts import problems_with as problems_with_facts
from grants.people.models import ORGANISATION_LABELS, Organisation, OrganisationKind
from grants.people.service import OrganisationDraft, problems_with
from grants.web.answers import KEPT, AskedAtSubmission
from grants.web.facts import FactsFields, MembersField, day_limits
from grants.web.forms import Form, MoneyField, NumberField, UploadField, Versioned


class ProjectForm(Form, Versioned):
    title = StringField(
        _l("Title of the project"),
        [AskedAtSubmission(), Length(max=1_000)],
        description=N_("A few words that say what it is, at most %(n)s characters.", n=LONGEST_TITLE),
    )
    commission_id = RadioField(
        _l("Commission"),
        [AskedAtSubmission()],
        coerce=lambda value: UUID(str(value)) if value else None,
        validate_choice=False,
        description=_l("The commission whose members will examine your project."),
    )
    summary = TextAreaField(
        _l("Summary"),
        [AskedAtSubmission(), Length(max=KEPT)],
        description=_l("What it does, for whom, and why now. Reviewers read this first."),
    )
    description = TextAreaField(
        _l("Description"),
        [AskedAtSubmission(), Length(max=KEPT)],
        description=N_(
            "The problem, your solution, the state of the art, the team, the work planned. At most %(n)s characters.",
            n=LONGEST_DESCRIPTION,
        ),
    )

    def offer(self, commissions: Sequence[Commission]) -> None:
        """The commissions that have credit in the call."""
        self.commission_id.choices = [SelectChoice(str(one.id), one.name) for one in commissions]

    def validate_commission_id(self, field: Any) -> None:
        if field.data is not None and str(field.data) not in {one.value for one in field.choices}:
            field.data = None
            raise ValidationError(N_("Choose one of these commissions."))

    def part(self) -> Project:
        return Project(
            self.title.data or "",
            self.commission_id.data,
            self.summary.data or "",
            self.description.data or "",
        )


class BudgetForm(Form, Versioned):
    cost = MoneyField(
        _l("Eligible cost of the project"),
        [AskedAtSubmission()],
        description=_l("Everything the project costs that the call can take into account."),
    )
    requested = MoneyField(_l("Amount requested from the fund"), [AskedAtSubmission()])
    duration_months = NumberField(_l("Duration in months"), [AskedAtSubmission()], minimum=1, maximum=LONGEST_DURATION)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cost.minimum = self.requested.minimum = Money(1, self.cost.currency)

    def part(self) -> Budget:
        return Budget(self.cost.data, self.requested.data, self.duration_months.data)


class DocumentForm(Form):
    file = UploadField(_l("Add a document"), [InputRequired()], kinds=("pdf",))


class SubmitForm(Form):
    """Carries the hash of what was checked, so that nothing else is submitted."""

    seen = HiddenField()


class WithdrawForm(Form):
    reason = TextAreaField(
        _l("Why do you withdraw it?"),
        [DataRequired(), Length(max=2_000)],
        description=_l("The fund reads this."),
    )


class BeginForm(Form):
    organisation_id = RadioField(
        _l("Which organisation applies?"),
        [InputRequired()],
        coerce=lambda value: UUID(str(value)),
        description=_l("It leads the project, and receives the grant if the project is selected."),
    )


class OrganisationForm(FactsFields, Form, Versioned):
    name = StringField(
        _l("Name"),
        [DataRequired(), Length(max=200)],
        description=_l("As written in its registration documents."),
    )
    kind = SelectField(
        _l("Kind of organisation"),
        [InputRequired()],
        choices=[
            SelectChoice("", _l("Choose")),
            *(SelectChoice(str(kind), label) for kind, label in ORGANISATION_LABELS.items()),
        ],
    )
    country = SelectField(_l("Country"), [InputRequired()], choices=[SelectChoice(*one) for one in COUNTRIES.items()])
    city = StringField(_l("City"), [Length(max=100)])
    ice = StringField(
        _l("ICE, the common company identifier"),
        [Length(max=30)],
        description=_l("15 digits; Moroccan organisations only."),
    )
    rc_number = StringField(_l("Number in the commercial register"), [Length(max=50)])
    rc_court = StringField(
        _l("Court of the commercial register"),
        [Length(max=100)],
        description=_l("A number is unique only at its court, for example Casablanca."),
    )
    tax_id = StringField(
        _l("Tax identifier"),
        [Length(max=50)],
        description=_l("IF in Morocco; NIF in Algeria, 15 or 20 digits; NCC in Côte d’Ivoire, 7 digits and a letter."),
    )
    social_id = StringField(_l("Number at the social security (CNSS)"), [Length(max=50)])
    members = MembersField(
        _l("Member of"),
        description=_l("The cluster confirms it. Asked because some calls are for members."),
        choices=[],
    )
    organisation: Organisation | None = None  # the one being revised

    def __init__(self, *args: Any, clusters: Sequence[Cluster] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members.offer(clusters)
        day_limits(self)

    def said(self) -> tuple[OrganisationFacts | None, set[UUID] | None]:
        """The facts and the clusters it declares; None where the page did not ask."""
        return (self.facts(), self.members.chosen()) if self.ASKED in request.form else (None, None)

    def draft(self) -> OrganisationDraft:
        return OrganisationDraft(
            name=self.name.data or "",
            kind=OrganisationKind(self.kind.data),
            country=self.country.data,
            city=self.city.data,
            ice=self.ice.data,
            rc_court=self.rc_court.data,
            rc_number=self.rc_number.data,
            tax_id=self.tax_id.data,
            social_id=self.social_id.data,
        )

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        wrong = problems_with(self.draft(), self.organisation) | problems_with_facts(self.facts())
        for name, message in wrong.items():
            self[name].errors = [message]
        return not wrong
