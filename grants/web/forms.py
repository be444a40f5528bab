"""The form every page inherits: our fields, our words, our spaces trimmed, lost updates noticed.

class DraftForm(Form, Versioned):
    title = StringField(_l("Title"), [InputRequired(), Length(max=120)])
    requested = MoneyField(_l("Amount requested"), [InputRequired()])

form = DraftForm(obj=application, currency=call.currency, zone=cluster.zone)
if form.validate_on_submit():
    form.require_fresh(application)      # somebody wrote meanwhile: the page with both texts, 409
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask import Flask, g, make_response, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
    URLField,
)
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from grants.core.errors import LostUpdate
from grants.core.i18n import N_, N_n, catalogue
from grants.web.fields import (
    CheckboxesField,
    DayField,
    LocalDateTimeField,
    MoneyField,
    NumberField,
    PercentField,
    ScoreField,
    UploadField,
    WordsField,
    WordsFields,
    tidy,
)
from grants.web.filters import plain
from grants.web.language import current_reader
from grants.web.parking import taken_up
from grants.web.table import TableField

__all__ = [
    "CheckboxesField",
    "DayField",
    "Form",
    "LocalDateTimeField",
    "MoneyField",
    "NumberField",
    "PercentField",
    "ScoreField",
    "UploadField",
    "Versioned",
    "WordsField",
    "WordsFields",
    "field_kind",
]


class OwnTranslations:
    """WTForms' own sentences, from our catalogues."""

    def gettext(self, message: str) -> str:
        return str(catalogue(current_reader().language).ugettext(message))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return str(catalogue(current_reader().language).ungettext(singular, plural, n))


class Before(NamedTuple):
    """Texts by field as the writer found them, None when that is not known; who saved since, and when."""

    texts: Mapping[str, str] | None
    by: str | None
    at: datetime | None


class Form(FlaskForm):
    """Strings in, values out; it never touches a model. `currency` and `zone` are those of its money and time fields.

    On a page with several forms give each a `prefix`. Where versions are kept, `before` answers with what stood there
    when the page was opened and with who has saved since, for the page of a lost update.
    """

    before: Callable[[], Before] | None = None

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> OwnTranslations:
            return OwnTranslations()

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What is sent; on a page that shows a parked form again, what was parked."""
            sent = super().wrap_formdata(form, formdata)
            parked = taken_up() if sent is None and formdata is not None and not form.is_submitted() else None
            return parked.typed if parked else sent

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            kind = unbound_field.field_class
            if issubclass(kind, StringField) and not issubclass(kind, PasswordField | HiddenField):
                options = {**options, "filters": [_tidied, *unbound_field.kwargs.get("filters", [])]}
            return unbound_field.bind(form=form, **options)

    def __init__(self, *args: Any, currency: str | None = None, zone: str | None = None, **kwargs: Any) -> None:
        self.currency, self.zone = currency, zone
        self._filled_from = {name: value for name, value in kwargs.items() if name not in {"prefix", "meta", "csrf"}}
        super().__init__(*args, **kwargs)

    def validate(self, extra_validators: Any = None) -> bool:
        g.form = self  # the page of a lost update shows what it holds
        return bool(super().validate(extra_validators))

    def require_fresh(self, record: Any) -> None:
        """Raises LostUpdate when the record has been saved since this form was opened."""
        sent = getattr(self, "version", None)
        if sent is not None and sent.data != record.version:
            raise LostUpdate(N_("Your text has not been saved, and it is not lost: both are shown here."))

    def blame(self, field: str, why: Any) -> None:
        """Say beside a field what is wrong with it, beyond what it says itself."""
        self[field].errors = [*self[field].errors, why]

    def visible(self) -> Iterator[Field]:
        return (field for field in self if not isinstance(field.widget, HiddenInput))

    def refill(self) -> None:
        """Forget what was typed and show what is saved now."""
        self.process(None, **self._filled_from)


class Versioned:
    """Mix in to notice lost updates: carries the version of the record the form was filled from."""

    version = IntegerField(validators=[Optional()], widget=HiddenInput())


def written(field: Field) -> str:
    """What a field holds, as text."""
    if isinstance(field, WordsField):
        return "\n".join(f"{language}: {text}" for language, text in field.data.items())
    if isinstance(field, FileField):
        return getattr(field.data, "filename", None) or ""
    if isinstance(field, SelectField | SelectMultipleField):
        return ", ".join(plain(one.label) for one in field.iter_choices() if one.selected and one.value != "")
    if isinstance(field, BooleanField):
        return plain(N_("Yes") if field.data else N_("No"))
    return str(field._value()) if hasattr(field, "_value") else str(field.data or "")


def field_kind(field: Field) -> str:
    """Which macro draws a field."""
    return next((kind for cls, kind in KINDS if isinstance(field, cls)), "text")


def focus_id(field: Field) -> str:
    """The input a link of the error summary leads to."""
    if isinstance(field, TableField):
        return field.focus
    return f"{field.id}-0" if field_kind(field) in {"radios", "checkboxes", "score"} else str(field.id)


class FormError(NamedTuple):
    focus: str
    label: Any
    message: Any


def form_errors(form: Any) -> list[FormError]:
    """Every refusal of a form and of the forms inside it, in the order of the page."""
    found = [FormError("", "", message) for message in form.form_errors]
    for field in form:
        if isinstance(field, FormField):
            found += form_errors(field.form)
        elif isinstance(field, FieldList):
            for entry in field.entries:
                inner = form_errors(entry.form) if isinstance(entry, FormField) else _own_errors(entry)
                found += inner
        else:
            found += _own_errors(field)
    return found


def _own_errors(field: Field) -> list[FormError]:
    label = "" if isinstance(field.widget, HiddenInput) else field.label.text
    found = [FormError(focus_id(field), label, message) for message in field.errors]
    return found + ([FormError(*one) for one in field.wrong] if isinstance(field, TableField) else [])


def native(field: Field) -> bool:
    """Whether the browser's own date picker can show what was typed; if not it would hide it."""
    return re.fullmatch(r"(\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?)?", field._value()) is not None


