"""Forms of the administrator."""

from collections.abc import Iterable, Mapping
from typing import Any

from babel import Locale
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Regexp

from grants.clusters.places import COUNTRIES, CURRENCIES, ZONES
from grants.clusters.service import ClusterDraft, CommissionDraft
from grants.core.i18n import N_, NATIVE_NAMES, zone_name
from grants.people import queries
from grants.people.appointments import Place, conflict, misplaced
from grants.people.models import ROLE_LABELS, Appointment, Person, Role
from grants.web.account.forms import LONGEST_EMAIL, LONGEST_NAME, real_address
from grants.web.admin.places import Places
from grants.web.filters import plain
from grants.web.forms import Form, Versioned, WordsField
from grants.web.language import current_reader
from workflows.account import Invitation

NOTHING = {"": "—"}
CODE = Regexp(r"^[A-Za-z0-9][A-Za-z0-9-]*$", message=N_("Letters, digits and hyphens only."))


class AppointForm(Form):
    """One role, held somewhere."""

    role = SelectField(_l("Role"), [InputRequired()])
    place = SelectField(_l("Where"), [InputRequired()])

    def __init__(self, person: Person, places: Places, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.person, self.places = person, places
        self.role.choices = _roles()
        self.place.choices = places.choices()

    def chosen(self) -> tuple[Role, Place]:
        return Role(self.role.data), self.places.place(self.place.data)

    def validate_place(self, field: Any) -> None:
        if not self.role.data or not field.data or self.role.errors:
            return
        role, place = self.chosen()
        if wrong := misplaced(role, place) or conflict(role, place, _held(self.person.appointments)):
            raise ValidationError(wrong)


class InviteForm(Form):
    """Somebody new and up to three roles; more are given on their page."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=LONGEST_NAME)])
    email = EmailField(_l("E-mail address"), [InputRequired(), Length(max=LONGEST_EMAIL), real_address])
    language = RadioField(_l("Language of our messages"), [InputRequired()], choices=NATIVE_NAMES, default="fr")
    role_1 = SelectField(_l("First role"), default="")
    place_1 = SelectField(_l("Where"), default="")
    role_2 = SelectField(_l("Second role"), default="")
    place_2 = SelectField(_l("Where"), default="")
    role_3 = SelectField(_l("Third role"), default="")
    place_3 = SelectField(_l("Where"), default="")

    def __init__(self, places: Places, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = places
        for role, place in self.pairs():
            role.choices = _roles()
            place.choices = places.choices()

    def pairs(self) -> list[tuple[Any, Any]]:
        return [(self[f"role_{n}"], self[f"place_{n}"]) for n in (1, 2, 3)]

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        held = _held(queries.held_by(self.email.data or ""))
        for role, place in self.pairs():
            if not role.data and place.data:
                role.errors = [N_("Choose the role held there.")]
            elif role.data:
                chosen = Role(role.data), self._place(place)
                if wrong := misplaced(*chosen) or conflict(*chosen, held):
                    place.errors = [wrong]
                held.append(chosen)
        return not self.errors

    def _place(self, field: Any) -> Place:
        return self.places.place(field.data) if field.data else Place()

    def draft(self) -> Invitation:
        roles = [(Role(role.data), self._place(place)) for role, place in self.pairs() if role.data]
        return Invitation(self.name.data or "", self.email.data or "", self.language.data, roles)


class DisableForm(Form):
    reason = TextAreaField(_l("Reason"), [InputRequired(), Length(max=1_000)])


class ClusterForm(Form, Versioned):
    code = StringField(_l("Code"), [InputRequired(), Length(max=12), CODE], description=_l("Short, as in references."))
    name = StringField(_l("Name"), [InputRequired(), Length(max=200)])
    country = SelectField(_l("Country"), [InputRequired()], description=_l("It decides the names of months in Arabic."))
    currency = SelectField(_l("Currency"), [InputRequired()], description=_l("Of its new funds."))
    timezone = SelectField(_l("Time zone"), [InputRequired()], description=_l("Every deadline is shown by this clock."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        locale = Locale.parse(current_reader().cldr)
        reader = current_reader()
        self.country.choices = _listed({one: locale.territories[one] for one in COUNTRIES}, self.country)
        self.currency.choices = _listed(
            {one: f"{one} – {locale.currencies.get(one, one)}" for one in CURRENCIES}, self.currency
        )
        self.timezone.choices = _listed({one: f"{zone_name(one, reader)} – {one}" for one in ZONES}, self.timezone)

    def draft(self) -> ClusterDraft:
        return ClusterDraft(
            self.code.data or "", self.name.data or "", self.country.data, self.currency.data, self.timezone.data
        )


class CommissionForm(Form, Versioned):
    code = StringField(_l("Code"), [InputRequired(), Length(max=12), CODE], description=_l("Short, as in references."))
    name = WordsField(_l("Name"), longest=200)

    def draft(self) -> CommissionDraft:
        return CommissionDraft(self.code.data or "", self.name.data)


def _listed(known: Mapping[str, str], field: SelectField) -> dict[str, str]:
    """The usual ones, and the one kept now even when it is unusual."""
    kept = field.object_data
    more = {kept: kept} if kept and kept not in known else {}
    return {**NOTHING, **known, **more}


def _roles() -> dict[str, str]:
    return NOTHING | {role.value: plain(label) for role, label in ROLE_LABELS.items()}


def _held(appointments: Iterable[Appointment]) -> list[tuple[Role, Place]]:
    return [(one.role, Place.of(one)) for one in appointments]
