"""Forms of one's account. Passwords are taken as typed, spaces included."""

from collections.abc import Sequence
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Field, PasswordField, RadioField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from grants.core.i18n import N_, NATIVE_NAMES
from grants.people import passwords
from grants.web.forms import Form, Versioned
from workflows.account import SignUp

LONGEST_NAME, LONGEST_EMAIL, LONGEST_TRIED = 120, 254, 1_000


def real_address(form: Any, field: Field) -> None:
    """An address as the standards write it; whether somebody reads it, the confirmation tells."""
    try:
        validate_email(field.data or "", check_deliverability=False)
    except EmailNotValidError as error:
        raise ValidationError(N_("Enter an e-mail address such as name@example.org.")) from error


class NewPasswordField(PasswordField):
    """A password being chosen. The form's `about` names what an acquaintance would try first."""

    def __init__(self, label: Any, **more: Any) -> None:
        kept = {
            "render_kw": {"autocomplete": "new-password"},
            "description": _l("At least 12 characters: a few words."),
        }
        super().__init__(label, [InputRequired()], **(kept | more))

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if not validation_stopped:
            self.errors: list[Any] = list(passwords.problems(self.data or "", tuple(form.about())))


class ReadAddress(Form):
    """Asks only for an address."""

    email = EmailField(
        _l("E-mail address"),
        [InputRequired(), Length(max=LONGEST_EMAIL), real_address],
        render_kw={"autocomplete": "email"},
    )


class SignInForm(Form):
    email = EmailField(
        _l("E-mail address"), [InputRequired(), Length(max=LONGEST_EMAIL)], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        _l("Password"),
        [InputRequired(), Length(max=LONGEST_TRIED)],
        render_kw={"autocomplete": "current-password"},
    )


class SignUpForm(ReadAddress):
    name = StringField(_l("Your name"), [InputRequired(), Length(max=LONGEST_NAME)], render_kw={"autocomplete": "name"})
    password = NewPasswordField(_l("Password"))
    language = RadioField(_l("Language of our messages"), [InputRequired()], choices=NATIVE_NAMES)

    def about(self) -> Sequence[str]:
        return [self.name.data or "", self.email.data or ""]

    def draft(self) -> SignUp:
        return SignUp(self.name.data or "", self.email.data or "", self.password.data or "", self.language.data)


class ConfirmForm(Form):
    """The button alone in the browser that signed up; elsewhere the password too, so that nobody opens for another."""

    password = PasswordField(
        _l("Password"),
        [Length(max=LONGEST_TRIED)],
        description=_l("The one you chose when you signed up."),
        render_kw={"autocomplete": "current-password"},
    )

    def __init__(self, *, ask: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.password.flags.required = ask or None


class ChoosePasswordForm(Form):
    password = NewPasswordField(_l("New password"))

    def __init__(self, *args: Any, about: Sequence[str] = (), **kwargs: Any) -> None:
        self._about = about
        super().__init__(*args, **kwargs)

    def about(self) -> Sequence[str]:
        return self._about


class ChangePasswordForm(ChoosePasswordForm):
    current_password = PasswordField(
        _l("Current password"),
        [InputRequired(), Length(max=LONGEST_TRIED)],
        render_kw={"autocomplete": "current-password"},
    )


class ProfileForm(Form, Versioned):
    name = StringField(_l("Your name"), [InputRequired(), Length(max=LONGEST_NAME)], render_kw={"autocomplete": "name"})
    language = RadioField(
        _l("Language"),
        [InputRequired()],
        choices=NATIVE_NAMES,
        description=_l("Pages and messages are shown in this language."),
    )