KINDS: list[tuple[type[Field], str]] = [
    (MoneyField, "money"),
    (PercentField, "percent"),
    (NumberField, "number"),
    (LocalDateTimeField, "moment"),
    (DayField, "day"),
    (WordsField, "words"),
    (ScoreField, "score"),
    (TableField, "table"),
    (FileField, "upload"),
    (CheckboxesField, "checkboxes"),
    (RadioField, "radios"),
    (SelectMultipleField, "select"),
    (SelectField, "select"),
    (BooleanField, "checkbox"),
    (PasswordField, "password"),
    (TextAreaField, "textarea"),
    (EmailField, "email"),
    (TelField, "tel"),
    (URLField, "url"),
    (IntegerField, "integer"),
]


def _tidied(text: str | None) -> str | None:
    return tidy(text) if isinstance(text, str) else text


def init_app(app: Flask) -> None:
    @app.after_request
    def tell_script_where(response: Response) -> Response:
        """A script that sends a file to show its progress is told where to go next, so that it can go there itself."""
        if request.headers.get("X-Progress") and 300 <= response.status_code < 400:
            target = response.headers.pop("Location", "/")
            response = make_response("", 204)
            response.headers["X-Location"] = target
        return response

    app.jinja_env.globals.update(
        field_kind=field_kind, form_errors=form_errors, focus_id=focus_id, native=native, taken_up=taken_up
    )


WTFORMS_SENTENCES = [  # spoken by the libraries; listed so that our catalogues translate them
    N_("This field is required."),
    N_("Not a valid choice."),
    N_("Not a valid integer value."),
    N_("Not a valid decimal value."),
    N_("Not a valid float value."),
    N_("Not a valid date value."),
    N_("Not a valid datetime value."),
    N_("Not a valid time value."),
    N_("Not a valid week value."),
    N_("Invalid input."),
    N_("Invalid email address."),
    N_("Invalid URL."),
    N_("Invalid UUID."),
    N_("Invalid IP address."),
    N_("Invalid Mac address."),
    N_("Invalid CSRF Token."),
    N_("CSRF token missing."),
    N_("CSRF token expired."),
    N_("CSRF failed."),
    N_("The CSRF token is missing."),
    N_("The CSRF token has expired."),
    N_("The CSRF token is invalid."),
    N_("The CSRF session token is missing."),
    N_("The CSRF tokens do not match."),
    N_("Invalid Choice: could not coerce."),
    N_("Invalid choice(s): one or more data inputs could not be coerced."),
    N_("This field cannot be edited."),
    N_("This field is disabled and cannot have a value."),
    N_("Invalid field name '%s'."),
    N_("Field must be equal to %(other_name)s."),
    N_("Field must be between %(min)d and %(max)d characters long."),
    N_("Number must be at least %(min)s."),
    N_("Number must be at most %(max)s."),
    N_("Number must be between %(min)s and %(max)s."),
    N_("Date must be at least %(min)s."),
    N_("Date must be at most %(max)s."),
    N_("Date must be between %(min)s and %(max)s."),
    N_("Invalid value, must be one of: %(values)s."),
    N_("Invalid value, can't be any of: %(values)s."),
    N_("File does not have an approved extension."),
    N_("File does not have an approved extension: {extensions}"),
    N_n("Field must be at least %(min)d character long.", "Field must be at least %(min)d characters long.", 1),
    N_n("Field cannot be longer than %(max)d character.", "Field cannot be longer than %(max)d characters.", 1),
    N_n("Field must be exactly %(max)d character long.", "Field must be exactly %(max)d characters long.", 1),
    N_n(
        "'%(value)s' is not a valid choice for this field.",
        "'%(value)s' are not valid choices for this field.",
        1,
    ),
]
