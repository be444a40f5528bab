"""A form for each kind of eligibility rule: strings in, a rule out."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from grants.calls.consortia import MOST_MEMBERS, Composition
from grants.calls.eligibility import MOST_MONTHS, Rule, RuleKind
from grants.calls.rules import Age, Countries, Kinds, Sectors, Staff, Turnover
from grants.calls.ties import AidCeiling, Membership, OneApplication
from grants.core.i18n import N_
from grants.people.countries import COUNTRIES
from grants.people.facts import MOST_STAFF
from grants.people.models import ORGANISATION_LABELS, OrganisationKind, Sector
from grants.web.forms import CheckboxesField, Form, MoneyField, NumberField, Versioned

KINDS = [SelectChoice(str(one), label) for one, label in ORGANISATION_LABELS.items()]


class RuleForm(Form, Versioned):
    """What every rule has: whether it blocks. `rule()` is what was typed."""

    blocks = RadioField(
        _l("When an application does not meet it"),
        [InputRequired()],
        choices=[
            SelectChoice("yes", _l("It cannot be submitted")),
            SelectChoice("no", _l("It may be submitted; the applicant is warned and the officer sees it")),
        ],
        default="yes",
    )

    def rule(self) -> Rule:
        raise NotImplementedError

    def parameters(self) -> list[Any]:
        """Its own fields, before the common one."""
        return [field for field in self.visible() if field.name != "blocks"]

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        wrong = self.rule().problems()
        for name, problem in wrong.items():
            self[name].errors = [problem]
        return not wrong


class KindsForm(RuleForm):
    kinds = CheckboxesField(_l("Kinds of organisation that may apply"), [InputRequired()], choices=KINDS)

    def rule(self) -> Rule:
        return Kinds(tuple(OrganisationKind(one) for one in self.kinds.data or ()))


class CountriesForm(RuleForm):
    countries = CheckboxesField(
        _l("Countries where an applicant may be registered"),
        [InputRequired()],
        choices=[SelectChoice(code, label) for code, label in COUNTRIES.items()],
    )

    def rule(self) -> Rule:
        return Countries(tuple(self.countries.data or ()))


class AgeForm(RuleForm):
    least = NumberField(
        _l("At least, in months"),
        minimum=0,
        maximum=MOST_MONTHS,
        suffix=N_("months"),
        description=_l("Completed on the closing date; that very day counts. Two years are 24 months."),
    )
    most = NumberField(_l("At most, in months"), minimum=0, maximum=MOST_MONTHS, suffix=N_("months"))
    only_for = CheckboxesField(
        _l("Only for these kinds of organisation"),
        choices=KINDS,
        description=_l("Leave empty to ask it of everybody."),
    )

    def rule(self) -> Rule:
        kinds = tuple(OrganisationKind(one) for one in self.only_for.data or ())
        return Age(self.least.data, self.most.data, kinds)


class StaffForm(RuleForm):
    least = NumberField(_l("At least"), minimum=0, maximum=MOST_STAFF)
    most = NumberField(_l("At most"), minimum=0, maximum=MOST_STAFF, description=_l("The number itself counts."))

    def rule(self) -> Rule:
        return Staff(self.least.data, self.most.data)


class TurnoverForm(RuleForm):
    least = MoneyField(_l("At least"))
    most = MoneyField(_l("At most"), description=_l("The amount itself counts. Without VAT, of the last closed year."))

    def rule(self) -> Rule:
        return Turnover(self.least.data, self.most.data)


class SectorsForm(RuleForm):
    sectors = CheckboxesField(
        _l("Sectors"), [InputRequired()], choices=[SelectChoice(str(one), one.label) for one in Sector]
    )

    def rule(self) -> Rule:
        return Sectors(tuple(Sector(one) for one in self.sectors.data or ()))


class MembershipForm(RuleForm):
    confirmed = BooleanField(
        _l("The cluster must have confirmed it before the submission"),
        description=_l("Otherwise the applicant’s word is enough, and the officer checks it when screening."),
    )

    def rule(self) -> Rule:
        return Membership(bool(self.confirmed.data))


class AidForm(RuleForm):
    ceiling = MoneyField(
        _l("Ceiling of public aid to a group of companies"),
        [InputRequired()],
        description=_l("Grants recorded here, aid declared elsewhere and this request, together."),
    )
    window = NumberField(
        _l("Over how many months before the closing date"),
        [InputRequired()],
        minimum=1,
        maximum=MOST_MONTHS,
        suffix=N_("months"),
    )

    def rule(self) -> Rule:
        return AidCeiling(self.ceiling.data, int(self.window.data or 0))


class OneForm(RuleForm):
    def rule(self) -> Rule:
        return OneApplication()


class CompositionForm(RuleForm):
    least = NumberField(
        _l("Members at least, the lead included"),
        minimum=1,
        maximum=MOST_MEMBERS,
        description=_l("2 asks for a partner; leave empty if a project may be carried by one organisation alone."),
    )
    most = NumberField(_l("Members at most, the lead included"), minimum=1, maximum=MOST_MEMBERS)
    one_of = CheckboxesField(
        _l("At least one member of these kinds"),
        choices=KINDS,
        description=_l("For example a company, of whatever kind."),
    )
    another_of = CheckboxesField(
        _l("And at least one other member of these kinds"),
        choices=KINDS,
        description=_l("For example a university or a laboratory. One member never counts for both lines."),
    )
    led_by = CheckboxesField(
        _l("Kinds of organisation that may lead"), choices=KINDS, description=_l("Leave empty if anybody may.")
    )

    def rule(self) -> Rule:
        one_of, another_of, led_by = (
            tuple(OrganisationKind(one) for one in field.data or ())
            for field in (self.one_of, self.another_of, self.led_by)
        )
        return Composition(self.least.data, self.most.data, one_of, another_of, led_by)


FORMS: dict[RuleKind, type[RuleForm]] = {
    RuleKind.KINDS: KindsForm,
    RuleKind.COUNTRIES: CountriesForm,
    RuleKind.AGE: AgeForm,
    RuleKind.STAFF: StaffForm,
    RuleKind.TURNOVER: TurnoverForm,
    RuleKind.SECTORS: SectorsForm,
    RuleKind.MEMBERSHIP: MembershipForm,
    RuleKind.AID: AidForm,
    RuleKind.ONE: OneForm,
    RuleKind.COMPOSITION: CompositionForm,
}


def rule_form(kind: RuleKind, rule: Rule | None, blocks: bool, version: int, currency: str) -> RuleForm:
    """Filled with the rule as it is kept, or empty."""
    values: dict[str, Any] = {"blocks": "yes" if blocks else "no", "version": version}
    if rule is not None:
        values |= {name: getattr(rule, name) for name in vars(rule)}
        values |= {name: [str(one) for one in value] for name, value in values.items() if isinstance(value, tuple)}
    elif kind == RuleKind.AID:
        values["window"] = 36
    return FORMS[kind](data=values, currency=currency)
