"""The questions about an organisation that eligibility rules ask, the same words wherever they are asked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from grants.clusters.models import Cluster
from grants.clusters.places import CURRENCIES
from grants.core.clock import now
from grants.people.facts import MOST_STAFF, OLDEST, OrganisationFacts
from grants.people.models import Sector
from grants.web.forms import CheckboxesField, DayField, MoneyField, NumberField

USUAL = "MAD"


class TurnoverField(MoneyField):
    """An amount in the currency chosen beside it, in the field of the same name with `_currency`."""

    @property
    def currency(self) -> str:
        typed = request.form.get(f"{self.name}_currency", "")
        if typed in CURRENCIES:
            return typed
        return getattr(self.object_data, "currency", None) or getattr(self._form, "currency", None) or USUAL


class YearField(NumberField):
    """A year is written without a space between its digits."""

    def written(self, value: Any) -> str:
        return str(value)


class FactsFields:
    """Mix into a form; `facts()` is what was typed. All may stay empty."""

    ASKED = "facts_asked"  # sent by the pages that ask: what is not asked is not written over

    founded_on = DayField(
        _l("Founded on"),
        description=_l("The day on its registration. Asked because calls limit the age of a company."),
    )
    staff = NumberField(
        _l("People employed"),
        minimum=0,
        maximum=MOST_STAFF,
        description=_l("Everybody on the payroll today. Asked because calls limit the size of a company."),
    )
    turnover = TurnoverField(
        _l("Annual turnover, without VAT"),
        description=_l("Of the last closed year. Asked because calls limit the size of a company."),
    )
    turnover_currency = SelectField(
        _l("Currency of the turnover"),
        choices=[SelectChoice(one, one) for one in CURRENCIES],
        filters=[lambda value: value or USUAL],
    )
    turnover_year = YearField(_l("Year of the turnover"))
    sector = SelectField(
        _l("Sector"),
        choices=[SelectChoice("", _l("Not said")), *(SelectChoice(str(one), one.label) for one in Sector)],
        description=_l("Where it is mainly active. Asked because some calls are for certain sectors."),
        filters=[lambda value: value or ""],
    )
    group_name = StringField(
        _l("Group of companies"),
        [Length(max=200)],
        description=_l("The group it belongs to, if any. Asked because public aid is added up over a group."),
    )

    def facts(self) -> OrganisationFacts:
        typed: dict[str, Any] = self.data  # type: ignore[attr-defined]
        return OrganisationFacts(
            founded_on=typed.get("founded_on"),
            staff=typed.get("staff"),
            turnover=typed.get("turnover"),
            turnover_year=typed.get("turnover_year") if typed.get("turnover") is not None else None,
            sector=Sector(typed["sector"]) if typed.get("sector") else None,
            group_name=" ".join((typed.get("group_name") or "").split()) or None,
        )


def day_limits(form: Any) -> None:
    """What a fact may be depends on today."""
    today = now().date()
    if "founded_on" in form:
        form.founded_on.minimum, form.founded_on.maximum = OLDEST, today
    if "turnover_year" in form:
        form.turnover_year.minimum, form.turnover_year.maximum = today.year - 10, today.year


class MembersField(CheckboxesField):
    """The clusters an organisation says it is a member of, by their ids."""

    def offer(self, clusters: Sequence[Cluster]) -> None:
        self.choices = [SelectChoice(str(one.id), one.name) for one in clusters]

    def chosen(self) -> set[UUID]:
        return {UUID(one) for one in self.data or ()}
